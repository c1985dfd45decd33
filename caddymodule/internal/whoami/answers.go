package whoami

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/api"
	"github.com/parley-chat/parley/chat"
)

const (
	// maxAnswers bounds how many answers are kept, at some 500 bytes each and what
	// the application says of its people, which maxProbeBytes bounds: 8 MB and 16
	// MiB for each site that is probed. Beyond it all are forgotten, and asked
	// for anew.
	maxAnswers     = 16384
	maxAnswerBytes = 16 << 20
	// maxNamed bounds half of how many sessions are remembered with what their
	// browser showed: 2 × 32,768 entries of some 120 bytes, 8 MB. Beyond it those
	// are forgotten that were not named lately. Only sessions that there are get
	// in.
	maxNamed = 32768
)

// entry is a question under way or its answer.
type entry struct {
	asked  time.Time
	done   chan struct{} // closed when there is an answer
	answer api.Answer
	// dropped means that the answer must not be believed: who is signed in may
	// have changed since it was asked for. Held under the prober's lock.
	dropped bool
	// size of what the answer says, in bytes; also under the lock.
	size int
}

// answered reports whether there is an answer.
func (e *entry) answered() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// old reports whether there is an answer that no longer counts.
func (e *entry) old(now time.Time) bool { return e.answered() && !now.Before(e.answer.Until) }

// answerTable are the answers that a prober keeps, and the questions under
// way. They are used under its lock.
type answerTable struct {
	every     time.Duration
	browsers  map[BrowserKey]map[sum]*entry
	kept      int // entries of all browsers
	size      int // of what they say, in bytes
	swept     time.Time
	withdrawn withdrawals
}

func newAnswerTable(every time.Duration) answerTable {
	return answerTable{every: every, browsers: map[BrowserKey]map[sum]*entry{}}
}

// of returns what is known or being asked, or nil.
func (a *answerTable) of(key questionKey) *entry { return a.browsers[key.browser][key.header] }

// add makes room for a new answer, in place of the one before. Who still waits
// for that waits for the new one.
func (a *answerTable) add(key questionKey, now time.Time) *entry {
	a.sweep(now)
	e := &entry{asked: now, done: make(chan struct{})}
	of := a.browsers[key.browser]
	if of == nil {
		of = map[sum]*entry{}
		a.browsers[key.browser] = of
	}
	if was := of[key.header]; was != nil && !was.answered() {
		was.dropped = true
	}
	a.drop(of, key.header)
	of[key.header] = e
	a.kept++
	return e
}

// drop takes an entry out of those of a browser.
func (a *answerTable) drop(of map[sum]*entry, key sum) {
	if e, ok := of[key]; ok {
		delete(of, key)
		a.kept--
		a.size -= e.size
	}
}

// answered notes how large the answer of an entry is, which has come just now.
func (a *answerTable) answered(key questionKey, e *entry, size int, now time.Time) {
	if a.of(key) != e {
		return // forgotten meanwhile
	}
	e.size = size
	a.size += size
	if a.size > maxAnswerBytes {
		a.sweep(now)
	}
}

// sweep forgets answers that no longer count, now and then, and all of them
// where there are too many. Questions under way stay: a logout must find them.
func (a *answerTable) sweep(now time.Time) {
	full := a.kept >= maxAnswers || a.size > maxAnswerBytes
	due := now.Sub(a.swept) >= a.every
	if !full && !due {
		return
	}
	if due {
		a.swept = now
		a.withdrawn.age()
	}
	for browser, of := range a.browsers {
		for key, e := range of {
			if full && e.answered() || e.old(now) {
				a.drop(of, key)
			}
		}
		if len(of) == 0 {
			delete(a.browsers, browser)
		}
	}
}

// forget drops all answers about a browser, and reports whether one of them
// named somebody.
func (a *answerTable) forget(b BrowserKey) (named bool) {
	of := a.browsers[b]
	for key, e := range of {
		e.dropped = true
		named = named || e.answered() && e.answer.Evidence.Key() != ""
		a.drop(of, key)
	}
	delete(a.browsers, b)
	return named
}

// withdraw drops all answers about a browser, and lets none count for a while.
func (a *answerTable) withdraw(b BrowserKey, now time.Time) {
	named := a.forget(b)
	a.sweep(now)
	a.withdrawn.add(b, now.Add(a.every), named)
}

// restore ends a withdrawal that was made before a time.
func (a *answerTable) restore(b BrowserKey, after time.Time) {
	if until := a.withdrawn.until(b); !until.IsZero() && after.Add(a.every).After(until) {
		a.withdrawn.remove(b)
	}
}

// namedSessions are the sessions of all sites, by their tokens, with what their
// browser showed when the application last named their person. A reload of the
// configuration must not forget them.
var namedSessions named

// named remembers sessions in two generations.
type named struct {
	mu          sync.Mutex
	late, early map[chat.Hash]naming
}

// naming is what a browser showed, and when.
type naming struct {
	shows sum
	at    time.Time
}

func (n *named) add(token chat.Hash, shows sum) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.late == nil || len(n.late) >= maxNamed {
		n.late, n.early = map[chat.Hash]naming{}, n.late
	}
	n.late[token] = naming{shows, time.Now()}
}

func (n *named) of(token chat.Hash) (naming, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if m, ok := n.late[token]; ok {
		return m, true
	}
	m, ok := n.early[token]
	return m, ok
}
