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
