package service

import (
	"container/list"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Bounds of the sessions that are not stored yet. Beyond them the oldest is
// forgotten, which costs its browser a second response with evidence.
const (
	// maxPending bounds how many there are, at some 500 bytes each beyond
	// their profiles.
	maxPending = 4096
	// maxPendingBytes bounds their profiles, of which an application may make
	// several kilobytes each.
	maxPendingBytes = 16 << 20
	// pendingLife is how long one is remembered that no browser presents.
	pendingLife = 10 * time.Minute
	// joinTime is how long evidence without a cookie joins the session that
	// the same client just got: a page and its parallel calls.
	joinTime = 10 * time.Second
)

// pendingSessions are those that evidence made and no browser has presented
// yet. They are not stored, so that clients without cookies cost no write.
//
// Several nodes: each has its own. A browser that presents such a token to
// another node is unknown there, and evidence signs it in again.
type pendingSessions struct {
	mu      sync.Mutex
	byHash  map[chat.Hash]*pendingSession
	bySelf  map[chat.SessionID]*pendingSession
	byJoin  map[join]*pendingSession
	oldest  list.List // of *pendingSession, in the order in which they came
	profile int       // bytes of all profiles
}

// pendingSession is a session that is not stored yet. Once it is, the store
// alone says what it is, except that an end counts from the moment it is made.
type pendingSession struct {
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

// add remembers a session whose token a browser is about to get.
func (ps *pendingSessions) add(p *pendingSession, now time.Time) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.byHash == nil {
		ps.byHash, ps.bySelf, ps.byJoin = map[chat.Hash]*pendingSession{}, map[chat.SessionID]*pendingSession{}, map[join]*pendingSession{}
	}
	ps.profile += profileSize(p.profile)
	for e := ps.oldest.Front(); e != nil; {
		old, next := e.Value.(*pendingSession), e.Next()
		full := ps.oldest.Len() >= maxPending || ps.profile > maxPendingBytes
		if !full && now.Sub(old.session.Created) <= pendingLife {
			break
		}
		// One that is being stored stays until that has come to its end: until
		// then, nobody but us knows that its token opens something.
		if old.storing.TryLock() {
			old.storing.Unlock()
			ps.oldest.Remove(e)
			ps.removeLocked(old)
		}
		e = next
	}
	ps.byHash[p.hash], ps.bySelf[p.session.ID], ps.byJoin[p.join] = p, p, p
	ps.oldest.PushBack(p)
}

func (ps *pendingSessions) removeLocked(p *pendingSession) {
	ps.profile -= profileSize(p.profile)
	delete(ps.byHash, p.hash)
	delete(ps.bySelf, p.session.ID)
	if ps.byJoin[p.join] == p {
		delete(ps.byJoin, p.join)
	}
}

// byToken returns the session that a token opens, or nil.
func (ps *pendingSessions) byToken(h chat.Hash) *pendingSession {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.byHash[h]
}

// byID returns the session with this name, or nil.
func (ps *pendingSessions) byID(id chat.SessionID) *pendingSession {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.bySelf[id]
}

// all returns every session that may not be stored.
func (ps *pendingSessions) all() []*pendingSession {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	list := make([]*pendingSession, 0, ps.oldest.Len())
	for e := ps.oldest.Front(); e != nil; e = e.Next() {
		list = append(list, e.Value.(*pendingSession))
	}
	return list
}

// of returns the sessions of a person.
func (ps *pendingSessions) of(site, person string) (list []*pendingSession) {
	for _, p := range ps.all() {
		if p.join.site == site && p.join.person == person {
			list = append(list, p)
		}
	}
	return list
}

// joinable returns the session that evidence without a cookie joins, or nil.
func (ps *pendingSessions) joinable(j join, now time.Time) *pendingSession {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.byJoin[j]
	if p == nil || now.Sub(p.session.Created) > joinTime {
		return nil
	}
	return p
}

// leave takes the session out of those that can be joined.
func (ps *pendingSessions) leave(p *pendingSession) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.byJoin[p.join] == p {
		delete(ps.byJoin, p.join)
	}
}

// current returns the session as it is now, and whether that is all there is
// to know: it is not stored yet, or has ended.
func (p *pendingSession) current() (f found, decides bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return found{p.session, p}, !p.stored || !p.session.Live()
}

// end ends the session and reports whether the store may have it.
func (p *pendingSession) end(how chat.SessionEnd) (attempted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.session.Apply(chat.SessionChange{End: &how}) // ending never fails
	return p.attempted
}

// attempt begins to store the session. It reports false if there is nothing to
// store any more.
func (p *pendingSession) attempt() (chat.Session, bool) {
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
func (p *pendingSession) done(err error) chat.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored = err == nil
	return p.session
}
