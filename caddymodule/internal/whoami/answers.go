package whoami

import (
	"time"

	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/internal/bounded"
)

// Bounds of the answers that a Client keeps: some 600 bytes each and what the
// application says of its people, 10 MB and 16 MiB for each site that is asked
// about.
//
// Beyond them the oldest answers are forgotten, and asked for anew. Several nodes
// may each keep their own: an answer only says what the application said, and a
// logout withdraws it on the node where it is kept.
const (
	maxAnswers     = 16384
	maxAnswerBytes = 16 << 20
)

// entry is a question under way or its answer.
type entry struct {
	asked  time.Time
	done   chan struct{} // closed when there is an answer
	answer visitor.Answer
	// dropped means that the answer must not be believed: who is signed in may
	// have changed since it was asked for. Held under the client's lock.
	dropped bool
	// size of what the answer says, in bytes; also under the lock.
	size int
}

// hasAnswer reports whether there is an answer.
func (e *entry) hasAnswer() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// old reports whether there is an answer that no longer counts.
func (e *entry) old(now time.Time) bool { return e.hasAnswer() && !now.Before(e.answer.Until) }

// answerTable has the answers that a client keeps, and the questions under way.
// It is used under the client's lock.
type answerTable struct {
	life      time.Duration
	entries   bounded.Table[questionKey, *entry]
	browsers  map[BrowserKey]map[sum]struct{} // the keys of entries
	swept     time.Time
	withdrawn *withdrawals
}

func newAnswerTable(life time.Duration) *answerTable {
	a := &answerTable{life: life, browsers: map[BrowserKey]map[sum]struct{}{}, withdrawn: newWithdrawals()}
	a.entries = bounded.Table[questionKey, *entry]{
		Max: maxAnswers, MaxWeight: maxAnswerBytes,
		Weight: func(_ questionKey, e *entry) int { return e.size },
		// A logout must find the questions under way, which maxUnderWay bounds.
		Pinned:    func(_ questionKey, e *entry) bool { return !e.hasAnswer() },
		Forgotten: func(k questionKey, _ *entry) { a.unindex(k) },
	}
	return a
}

// of returns what is known or being asked, or nil.
func (a *answerTable) of(key questionKey) *entry {
	e, _ := a.entries.Get(key)
	return e
}

// add makes room for a new answer, in place of the one before. Who still waits
// for that waits for the new one.
func (a *answerTable) add(key questionKey, now time.Time) *entry {
	a.sweep(now)
	if was := a.of(key); was != nil && !was.hasAnswer() {
		was.dropped = true
	}
	e := &entry{asked: now, done: make(chan struct{})}
	headers := a.browsers[key.browser]
	if headers == nil {
		headers = map[sum]struct{}{}
		a.browsers[key.browser] = headers
	}
	headers[key.header] = struct{}{}
	a.entries.Put(key, e)
	return e
}

// answered notes how large the answer of an entry is, which has come just now.
func (a *answerTable) answered(key questionKey, e *entry, size int) {
	if a.of(key) != e {
		return // forgotten meanwhile
	}
	e.size = size
	a.entries.Put(key, e)
}

// unindex takes a key out of those of its browser.
func (a *answerTable) unindex(key questionKey) {
	headers := a.browsers[key.browser]
	if delete(headers, key.header); len(headers) == 0 {
		delete(a.browsers, key.browser)
	}
}

// sweep forgets answers and withdrawals that no longer count, now and then.
func (a *answerTable) sweep(now time.Time) {
	if now.Sub(a.swept) < a.life {
		return
	}
	a.swept = now
	a.withdrawn.sweep(now)
	for key, e := range a.entries.All() {
		if e.old(now) {
			a.entries.Delete(key)
			a.unindex(key)
		}
	}
}

// forget drops all answers about a browser.
func (a *answerTable) forget(b BrowserKey) {
	for header := range a.browsers[b] {
		key := questionKey{b, header}
		a.of(key).dropped = true
		a.entries.Delete(key)
	}
	delete(a.browsers, b)
}

// withdraw drops all answers about a browser, and lets none count for a while.
func (a *answerTable) withdraw(b BrowserKey, now time.Time) {
	a.forget(b)
	a.sweep(now)
	a.withdrawn.add(b, now.Add(a.life))
}

// restore ends a withdrawal that was made before a time.
func (a *answerTable) restore(b BrowserKey, after time.Time) {
	if until := a.withdrawn.until(b); !until.IsZero() && after.Add(a.life).After(until) {
		a.withdrawn.remove(b)
	}
}
