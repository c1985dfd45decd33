package session

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

const (
	// pendingLife is how long a session is remembered that no browser presents.
	pendingLife = 10 * time.Minute
	// joinTimeout is how long evidence without a cookie joins the session that
	// the same client just got: a page and its parallel calls.
	joinTimeout = 10 * time.Second
)

// pending is a session that is not stored yet, so that clients without cookies
// cost no write. Once it is stored, the store alone says what it is, except that
// an end counts from the moment it is made.
type pending struct {
	id      chat.SessionID
	created time.Time
	profile chat.Profile
	token   string
	hash    chat.Hash
	join    join

	storing sync.Mutex // held during each attempt to store the session or its end

	mu        sync.Mutex
	session   chat.Session
	attempted bool // storing it was begun, and it may be stored whatever came of that
	stored    bool
}

// join is what parallel responses to one browser have in common.
type join struct{ site, client, person string }

// addPending remembers a session whose token a browser is about to get.
func (l *ledger) addPending(p *pending, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, old := range l.sessions.All() {
		if now.Sub(old.created) <= pendingLife {
			break
		}
		if !old.beingStored() {
			l.sessions.Delete(id)
			l.unlinkLocked(old)
		}
	}
	l.sessions.Put(p.id, p)
	l.byToken[p.hash], l.byJoin[p.join] = p, p
}

// unlinkLocked is for a session that has gone from the table.
func (l *ledger) unlinkLocked(p *pending) {
	delete(l.byToken, p.hash)
	if l.byJoin[p.join] == p {
		delete(l.byJoin, p.join)
	}
}

// pendingByToken returns the session that a token opens, or nil.
func (l *ledger) pendingByToken(token chat.Hash) *pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byToken[token]
}

// pendingByID returns the session with this name, or nil.
func (l *ledger) pendingByID(id chat.SessionID) *pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, _ := l.sessions.Get(id)
	return p
}

// allPending returns every session that may not be stored.
func (l *ledger) allPending() (list []*pending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.sessions.All() {
		list = append(list, p)
	}
	return list
}

// pendingOf returns the sessions of a person.
func (l *ledger) pendingOf(site, person string) (list []*pending) {
	for _, p := range l.allPending() {
		if p.join.site == site && p.join.person == person {
			list = append(list, p)
		}
	}
	return list
}

// unpresented returns the sessions that one client got for a person and has not
// shown the token of: the answers with them may still be on their way to it.
func (l *ledger) unpresented(j join) []*pending {
	return slices.DeleteFunc(l.allPending(), func(p *pending) bool { return p.join != j || p.presented() })
}

// joinable returns the session that evidence without a cookie joins, or nil.
func (l *ledger) joinable(j join, now time.Time) *pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.byJoin[j]
	if p == nil || now.Sub(p.created) > joinTimeout {
		return nil
	}
	return p
}

// closeJoin takes the session out of those that can be joined.
func (l *ledger) closeJoin(p *pending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byJoin[p.join] == p {
		delete(l.byJoin, p.join)
	}
}

// beingStored reports whether the session or its end is just being stored. Then
// it must not be forgotten: until that has come to its end, nobody but us knows
// that its token opens something.
func (p *pending) beingStored() bool {
	if !p.storing.TryLock() {
		return true
	}
	p.storing.Unlock()
	return false
}

// current returns the session as it is now, and whether that is all there is
// to know: it is not stored yet, or has ended.
func (p *pending) current() (f found, decides bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return found{p.session, p}, !p.stored || !p.session.Live()
}

// presented reports whether it was tried to store the session, as is done once a
// browser shows the token.
func (p *pending) presented() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.attempted
}

// end ends the session and reports whether the store may have it.
func (p *pending) end(how chat.SessionEnd) (attempted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.session.Apply(chat.SessionChange{End: &how}) // ending never fails
	return p.attempted
}

// attempt begins to store the session. It reports false if there is nothing to
// store any more.
func (p *pending) attempt() (chat.Session, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stored || !p.session.Live() {
		return chat.Session{}, false
	}
	p.attempted = true
	return p.session, true
}

// done notes that the session is stored, unless an error says that it may not
// be, and returns it as it is now.
func (p *pending) done(err error) chat.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored = err == nil
	return p.session
}
