package service

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chat"
)

// startRetry is for how long a tab may ask again for the session that it has
// asked for, without the cookie that the first answer would have brought.
const startRetry = 10 * time.Minute

// minMark is the length of a mark of 128 bits in base64.
const minMark = 22

// Start makes a session, if the token has none, and a mark of it, for an
// anonymous visitor who begins to write. A mark that the visitor's tab made
// itself (22 to 64 characters of A-Z a-z 0-9 _ and -) makes it idempotent: the
// same again finds the same session. ErrConflict means that this mark is in use
// elsewhere. Start returns the visitor, the mark, and a token for the cookie
// where that is a new one. No mark comes back to who is signed in, nor to one
// more tab of a persistent chat: only the mark that it was begun with claims it.
func (s *Service) Start(ctx context.Context, site *chat.Site, token, wanted string) (v *Visit, mark, newToken string, err error) {
	if mark = wanted; mark == "" {
		mark = chat.NewSecret()
	}
	if len(mark) < minMark || !chat.ValidClientID(mark) {
		return nil, "", "", chat.ErrBadFrame
	}
	// The same twice at once must not make two sessions.
	defer s.decisions.lock("start\x00" + mark)()
	v, err = s.Enter(ctx, site, token, mark)
	if err != nil || v.Who == chat.WhoPerson || v.Stale {
		return v, "", "", err
	}
	hash := chat.HashOf(mark)
	if v.Who == chat.WhoAnonymous {
		if hash != *v.Owner.Mark {
			mark = ""
		}
		return v, mark, "", nil
	}
	st, err := s.open()
	if err != nil {
		return nil, "", "", err
	}
	now := s.now()
	m, err := st.Mark(ctx, hash)
	switch {
	case err == nil:
		v.Session, newToken, err = s.startedBefore(ctx, st, site, m, now)
	case errors.Is(err, chat.ErrNotFound):
		v.Session, newToken, err = s.startMark(ctx, st, site, token, hash, now)
	}
	if err != nil {
		return nil, "", "", err
	}
	if newToken != "" {
		v.token = newToken
	}
	v.Who, v.Owner = chat.WhoAnonymous, chat.Owner{Site: site.Name, Mark: &hash}
	return v, mark, newToken, nil
}

// startMark keeps a new mark, and a new session if the token opens none.
func (s *Service) startMark(ctx context.Context, st chat.Store, site *chat.Site, token string, mark chat.Hash, now time.Time) (chat.Session, string, error) {
	f, err := s.lookup(ctx, site, token)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return chat.Session{}, "", err
	}
	newToken := ""
	if err != nil || !f.Live() {
		newToken = chat.NewSecret()
		f.Session = chat.Session{ID: chat.SessionID(chat.NewID()), Site: site.Name, Created: now, Contact: now}
		if site.Persistent {
			f.Session.Mark = mark
		}
		if err := st.StartSession(ctx, f.Session, chat.HashOf(newToken)); err != nil {
			return chat.Session{}, "", err
		}
	}
	err = st.StartMark(ctx, chat.Mark{Hash: mark, Site: site.Name, Session: f.ID, Created: now, Heard: now})
	return f.Session, newToken, err
}

// startedBefore gives one more token of the session that was started with a
// mark, to a tab that the first answer, and its cookie, did not reach. That the
// mark suffices here weakens nothing: until someone has shown it together with
// the cookie, nobody but the tab that made it can know it. Where the cookie
// alone opens another mark's chat, as a persistent one, it does not suffice.
func (s *Service) startedBefore(ctx context.Context, st chat.Store, site *chat.Site, m chat.Mark, now time.Time) (chat.Session, string, error) {
	if m.Site != site.Name || !m.Claimed.IsZero() || m.Heard.After(m.Created) || now.Sub(m.Created) > startRetry {
		return chat.Session{}, "", chat.ErrConflict
	}
	f, err := s.sessionByID(ctx, site, m.Session)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return chat.Session{}, "", err
	}
	anothers := site.Persistent && f.Mark != (chat.Hash{}) && f.Mark != m.Hash
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
