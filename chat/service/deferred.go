package service

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

// maxDeferred bounds what is deferred, at a kilobyte an entry at most.
const maxDeferred = 16384

// deferredEvidence keeps what came with a token while the store could not say
// whose session that opens: that it was logged out, or what responses said of
// who is signed in. All of it is judged before the store opens another session:
// a session may have several tokens, and any of them shows it.
//
// Nobody knows which tokens are made up. When there are too many, all entries
// are forgotten, and for what was lost with them everybody has to show anew who
// they are; see overdue.
//
// Several nodes: each has its own, since each may be cut off by itself. What it
// has to say must be judged before it opens anything, as it is on one.
type deferredEvidence struct {
	mu      sync.Mutex
	entries map[chat.Hash]deferral
	// lost is as of when observations were forgotten last, lostLogouts as of
	// when logouts were.
	lost, lostLogouts time.Time
	// unreadable are tokens of which the store has a record that is damaged.
	unreadable map[chat.Hash]struct{}

	judging chan struct{} // of one place: who has taken it judges
}

// deferral is what is to be judged of one token: the newest of each kind.
type deferral struct {
	site                  *chat.Site
	somebody, page, probe observation
	logout                time.Time
}

// observation is what one response said, to a request that arrived then.
type observation struct {
	arrived   time.Time
	id, email string
	ofProbe   bool
}

func (o observation) evidence() chat.Evidence {
	return chat.Evidence{Profile: chat.Profile{ID: o.id, Email: o.email}, Page: !o.ofProbe, Probe: o.ofProbe}
}

// observe defers what a response says.
func (d *deferredEvidence) observe(r chat.Request, e chat.Evidence) {
	if r.Token == "" || e.Key() == "" && !e.Page && !e.Probe {
		return // of no session, or nothing
	}
	o := observation{r.Arrived, strings.Clone(e.Profile.ID), strings.Clone(e.Profile.Email), e.Probe}
	d.change(r, func(entry *deferral) {
		kind := &entry.page
		switch {
		case e.Key() != "":
			kind = &entry.somebody
		case e.Probe:
			kind = &entry.probe
		}
		if o.arrived.After(kind.arrived) {
			*kind = o
		}
	})
}

// logOut defers a logout, which counts for this token at once.
func (d *deferredEvidence) logOut(r chat.Request, now time.Time) {
	if r.Token != "" {
		d.change(r, func(entry *deferral) { entry.logout = now })
	}
}

func (d *deferredEvidence) change(r chat.Request, change func(*deferral)) {
	token := chat.HashOf(r.Token)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, given := d.unreadable[token]; given {
		return
	}
	entry, known := d.entries[token]
	if !known && len(d.entries) >= maxDeferred {
		d.forgetLocked()
	}
	if d.entries == nil {
		d.entries = map[chat.Hash]deferral{}
	}
	entry.site = r.Site
	change(&entry)
	d.entries[token] = entry
}

// forgetLocked drops all entries and keeps in mind as of when.
func (d *deferredEvidence) forgetLocked() {
	for _, e := range d.entries {
		d.loseLocked(e)
	}
	d.entries = nil
}

func (d *deferredEvidence) loseLocked(e deferral) {
	for _, o := range []observation{e.somebody, e.page, e.probe} {
		d.lost = later(d.lost, o.arrived)
	}
	d.lost, d.lostLogouts = later(d.lost, e.logout), later(d.lostLogouts, e.logout)
}

// giveUp is for an entry of a token that can't be read any more. What it said is
// lost, once: such a token opens nothing by itself.
func (d *deferredEvidence) giveUp(token chat.Hash, e deferral) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unreadable == nil || len(d.unreadable) >= maxDeferred {
		d.unreadable = map[chat.Hash]struct{}{}
	}
	d.unreadable[token] = struct{}{}
	d.loseLocked(e)
	delete(d.entries, token)
}

// lose is what it means that a logout could not be kept at all.
func (d *deferredEvidence) lose(logout time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lost, d.lostLogouts = later(d.lost, logout), later(d.lostLogouts, logout)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// about reports whether something was deferred of a token.
func (d *deferredEvidence) about(token chat.Hash) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, deferred := d.entries[token]
	return deferred
}

// revoked reports whether a token was logged out by.
func (d *deferredEvidence) revoked(token chat.Hash) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.entries[token].logout.IsZero()
}

// len is of how many tokens something is to be judged.
func (d *deferredEvidence) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.entries)
}

// next returns one of those to be judged.
func (d *deferredEvidence) next() (token chat.Hash, entry deferral, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for token, entry := range d.entries {
		return token, entry, true
	}
	return chat.Hash{}, deferral{}, false
}

