package caddymodule

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/chat"
)

const (
	// maxProbes bounds how many answers are kept, at some 500 bytes each and what
	// the application says of its people, which maxProbeBytes bounds: 8 MB and 16
	// MiB for each site that is probed. Beyond it all are forgotten, and asked
	// for anew.
	maxProbes     = 16384
	maxProbeBytes = 16 << 20
	// maxNamed bounds half of how many sessions are remembered with what their
	// browser showed: 2 × 32,768 entries of some 120 bytes, 8 MB. Beyond it those
	// are forgotten that were not named lately. Only sessions that there are get
	// in.
	maxNamed = 32768
)

// probeEntry is a question under way or its answer.
type probeEntry struct {
	asked  time.Time
	done   chan struct{} // closed when there is an answer
	answer visitor.Answer
	// dropped means that the answer must not be believed: who is signed in may
	// have changed since it was asked for. Held under the prober's lock.
	dropped bool
	// size of what the answer says, in bytes; also under the lock.
	size int
}

// answered reports whether there is an answer.
func (e *probeEntry) answered() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// old reports whether there is an answer that no longer counts.
func (e *probeEntry) old(now time.Time) bool { return e.answered() && !now.Before(e.answer.Until) }

// probeAnswers are the answers that a prober keeps, and the questions under
// way. They are used under its lock.
type probeAnswers struct {
	every     time.Duration
	browsers  map[browserKey]map[sum]*probeEntry
	kept      int // entries of all browsers
	size      int // of what they say, in bytes
	swept     time.Time
	withdrawn withdrawals
}

func newProbeAnswers(every time.Duration) probeAnswers {
	return probeAnswers{every: every, browsers: map[browserKey]map[sum]*probeEntry{}}
}

// of returns what is known or being asked, or nil.
func (a *probeAnswers) of(key probeKey) *probeEntry { return a.browsers[key.browser][key.header] }

// add makes room for a new answer, in place of the one before. Who still waits
// for that waits for the new one.
func (a *probeAnswers) add(key probeKey, now time.Time) *probeEntry {
	a.sweep(now)
	e := &probeEntry{asked: now, done: make(chan struct{})}
	of := a.browsers[key.browser]
	if of == nil {
		of = map[sum]*probeEntry{}
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
func (a *probeAnswers) drop(of map[sum]*probeEntry, key sum) {
	if e, ok := of[key]; ok {
		delete(of, key)
		a.kept--
		a.size -= e.size
	}
}

// said notes how large the answer of an entry is, which has come just now.
func (a *probeAnswers) said(key probeKey, e *probeEntry, size int, now time.Time) {
	if a.of(key) != e {
		return // forgotten meanwhile
	}
	e.size = size
	a.size += size
	if a.size > maxProbeBytes {
		a.sweep(now)
	}
}

// sweep forgets answers that no longer count, now and then, and all of them
// where there are too many. Questions under way stay: a logout must find them.
func (a *probeAnswers) sweep(now time.Time) {
	full := a.kept >= maxProbes || a.size > maxProbeBytes
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
func (a *probeAnswers) forget(b browserKey) (named bool) {
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
func (a *probeAnswers) withdraw(b browserKey, now time.Time) {
	named := a.forget(b)
	a.sweep(now)
	a.withdrawn.add(b, now.Add(a.every), named)
}

// restore ends a withdrawal that was made before a time.
func (a *probeAnswers) restore(b browserKey, after time.Time) {
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
