package session

import (
	"cmp"
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
)

// Visitor is whoever a request is of, with the right to one conversation. It
// has been checked, and holds until Check says otherwise.
//
// Several nodes: one that a connection holds on to may be of a session that was
// ended on another node. It has to be dropped by that record of the log, before
// anything is sent that came after it.
type Visitor struct {
	Who     chat.Who
	Site    *chat.Site
	Session chat.Session
	Owner   chat.Owner
	// Person is who they are, where that is known.
	Person chat.Person
	// Stale tells that the browser's token was superseded by a login whose
	// cookie is still on its way.
	Stale bool

	registry *Registry
	token    string
}

// Enter finds out who a token, and the secret of a tab, belong to. Unknown,
// ended and expired sessions are an ordinary WhoNone.
func (r *Registry) Enter(ctx context.Context, site *chat.Site, token, tab string) (*Visitor, error) {
	v, _, err := r.enter(ctx, site, token, tab)
	return v, err
}

// enter is Enter, and returns the session of the token as well, if it is alive.
func (r *Registry) enter(ctx context.Context, site *chat.Site, token, tab string) (*Visitor, *found, error) {
	v := &Visitor{Who: chat.WhoNone, Site: site, registry: r, token: token}
	f, err := r.lookup(ctx, site, token)
	if errors.Is(err, chat.ErrNotFound) {
		return v, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if !f.Live() {
		if f.Ending == chat.EndedByLogin {
			chain, err := r.successors(ctx, site, f)
			v.Stale = err == nil && chain[len(chain)-1].Live()
		}
		return v, nil, nil
	}
	st, err := r.open()
	if err != nil {
		return nil, nil, err
	}
	if f.Person != "" {
		err = r.enterPerson(ctx, st, v, f)
	} else {
		err = r.enterAnonymous(ctx, st, v, f, tab)
	}
	if err != nil {
		return nil, nil, err
	}
	return v, &f, nil
}

// enterPerson completes a visitor whose session is a person's.
func (r *Registry) enterPerson(ctx context.Context, st Store, v *Visitor, f found) error {
	if f.pending != nil {
		if err := r.save(ctx, st, f.pending); err != nil {
			return err
		}
	}
	p, err := st.Person(ctx, f.Site, f.Person)
	if err != nil {
		return err
	}
	v.Who, v.Session, v.Person = chat.WhoPerson, f.Session, p
	v.Owner = chat.Owner{Site: f.Site, Person: f.Person}
	r.touchOwner(v.Session, v.Owner, r.now())
	return nil
}

// enterAnonymous completes a visitor whose session is nobody's, if they show
// what it takes beside the cookie.
func (r *Registry) enterAnonymous(ctx context.Context, st Store, v *Visitor, f found, tab string) error {
	m, err := presented(ctx, st, v.Site, f, tab)
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := r.now()
	if m.Session != f.ID || m.Site != v.Site.Name || !m.Merged.IsZero() || now.Sub(m.Contact) > v.Site.AnonymousLife() {
		return nil
	}
	secret := m.Hash // by itself: a connection keeps it for as long as it is open, and need not keep the record
	v.Who, v.Session, v.Owner = chat.WhoAnonymous, f.Session, chat.Owner{Site: v.Site.Name, TabSecret: &secret}
	r.touchOwner(v.Session, v.Owner, now)
	return nil
}

// presented returns the tab of an anonymous session's visitor: the session's
// own where the cookie suffices, else the one whose secret is shown.
func presented(ctx context.Context, st Store, site *chat.Site, f found, tab string) (chat.TabSecret, error) {
	if site.Persistent && f.TabSecret != (chat.Hash{}) {
		m, err := st.TabSecret(ctx, f.TabSecret)
		if !errors.Is(err, chat.ErrNotFound) {
			return m, err
		}
	}
	if tab == "" {
		return chat.TabSecret{}, chat.ErrNotFound
	}
	return st.TabSecret(ctx, chat.HashOf(tab))
}

// TakeOver ends the anonymous session of the tab with this secret by the login
// of the visitor, whose its conversation may become. ErrNotFound where it may
// not. It returns the hash of the secret.
func (r *Registry) TakeOver(ctx context.Context, v *Visitor, tab string) (chat.Hash, error) {
	hash := chat.HashOf(tab)
	st, err := r.open()
	if err != nil {
		return hash, err
	}
	m, err := st.TabSecret(ctx, hash)
	if err != nil {
		return hash, err
	}
	now := r.now()
	if m.Site != v.Site.Name || !m.Merged.IsZero() || now.Sub(m.Contact) > v.Site.AnonymousLife() {
		return hash, chat.ErrNotFound
	}
	// What a logout or another's login has ended is nobody's to take over.
	was, err := r.sessionByID(ctx, v.Site, m.Session)
	if err != nil {
		return hash, err
	}
	switch {
	case was.Person != "":
		return hash, chat.ErrNotFound
	case !was.Live():
		return hash, r.tookOver(ctx, v, was)
	}
	err = r.end(ctx, was, chat.SessionEnd{At: now, Ending: chat.EndedByLogin, Successor: v.Session.ID})
	if err != nil {
		return hash, err
	}
	// A logout may have been first.
	if was, err = r.sessionByID(ctx, v.Site, m.Session); err != nil || was.Successor != v.Session.ID {
		return hash, cmp.Or(err, error(chat.ErrNotFound))
	}
	return hash, nil
}

// tookOver checks that a session has ended when the visitor signed in: then its
// conversation is theirs, and only as long as no logout and nobody else's login
// came after.
func (r *Registry) tookOver(ctx context.Context, v *Visitor, was found) error {
	if was.Ending != chat.EndedByLogin {
		return chat.ErrNotFound
	}
	theirs, err := r.sessionByID(ctx, v.Site, was.Successor)
	if err != nil {
		return err
	}
	if theirs.Person != v.Session.Person || !theirs.Live() && theirs.Ending != chat.EndedByTime {
		return chat.ErrNotFound
	}
	return nil
}
