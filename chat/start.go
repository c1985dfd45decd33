package chat

import (
	"context"
	"errors"
	"time"
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
func (s *Service) Start(ctx context.Context, site *Site, token, wanted string) (v *Visit, mark, newToken string, err error) {
	if mark = wanted; mark == "" {
		mark = NewSecret()
	}
	if len(mark) < minMark || !ValidClientID(mark) {
		return nil, "", "", ErrBadFrame
	}
	// The same twice at once must not make two sessions.
	defer s.decisions.lock("start\x00" + mark)()
	v, err = s.Enter(ctx, site, token, mark)
	if err != nil || v.Who == WhoPerson || v.Stale {
		return v, "", "", err
	}
	hash := HashOf(mark)
	if v.Who == WhoAnonymous {
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
	case errors.Is(err, ErrNotFound):
		v.Session, newToken, err = s.startMark(ctx, st, site, token, hash, now)
	}
	if err != nil {
		return nil, "", "", err
	}
	if newToken != "" {
		v.token = newToken
	}
	v.Who, v.Owner = WhoAnonymous, Owner{Site: site.Name, Mark: &hash}
	return v, mark, newToken, nil
}

// startMark keeps a new mark, and a new session if the token opens none.
func (s *Service) startMark(ctx context.Context, st Store, site *Site, token string, mark Hash, now time.Time) (Session, string, error) {
	f, err := s.lookup(ctx, site, token)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, "", err
	}
	newToken := ""
	if err != nil || !f.Live() {
		newToken = NewSecret()
		f.Session = Session{ID: SessionID(newID()), Site: site.Name, Created: now, Contact: now}
		if site.Persistent {
			f.Session.Mark = mark
		}
		if err := st.StartSession(ctx, f.Session, HashOf(newToken)); err != nil {
			return Session{}, "", err
		}
	}
	err = st.StartMark(ctx, Mark{Hash: mark, Site: site.Name, Session: f.ID, Created: now, Heard: now})
	return f.Session, newToken, err
}

// startedBefore gives one more token of the session that was started with a
// mark, to a tab that the first answer, and its cookie, did not reach. That the
// mark suffices here weakens nothing: until someone has shown it together with
// the cookie, nobody but the tab that made it can know it. Where the cookie
// alone opens another mark's chat, as a persistent one, it does not suffice.
func (s *Service) startedBefore(ctx context.Context, st Store, site *Site, m Mark, now time.Time) (Session, string, error) {
	if m.Site != site.Name || !m.Claimed.IsZero() || m.Heard.After(m.Created) || now.Sub(m.Created) > startRetry {
		return Session{}, "", ErrConflict
	}
	f, err := s.sessionByID(ctx, site, m.Session)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, "", err
	}
	anothers := site.Persistent && f.Mark != (Hash{}) && f.Mark != m.Hash
	if err != nil || !f.Live() || f.Person != "" || anothers {
		return Session{}, "", ErrConflict
	}
	token := NewSecret()
	hash := HashOf(token)
	_, err = st.ChangeSession(ctx, f.ID, SessionChange{AddToken: &hash})
	if errors.Is(err, ErrEnded) {
		err = ErrConflict
	}
	return f.Session, token, err
}

// CheckDraft returns what is wrong with a first message before anything is made
// for it: ErrBadFrame for the client id, else what CleanText gives.
func CheckDraft(clientID, text string) error {
	if !ValidClientID(clientID) {
		return ErrBadFrame
	}
	_, err := CleanText(text)
	return err
}
