package whoami

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/parley-chat/parley/api"
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
	if a.kept > maxAnswers {
		t.Errorf("%d answers are kept, want %d at most", a.kept, maxAnswers)
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
	e.answer = api.Answer{Known: true, Evidence: chat.Evidence{Profile: chat.Profile{ID: "mia"}}, Until: now.Add(time.Minute)}
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
	if n := a.withdrawn.len(); n > 4*maxWithdrawn {
		t.Errorf("%d are remembered", n)
	}
	for range 2 { // they end by themselves, also of what is never asked again
		now = now.Add(time.Minute)
		a.withdraw(key(1).browser, now)
	}
	if n := a.withdrawn.len(); n > 2 {
		t.Errorf("%d are remembered that are over", n)
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
		a.answered(k, e, each, now)
		if a.size > maxAnswerBytes {
			t.Fatalf("%d bytes are kept", a.size)
		}
		if n%3 == 0 {
			a.forget(k.browser)
		}
	}
	for browser := range a.browsers {
		a.forget(browser)
	}
	if a.size != 0 || a.kept != 0 {
		t.Errorf("of nothing, %d bytes in %d answers are kept", a.size, a.kept)
	}
}
