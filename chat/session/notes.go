package session

import (
	"strings"
	"time"

	"github.com/parley-chat/parley/chat"
)

// note is what is to be judged of one token: the newest of each kind.
type note struct {
	site *chat.Site
	// identity named somebody; page and whoami named nobody.
	identity, page, whoami heldEvidence
	logout                 time.Time
	// held is when the newest of it came.
	held time.Time
}

// heldEvidence is what one response said, to a request that arrived then.
type heldEvidence struct {
	arrived   time.Time
	id, email string
	ofWhoami  bool
}

func (h heldEvidence) evidence() chat.Evidence {
	return chat.Evidence{Profile: chat.Profile{ID: h.id, Email: h.email}, Page: !h.ofWhoami, Whoami: h.ofWhoami}
}

// noteEvidence holds back what a response says of a token.
func (l *ledger) noteEvidence(q chat.Request, e chat.Evidence, now time.Time) {
	if q.Token == "" || e.Key() == "" && !e.Page && !e.Whoami {
		return // of no session, or nothing
	}
	h := heldEvidence{q.Arrived, strings.Clone(e.Profile.ID), strings.Clone(e.Profile.Email), e.Whoami}
	l.change(q, now, func(n *note) {
		newest := &n.page
		switch {
		case e.Key() != "":
			newest = &n.identity
		case e.Whoami:
			newest = &n.whoami
		}
		if h.arrived.After(newest.arrived) {
			*newest = h
		}
	})
}

// noteLogout holds back a logout, which counts for this token at once.
func (l *ledger) noteLogout(q chat.Request, now time.Time) {
	if q.Token != "" {
		l.change(q, now, func(n *note) { n.logout = now })
	}
}

func (l *ledger) change(q chat.Request, now time.Time, change func(*note)) {
	token := chat.HashOf(q.Token)
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, given := l.unreadable.Get(token); given {
		return
	}
	n, _ := l.notes.Get(token)
	n.site, n.held = q.Site, now
	change(&n)
	l.notes.Put(token, n)
}

// giveUp is for a note of a token that can't be read any more. What it said is
// lost, once: such a token opens nothing by itself.
func (l *ledger) giveUp(token chat.Hash, n note) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unreadable.Put(token, struct{}{})
	l.loseLocked(n.held, !n.logout.IsZero())
	l.notes.Delete(token)
}

// noted reports whether something is to be judged of a token.
func (l *ledger) noted(token chat.Hash) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, noted := l.notes.Get(token)
	return noted
}

// revoked reports whether a token was logged out by.
func (l *ledger) revoked(token chat.Hash) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, _ := l.notes.Get(token)
	return !n.logout.IsZero()
}

// nextNote returns the oldest of those to be judged.
func (l *ledger) nextNote() (token chat.Hash, n note, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for token, n := range l.notes.All() {
		return token, n, true
	}
	return chat.Hash{}, note{}, false
}

// judged forgets a note, unless more was held back meanwhile.
func (l *ledger) judged(token chat.Hash, n note) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now, _ := l.notes.Get(token); now == n {
		l.notes.Delete(token)
	}
}
