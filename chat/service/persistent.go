package service

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chat"
)

// renewEvery is how often a browser is told to keep a persistent cookie for
// longer. Seldom, since such an answer may cross one that brings another.
const renewEvery = 24 * time.Hour

// presented returns the mark of an anonymous session's visitor: the session's
// own where the cookie suffices, else the one that the tab shows.
func presented(ctx context.Context, st chat.Store, site *chat.Site, f found, mark string) (chat.Mark, error) {
	if site.Persistent && f.Mark != (chat.Hash{}) {
		m, err := st.Mark(ctx, f.Mark)
		if !errors.Is(err, chat.ErrNotFound) {
			return m, err
		}
	}
	if mark == "" {
		return chat.Mark{}, chat.ErrNotFound
	}
	return st.Mark(ctx, chat.HashOf(mark))
}

// Renewal returns the cookie that an anonymous visitor's browser is to keep for
// longer, or none where that is not due.
func (v *Visit) Renewal() chat.Cookie {
	if v.Who != chat.WhoAnonymous || !v.Site.Persistent {
		return chat.Cookie{}
	}
	now, last := v.service.now(), v.Session.Created
	if v.Session.Renewed.After(last) {
		last = v.Session.Renewed
	}
	if now.Sub(last) < min(renewEvery, v.Site.AnonymousLife()/4) {
		return chat.Cookie{}
	}
	id := v.Session.ID
	v.service.background("renewal", func(ctx context.Context, st chat.Store) error {
		_, err := st.ChangeSession(ctx, id, chat.SessionChange{Renewed: now})
		return err
	})
	return v.Site.AnonymousCookie(v.token)
}
