package session

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chat"
)

// startRetryLife is for how long a tab may ask again for the session that it
// has asked for, without the cookie that the first answer would have brought.
const startRetryLife = 10 * time.Minute

// minTabSecret is the length of 128 bits in base64.
const minTabSecret = 22

// Start makes a session, if the token has none, and a tab of it, for an
// anonymous visitor who begins to write. A secret that the visitor's tab made
// itself (22 to 64 characters of A-Z a-z 0-9 _ and -) makes it idempotent: the
// same again finds the same session. ErrConflict means that this secret is in
// use elsewhere. Start returns the visitor, the tab's secret, and a token for
// the cookie where that is a new one. No secret comes back to who is signed in,
// nor to one more tab of a persistent chat: only the tab that it was begun in
// takes it along at a login.
func (r *Registry) Start(ctx context.Context, site *chat.Site, token, wanted string) (v *Visitor, tab, newToken string, err error) {
	if tab = wanted; tab == "" {
		tab = chat.NewSecret()
	}
	if len(tab) < minTabSecret || !chat.ValidClientID(tab) {
		return nil, "", "", chat.ErrBadFrame
	}
	// The same twice at once must not make two sessions.
	defer r.turns.take("start\x00" + tab)()
	v, f, err := r.enter(ctx, site, token, tab)
	if err != nil || v.Who == chat.WhoPerson || v.Stale {
		return v, "", "", err
	}
	hash := chat.HashOf(tab)
	if v.Who == chat.WhoAnonymous {
		if hash != *v.Owner.TabSecret {
			tab = ""
		}
		return v, tab, "", nil
	}
	st, err := r.open()
	if err != nil {
		return nil, "", "", err
	}
	now := r.now()
	m, err := st.TabSecret(ctx, hash)
	switch {
	case err == nil:
		v.Session, newToken, err = r.startedBefore(ctx, st, site, m, now)
	case errors.Is(err, chat.ErrNotFound):
		v.Session, newToken, err = r.startTab(ctx, st, site, f, hash, now)
	}
	if err != nil {
		return nil, "", "", err
	}
	if newToken != "" {
		v.token = newToken
	}
	v.Who, v.Owner = chat.WhoAnonymous, chat.Owner{Site: site.Name, TabSecret: &hash}
	return v, tab, newToken, nil
}

// startTab stores a new tab, and a new session if the token opens none.
func (r *Registry) startTab(ctx context.Context, st Store, site *chat.Site, f *found, tab chat.Hash, now time.Time) (chat.Session, string, error) {
	var session chat.Session
	newToken := ""
	if f != nil {
		session = f.Session
	} else {
		newToken = chat.NewSecret()
		session = chat.Session{ID: chat.SessionID(chat.NewID()), Site: site.Name, Created: now, Contact: now}
		if site.Persistent {
			session.TabSecret = tab
		}
		if err := st.StartSession(ctx, session, chat.HashOf(newToken)); err != nil {
			return chat.Session{}, "", err
		}
	}
	err := st.StartTabSecret(ctx, chat.TabSecret{Hash: tab, Site: site.Name, Session: session.ID, Created: now, Contact: now})
	return session, newToken, err
}

// startedBefore gives one more token of the session that was started by a tab,
// to that tab, which the first answer, and its cookie, did not reach. That the
// tab's secret suffices here weakens nothing: until someone has shown it together
// with the cookie, nobody but the tab that made it can know it. Where the cookie
// alone opens another tab's chat, as a persistent one, it does not suffice.
func (r *Registry) startedBefore(ctx context.Context, st Store, site *chat.Site, m chat.TabSecret, now time.Time) (chat.Session, string, error) {
	if m.Site != site.Name || !m.Merged.IsZero() || m.Contact.After(m.Created) || now.Sub(m.Created) > startRetryLife {
		return chat.Session{}, "", chat.ErrConflict
	}
	f, err := r.sessionByID(ctx, site, m.Session)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return chat.Session{}, "", err
	}
	anothers := site.Persistent && f.TabSecret != (chat.Hash{}) && f.TabSecret != m.Hash
	if err != nil || !f.Live() || f.Person != "" || anothers {
		return chat.Session{}, "", chat.ErrConflict
	}
	token := chat.NewSecret()
	hash := chat.HashOf(token)
	_, err = st.ChangeSession(ctx, f.ID, chat.SessionChange{AddToken: &hash})
	if errors.Is(err, chat.ErrEnded) {
		err = chat.ErrConflict
	}
	return f.Session, token, err
}
