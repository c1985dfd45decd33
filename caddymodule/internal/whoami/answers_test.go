package whoami

import (
	"encoding/binary"
	"log/slog"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/chat"
)

// aClient asks nobody: the tests say what was answered.
func aClient() *Client {
	return NewClient(&Config{}, nil, visitor.NewCookies("shop"), slog.New(slog.DiscardHandler))
}

// browser is one of many.
func browser(n int) (b BrowserKey) {
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return b
}

// at is a question about a browser.
func at(p *Client, n int) *question {
	return &question{client: p, key: questionKey{browser: browser(n)}}
}

// answered keeps an answer that names Mia.
func answered(p *Client, n int, asked time.Time) visitor.Answer {
	return p.keep(at(p, n).key, asked, chat.Profile{ID: "mia"}, nil)
}

// names reports whether the kept answer about a browser names somebody.
func names(p *Client, n int) bool {
	_, a, known := p.known(at(p, n), time.Time{})
	return known && a.Known
}

// Whoever sends many different cookies makes the server forget answers, but not
// that somebody has logged out, nor that an answer was asked for too early.
func TestManyAnswersDoNotUndoALogout(t *testing.T) {
	p := aClient()
	p.Withdraw(browser(0))
	asked := time.Now() // of questions under way
	p.Forget(browser(1))
	for n := range 2 * maxAnswers {
		answered(p, 2+n, asked)
	}
	if n := p.answers.kept.Len(); n > maxAnswers {
		t.Errorf("%d answers are kept, want %d at most", n, maxAnswers)
	}
	for n := range 2 {
		if p.counts(at(p, n), answered(p, n, asked)) || names(p, n) {
			t.Errorf("what was asked about browser %d before counts", n)
		}
	}
	if p.counts(at(p, 0), answered(p, 0, time.Now())) || names(p, 0) {
		t.Error("a logout is forgotten")
	}
	if !p.counts(at(p, 1), answered(p, 1, time.Now())) || !names(p, 1) {
		t.Error("what is asked anew does not count")
	}
}

// Made-up logouts, ever new or of one browser again and again, do not undo the
// logout of somebody whom the application had named.
func TestMadeUpLogoutsUndoNoLogout(t *testing.T) {
	p, now := aClient(), time.Now()
	answered(p, 0, now)
	p.Withdraw(browser(0)) // as it begins
	p.Withdraw(browser(0)) // and when it is done
	for n := range 5 * maxMarks {
		p.Withdraw(browser(1 + n))
		p.Withdraw(browser(1))
	}
	if names(p, 0) || p.counts(at(p, 0), answered(p, 0, time.Now())) {
		t.Error("a logout is forgotten")
	}
	if n := p.marks.withdrawn.browsers.Len(); n > maxMarks {
		t.Errorf("%d are remembered", n)
	}
	// They end by themselves, also of what is never asked again.
	p.marks.sweep(now.Add(time.Hour))
	if n := p.marks.withdrawn.browsers.Len() + p.marks.askedAfter.browsers.Len(); n > 0 {
		t.Errorf("%d are remembered that are over", n)
	}
}

// Where withdrawals had to be forgotten, who has signed in since is known again.
func TestMadeUpLogoutsKeepNobodyFromSigningIn(t *testing.T) {
	p, before := aClient(), time.Now()
	for n := range maxMarks + 2 {
		p.Withdraw(browser(n))
	}
	counts := func(n int) bool { return p.counts(at(p, n), answered(p, n, time.Now())) }
	if counts(0) {
		t.Error("a logout is forgotten")
	}
	if p.Changed(browser(0), before); counts(0) {
		t.Error("a request from before a logout ends it")
	}
	if p.Changed(browser(0), time.Now()); !counts(0) {
		t.Error("who has signed in since is not known")
	}
	if counts(1) {
		t.Error("another's logout is forgotten")
	}
	later := time.Now().Add(p.answerLife)
	p.marks.withdrawn.sweep(later)
	if later.Before(p.marks.withdrawn.of(browser(1))) || p.marks.withdrawn.browsers.Len() != 0 {
		t.Error("it goes on after all logouts have ended")
	}
}

// Whoever posts from ever new browsers has the application asked anew about
// others, and makes no answer count again that was asked for too early.
func TestMadeUpSignInsHaveNoOldAnswerCount(t *testing.T) {
	p := aClient()
	asked := time.Now()
	answered(p, 0, asked)
	answered(p, -1, asked)
	p.Withdraw(browser(-2))
	p.Forget(browser(0))
	for n := range 2 * maxMarks {
		p.Forget(browser(1 + n))
	}
	if n := p.marks.askedAfter.browsers.Len(); n > maxMarks {
		t.Errorf("%d are remembered", n)
	}
	if names(p, 0) || p.counts(at(p, 0), answered(p, 0, asked)) {
		t.Error("what was asked before a sign-in counts")
	}
	if names(p, -1) {
		t.Error("nobody knows whether it was asked early enough, and it counts")
	}
	if p.counts(at(p, -2), answered(p, -2, time.Now())) {
		t.Error("a logout is forgotten")
	}
	for _, n := range []int{0, -1} {
		if !p.counts(at(p, n), answered(p, n, time.Now())) || !names(p, n) {
			t.Errorf("what is asked anew about browser %d does not count", n)
		}
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
	a := newAnswers(time.Minute)
	const each = 64 << 10
	for n := range 2 * maxAnswerBytes / each {
		o := outcome{Answer: visitor.Answer{Asked: now}, until: now.Add(time.Minute), size: each}
		a.put(questionKey{browser: browser(n)}, o, now)
		if a.kept.TotalWeight() > maxAnswerBytes {
			t.Fatalf("%d bytes are kept", a.kept.TotalWeight())
		}
	}
	if a.sweep(now.Add(time.Minute)); a.kept.TotalWeight() != 0 || a.kept.Len() != 0 {
		t.Errorf("of nothing, %d bytes in %d answers are kept", a.kept.TotalWeight(), a.kept.Len())
	}
}

// What came of a question that was put earlier takes nothing away.
func TestLateOutcomeReplacesNoNewerOne(t *testing.T) {
	p, early := aClient(), time.Now()
	answered(p, 0, early.Add(time.Second))
	p.keep(at(p, 0).key, early, chat.Profile{}, nil)
	if !names(p, 0) {
		t.Error("the newer answer is gone")
	}
}
