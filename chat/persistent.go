package chat

import (
	"context"
	"errors"
	"time"
)

// renewEvery is how often a browser is told to keep a persistent cookie for
// longer. Seldom, since such an answer may cross one that brings another.
const renewEvery = 24 * time.Hour

// presented returns the mark of an anonymous session's visitor: the session's
// own where the cookie suffices, else the one that the tab shows.
func presented(ctx context.Context, st Store, site *Site, f found, mark string) (Mark, error) {
	if site.Persistent && f.Mark != (Hash{}) {
		m, err := st.Mark(ctx, f.Mark)
		if !errors.Is(err, ErrNotFound) {
			return m, err
		}
	}
	if mark == "" {
		return Mark{}, ErrNotFound
	}
	return st.Mark(ctx, HashOf(mark))
}

// AnonymousCookie is the cookie of an anonymous session's token, if it is not
// empty.
func (s *Site) AnonymousCookie(token string) Cookie {
	c := Cookie{Token: token}
	if s.Persistent {
		c.Life = s.markLife()
	}
	return c
}

// Renewal returns the cookie that an anonymous visitor's browser is to keep for
// longer, or none where that is not due.
func (v *Visit) Renewal() Cookie {
	if v.Who != WhoAnonymous || !v.Site.Persistent {
		return Cookie{}
	}
	now, last := v.service.now(), v.Session.Created
	if v.Session.Renewed.After(last) {
		last = v.Session.Renewed
	}
	if now.Sub(last) < min(renewEvery, v.Site.markLife()/4) {
		return Cookie{}
	}
	id := v.Session.ID
	v.service.background("renewal", func(ctx context.Context, st Store) error {
		_, err := st.ChangeSession(ctx, id, SessionChange{Renewed: now})
		return err
	})
	return v.Site.AnonymousCookie(v.token)
}

// addMark lets one more tab of a persistent session claim its chat at a login:
// it shows that who wrote in it is still there.
func (s *Service) addMark(ctx context.Context, v *Visit, mark string) error {
	hash := HashOf(mark)
	if !v.Site.Persistent || hash == *v.Owner.Mark {
		return nil
	}
	st, err := s.open()
	if err != nil {
		return err
	}
	if _, err := st.Mark(ctx, hash); !errors.Is(err, ErrNotFound) {
		return err
	}
	now := s.now()
	return st.StartMark(ctx, Mark{Hash: hash, Site: v.Site.Name, Session: v.Session.ID, Created: now, Heard: now})
}
