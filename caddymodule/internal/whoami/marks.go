package whoami

import (
	"time"

	"github.com/parley-chat/parley/internal/bounded"
)

// maxMarks bounds the marks of each kind: 65,536 entries of some 200 bytes, 13 MB
// for each site that is asked about and each kind.
const maxMarks = 65536

// marks are the browsers whose kept answers no longer count.
//
// Beyond the bound the oldest is forgotten, and what it said then holds for every
// browser without an entry. Some thousand made-up logouts a second may keep the
// application's answers from being learned, and as many requests that may have
// signed somebody in have it asked anew; neither undoes a logout.
// Several nodes need the marks of all, as they need the logouts.
type marks struct {
	// askedAfter: only answers count that were asked for after this.
	askedAfter marksOf
	// withdrawn: no answer counts before this, because somebody has logged out.
	// Zero is of a browser that has signed in since: its answers count, whatever
	// floor says.
	withdrawn marksOf
	keep      time.Duration // how long an answer may count that is older than a mark
	swept     time.Time
}

// marksOf are the marks of one kind.
type marksOf struct {
	browsers bounded.Table[BrowserKey, time.Time]
	// floor is the latest of those forgotten.
	floor time.Time
}

func newMarks(keep time.Duration) *marks {
	m := &marks{keep: keep}
	for _, kind := range []*marksOf{&m.askedAfter, &m.withdrawn} {
		kind.browsers = bounded.Table[BrowserKey, time.Time]{Max: maxMarks,
			Forgotten: func(_ BrowserKey, t time.Time) { kind.floor = later(kind.floor, t) }}
	}
	return m
}

// of returns what holds for a browser.
func (m *marksOf) of(b BrowserKey) time.Time {
	if t, ok := m.browsers.Get(b); ok {
		return t
	}
	return m.floor
}

// sweep forgets what no longer means anything, up to a time.
func (m *marksOf) sweep(upTo time.Time) {
	for b, t := range m.browsers.All() {
		if !t.After(upTo) && (!t.IsZero() || !m.floor.After(upTo)) {
			m.browsers.Delete(b)
		}
	}
}

// forget has no answer count that was asked for by now.
func (m *marks) forget(b BrowserKey, now time.Time) {
	m.sweep(now)
	m.askedAfter.browsers.Put(b, now)
}

// withdraw has no answer count before a time.
func (m *marks) withdraw(b BrowserKey, now, until time.Time) {
	m.forget(b, now)
	m.withdrawn.browsers.Put(b, until)
}

// restore ends a withdrawal.
func (m *marks) restore(b BrowserKey) { m.withdrawn.browsers.Put(b, time.Time{}) }

// sweep forgets marks that no longer mean anything, now and then.
func (m *marks) sweep(now time.Time) {
	if now.Sub(m.swept) < m.keep {
		return
	}
	m.swept = now
	m.askedAfter.sweep(now.Add(-m.keep))
	m.withdrawn.sweep(now)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
