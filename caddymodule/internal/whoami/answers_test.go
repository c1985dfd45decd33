package whoami

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/chat"
)

// Whoever sends many different cookies makes the server forget answers, but not
// that somebody has logged out, nor whom it is asking about.
func TestManyAnswersDoNotUndoALogout(t *testing.T) {
	now := time.Now()
	a := newAnswerTable(time.Minute)
	key := func(n int) (k questionKey) {
		binary.BigEndian.PutUint64(k.browser[:], uint64(n))
		return k
	}
	a.withdraw(key(0).browser, now)
	flying := a.add(key(1), now)
	for n := range 2 * maxAnswers {
		e := a.add(key(2+n), now)
		e.answer.Until = now.Add(time.Minute)
		close(e.done)
	}
	if a.entries.Len() > maxAnswers {
		t.Errorf("%d answers are kept, want %d at most", a.entries.Len(), maxAnswers)
	}
	if !now.Before(a.withdrawn.until(key(0).browser)) {
		t.Error("a logout is forgotten")
	}
	if a.forget(key(1).browser); !flying.dropped {
		t.Error("a question under way is forgotten, and its answer would count after a logout")
	}
}

// Made-up logouts, ever new or of one browser again and again, do not undo the
// logout of somebody whom the application had named.
func TestMadeUpLogoutsUndoNoLogout(t *testing.T) {
	now := time.Now()
	a := newAnswerTable(time.Minute)
	key := func(n int) (k questionKey) {
		binary.BigEndian.PutUint64(k.browser[:], uint64(n))
		return k
	}
	e := a.add(key(0), now)
	e.answer = visitor.Answer{Known: true, Evidence: chat.Evidence{Profile: chat.Profile{ID: "mia"}}, Until: now.Add(time.Minute)}
	close(e.done)
	a.withdraw(key(0).browser, now) // as it begins
	a.withdraw(key(0).browser, now) // and when it is done
	for n := range 5 * maxWithdrawn {
		a.withdraw(key(1+n).browser, now)
		a.withdraw(key(1).browser, now)
	}
	if !now.Before(a.withdrawn.until(key(0).browser)) {
		t.Error("a logout is forgotten")
	}
	if n := a.withdrawn.browsers.Len(); n > maxWithdrawn {
		t.Errorf("%d are remembered", n)
	}
	for range 2 { // they end by themselves, also of what is never asked again
		now = now.Add(time.Minute)
		a.withdraw(key(1).browser, now)
	}
	if n := a.withdrawn.browsers.Len(); n > 2 {
		t.Errorf("%d are remembered that are over", n)
	}
}

// Where withdrawals had to be forgotten, who has signed in since is known again.
func TestMadeUpLogoutsKeepNobodyFromSigningIn(t *testing.T) {
	now := time.Now()
	a := newAnswerTable(time.Minute)
	key := func(n int) (b BrowserKey) {
		binary.BigEndian.PutUint64(b[:], uint64(n))
		return b
	}
	for n := range maxWithdrawn + 2 {
		a.withdraw(key(n), now)
	}
	if !now.Before(a.withdrawn.until(key(0))) {
		t.Error("a logout is forgotten")
	}
	a.restore(key(0), now.Add(-time.Second))
	if !now.Before(a.withdrawn.until(key(0))) {
		t.Error("a request from before a logout ends it")
	}
	a.restore(key(0), now.Add(time.Second))
	if now.Before(a.withdrawn.until(key(0))) {
		t.Error("who has signed in since is not known")
	}
	if !now.Before(a.withdrawn.until(key(1))) {
		t.Error("another's logout is forgotten")
	}
	now = now.Add(time.Minute)
	if a.sweep(now); now.Before(a.withdrawn.until(key(1))) || a.withdrawn.browsers.Len() != 0 {
		t.Error("it goes on after all logouts have ended")
	}
}

// A session that had to be forgotten is shown to nobody before the application has
// answered.
func TestForgottenSessionIsForeign(t *testing.T) {
	n := newNamed()
	token := func(i int) (h chat.Hash) {
		binary.BigEndian.PutUint64(h[:], uint64(i))
		return h
	}
	if foreign, _ := n.foreign(token(0), sum{}); foreign {
		t.Error("foreign before anybody was named")
	}
	for i := range maxNamed + 1 {
		n.add(token(i), sum{})
	}
	if foreign, at := n.foreign(token(0), sum{}); !foreign || at.IsZero() {
		t.Errorf("foreign: %v, since %v", foreign, at)
	}
	if foreign, _ := n.foreign(token(1), sum{}); foreign {
		t.Error("one that is remembered is foreign")
	}
	if n.sessions.Len() > maxNamed {
		t.Errorf("%d are remembered", n.sessions.Len())
	}
}

// What the application says of its people is bounded in bytes.
func TestBytesOfAnswersAreBounded(t *testing.T) {
	now := time.Now()
	a := newAnswerTable(time.Minute)
	const each = 64 << 10
	for n := range 2 * maxAnswerBytes / each {
		var k questionKey
		binary.BigEndian.PutUint64(k.browser[:], uint64(n))
		e := a.add(k, now)
		e.answer.Until = now.Add(time.Minute)
		close(e.done)
		a.answered(k, e, each)
		if a.entries.TotalWeight() > maxAnswerBytes {
			t.Fatalf("%d bytes are kept", a.entries.TotalWeight())
		}
		if n%3 == 0 {
			a.forget(k.browser)
		}
	}
	for browser := range a.browsers {
		a.forget(browser)
	}
	if a.entries.TotalWeight() != 0 || a.entries.Len() != 0 {
		t.Errorf("of nothing, %d bytes in %d answers are kept", a.entries.TotalWeight(), a.entries.Len())
	}
}
