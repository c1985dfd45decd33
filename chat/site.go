package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chat/hours"
)

// Scope says what a page without evidence of a login means.
type Scope string

const (
	// ScopeAuto is as ScopeEveryPage once a page of the session has carried
	// evidence, and until then as ScopeLogin.
	ScopeAuto Scope = "auto"
	// ScopeEveryPage: the app names its user on every page, so a page without
	// evidence means that nobody is signed in.
	ScopeEveryPage Scope = "every_page"
	// ScopeLogin: only the answer to the login names the user, so that only a
	// logout ends the identity.
	ScopeLogin Scope = "login"
)

// Defaults of a Site.
const (
	DefaultIdentityTTL = 24 * time.Hour
	DefaultTabLife     = 12 * time.Hour
	// DefaultPersistentLife is DefaultTabLife of a persistent site.
	DefaultPersistentLife = 90 * 24 * time.Hour
)

// Site is what the operator decided about the visitors of one site.
type Site struct {
	// Name is unique; people of two sites are never the same.
	Name string
	// Scope is how long evidence holds; ScopeAuto if empty.
	Scope Scope
	// TTL is how long an identity outlives its last evidence, or in scope login
	// its last contact; DefaultIdentityTTL if zero.
	TTL time.Duration
	// TabLife is how long an anonymous chat outlives the last contact of its
	// tabs; DefaultTabLife, or DefaultPersistentLife, if zero.
	TabLife time.Duration
	// Persistent is set where the cookie alone opens an anonymous chat, which so
	// outlives the browser. Taking it along at a login takes a tab secret all
	// the same.
	Persistent bool
	// HasID is set where evidence of this site is meant to carry an id, so that
	// an e-mail address alone is a person's whom it was last seen with.
	HasID bool
	// WhoamiOnly is set where only the application's answers to whoami name who
	// is signed in, and are complete: pages never do.
	WhoamiOnly bool
	// Hours say when the chat is answered; nil for always.
	Hours *hours.Hours
	// Agents are those who may answer; nil for nobody.
	Agents Agents
	// Tokens verifies what a page hands over as externalToken; nil where no
	// token counts.
	Tokens TokenVerifier
}

// TokenVerifier verifies tokens in which an application says who is signed in.
type TokenVerifier interface {
	// Verify returns what a token says of its person, and when it was issued.
	// ErrBadToken, ErrUnavailable.
	Verify(ctx context.Context, raw string) (Profile, time.Time, error)
}

// IdentityTTL is TTL, or its default.
func (s *Site) IdentityTTL() time.Duration {
	if s.TTL > 0 {
		return s.TTL
	}
	return DefaultIdentityTTL
}

// AnonymousLife is TabLife, or its default.
func (s *Site) AnonymousLife() time.Duration {
	if s.TabLife > 0 {
		return s.TabLife
	}
	if s.Persistent {
		return DefaultPersistentLife
	}
	return DefaultTabLife
}

// AnonymousCookie is the cookie of an anonymous session's token, if it is not
// empty.
func (s *Site) AnonymousCookie(token string) Cookie {
	c := Cookie{Token: token}
	if s.Persistent {
		c.Life = s.AnonymousLife()
	}
	return c
}

// Lives returns how long a session and a tab secret of this site can be of use after
// the last contact of their browser.
func (s *Site) Lives() Lives {
	return Lives{Session: max(s.IdentityTTL(), s.AnonymousLife()), TabSecret: s.AnonymousLife()}
}