// judged forgets an entry, unless more was deferred meanwhile.
func (d *deferredEvidence) judged(token chat.Hash, entry deferral) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.entries[token] == entry {
		delete(d.entries, token)
	}
}

// overdue is the end of a session of which something may have been lost that
// it does not outlast: whoever is signed in must have been seen since, and
// nobody knows whether an anonymous visitor has logged out.
func (d *deferredEvidence) overdue(s chat.Session) chat.SessionEnd {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !s.Live():
	case s.Person == "" && d.lostLogouts.After(s.Created):
		return chat.SessionEnd{At: d.lostLogouts, Ending: chat.EndedByTime}
	case s.Person != "" && d.lost.After(s.Created) && d.lost.After(s.Evidence):
		return chat.SessionEnd{At: d.lost, Ending: chat.EndedByTime}
	}
	return chat.SessionEnd{}
}

// observe defers what a response says of a token of which the store could not
// say what it opens.
func (s *Service) observe(r chat.Request, e chat.Evidence) {
	s.deferred.observe(r, e)
	s.flushLater()
}

// seeBlindly takes a response while the store can't say whose session its
// request came with. What it says is judged later, unless the server is started
// anew before. So where it may be that somebody else has the browser now, or
// nobody is signed in any more, the cookie goes as at a logout; who is still
// signed in is known again by the next evidence. A store that is only slow will
// judge in a moment, and takes nobody's cookie.
func (s *Service) seeBlindly(r chat.Request, e chat.Evidence, why error) chat.Cookie {
	s.observe(r, e)
	// A cookie of a persistent site may be an anonymous visitor's, whose chat
	// would be gone with it.
	nobody := e.Key() == "" && (e.Page || e.Probe) && r.Site.Scope != chat.ScopeLogin && !r.Site.Persistent
	if r.Token == "" || r.Anonymous || !errors.Is(why, chat.ErrUnavailable) || e.Key() == "" && !nobody {
		return chat.Cookie{}
	}
	return chat.Cookie{Clear: true}
}

// reconcile judges all that was deferred. With an error, nothing that the store
// says opens anything: it is as if the store could not be read.
func (s *Service) reconcile(ctx context.Context) error {
	d := &s.deferred
	if d.len() == 0 {
		return nil
	}
	select {
	case d.judging <- struct{}{}:
		defer func() { <-d.judging }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		token, entry, ok := d.next()
		if !ok {
			return nil
		}
		err := s.judgeToken(ctx, token, entry)
		if errors.Is(err, chat.ErrDamaged) {
			// Whose session it is will never be known, and the others can't wait
			// for that.
			d.giveUp(token, entry)
			continue
		}
		if err != nil {
			return err
		}
		s.handovers.Add(1)
		d.judged(token, entry)
	}
}

// judgeToken ends the session that a token opens, if what was deferred of it
// does.
func (s *Service) judgeToken(ctx context.Context, token chat.Hash, entry deferral) error {
	f, err := s.readByToken(ctx, token)
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	end, err := s.judge(ctx, entry, f)
	if errors.Is(err, chat.ErrDamaged) {
		end, err = chat.SessionEnd{At: s.now(), Ending: chat.EndedByTime}, nil // nobody knows, so it is closed
	}
	switch {
	case err != nil || end.Ending == "":
	case f.pending != nil:
		_ = s.end(ctx, f, end) // it holds also where it can't be stored
	default:
		// It counts at once. To store each now would have everybody wait for it.
		s.deferEnd(f.ID, end)
		s.publishEnd(f.ID, end)
	}
	return err
}

// judge is the end that was deferred for a session, if one was: as of then, so
// that what was observed since still counts.
func (s *Service) judge(ctx context.Context, d deferral, f found) (chat.SessionEnd, error) {
	if !f.Live() || f.Site != d.site.Name {
		return chat.SessionEnd{}, nil
	}
	if !d.logout.IsZero() {
		return chat.SessionEnd{At: d.logout, Ending: chat.EndedByLogout}, nil
	}
	if f.Person == "" {
		return chat.SessionEnd{}, nil
	}
	seen := f.Created // what was asked before says nothing of the session
	if d.somebody.arrived.After(seen) {
		person, err := s.whose(ctx, d.site, d.somebody.evidence(), f, true)
		if err != nil {
			return chat.SessionEnd{}, err
		}
		if person != f.Person {
			return chat.SessionEnd{At: d.somebody.arrived, Ending: chat.EndedBySwitch}, nil
		}
		seen = d.somebody.arrived
	}
	for _, nobody := range []observation{d.page, d.probe} {
		if nobody.arrived.After(seen) && speaks(d.site, f.Session, nobody.evidence()) {
			return chat.SessionEnd{At: nobody.arrived, Ending: chat.EndedByLogout}, nil
		}
	}
	return chat.SessionEnd{}, nil
}
