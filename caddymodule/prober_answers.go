package caddymodule

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/api"
	"github.com/parley-chat/parley/chat"
)

const (
	// maxProbes bounds how many answers are kept, at some hundred bytes each.
	// Beyond it all are forgotten, and asked for anew.
	maxProbes = 16384
	// maxWithdrawn bounds for how many browsers no answer counts. Beyond it the
	// oldest count again.
	maxWithdrawn = 65536
	// maxNamed bounds half of how many sessions are remembered with what their
	// browser showed. Beyond it those are forgotten that were not named lately.
	maxNamed = 32768
)

// probeEntry is a question under way or its answer.
type probeEntry struct {
	asked  time.Time
	done   chan struct{} // closed when there is an answer
	answer api.Answer
	// dropped means that the answer must not be believed: who is signed in may
	// have changed since it was asked for. Held under the prober's lock.
	dropped bool
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
	swept     time.Time
	withdrawn map[browserKey]time.Time // until when no answer counts
	order     []withdrawal             // the oldest first
}

// withdrawal is one of probeAnswers.withdrawn, unless there is a later one.
type withdrawal struct {
	browser browserKey
	until   time.Time
}

func newProbeAnswers(every time.Duration) probeAnswers {
	return probeAnswers{every: every, browsers: map[browserKey]map[sum]*probeEntry{}, withdrawn: map[browserKey]time.Time{}}
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
	before := len(of)
	of[key.header] = e
	a.kept += len(of) - before
	return e
}

// sweep forgets answers that no longer count, now and then, and all of them
// where there are too many. Questions under way stay: a logout must find them.
func (a *probeAnswers) sweep(now time.Time) {
	full := a.kept >= maxProbes
	if !full && now.Sub(a.swept) < a.every {
		return
	}
	a.swept = now
	for browser, of := range a.browsers {
		for key, e := range of {
			if full && e.answered() || e.old(now) {
				delete(of, key)
				a.kept--
			}
		}
		if len(of) == 0 {
			delete(a.browsers, browser)
		}
	}
	a.expire(now)
}

// forget drops all answers about a browser.
func (a *probeAnswers) forget(b browserKey) {
	for _, e := range a.browsers[b] {
		e.dropped = true
	}
	a.kept -= len(a.browsers[b])
	delete(a.browsers, b)
}

// withdraw drops all answers about a browser, and lets none count for a while.
func (a *probeAnswers) withdraw(b browserKey, now time.Time) {
	a.forget(b)
	until := now.Add(a.every)
	a.withdrawn[b] = until
	a.order = append(a.order, withdrawal{b, until})
	a.expire(now)
}

// restore ends a withdrawal that was made before a time.
func (a *probeAnswers) restore(b browserKey, after time.Time) {
	if until, ok := a.withdrawn[b]; ok && after.Add(a.every).After(until) {
		delete(a.withdrawn, b)
	}
}

// expire forgets withdrawals that are over, or too many.
func (a *probeAnswers) expire(now time.Time) {
	for len(a.order) > 0 {
		oldest := a.order[0]
		if now.Before(oldest.until) && len(a.order) <= maxWithdrawn {
			return
		}
		a.order = a.order[1:]
		if a.withdrawn[oldest.browser].Equal(oldest.until) {
			delete(a.withdrawn, oldest.browser)
		}
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
