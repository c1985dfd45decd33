package session

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chat"
)

// renewInterval is how often a browser is told to keep a persistent cookie for
// longer. Seldom, since such an answer may cross one that brings another.
const renewInterval = 24 * time.Hour

// Renewal returns the cookie that an anonymous visitor's browser is to keep for
// longer, or none where that is not due.
func (v *Visitor) Renewal() chat.Cookie {
	if v.Who != chat.WhoAnonymous || !v.Site.Persistent {
		return chat.Cookie{}
	}
	now, last := v.registry.now(), later(v.Session.Created, v.Session.Renewed)
	if now.Sub(last) < min(renewInterval, v.Site.AnonymousLife()/4) {
		return chat.Cookie{}
	}
	id := v.Session.ID
	v.registry.write("renewal", func(ctx context.Context, st Store) error {
		_, err := st.ChangeSession(ctx, id, chat.SessionChange{Renewed: now})
		return err
	})
	return v.Site.AnonymousCookie(v.token)
}
