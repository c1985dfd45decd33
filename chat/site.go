package chat

import (
	"context"
	"time"
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
	DefaultMarkLife    = 12 * time.Hour
	// DefaultPersistentLife is DefaultMarkLife of a persistent site.
	DefaultPersistentLife = 90 * 24 * time.Hour
)

// Site is what the operator decided about the visitors of one site.
type Site struct {
	// Name tells sites apart; people of two sites are never the same.
	Name string
	// Scope is how long evidence holds; ScopeAuto if empty.
	Scope Scope
	// TTL is how long an identity outlives its last evidence, or in scope login
	// its last contact; DefaultIdentityTTL if zero.
	TTL time.Duration
	// MarkLife is how long an anonymous chat outlives the last word from its
	// tabs; DefaultMarkLife, or DefaultPersistentLife, if zero.
	MarkLife time.Duration
	// Persistent tells that the cookie alone opens an anonymous chat, which so
	// outlives the browser. Claiming it at a login takes a mark all the same.
	Persistent bool
	// HasID tells that evidence of this site is meant to carry an id, so that
	// an e-mail address alone is a person's whom it was last seen with.
	HasID bool
	// ProbeOnly tells that only the application's answers to the question who
	// is signed in say so, and say all there is to say: pages never do.
	ProbeOnly bool
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

// assign returns who gets a conversation whose person is looked after by the
// agent with this e-mail address, and a note for the others where there is no
// such agent for this site.
func (s *Site) assign(email string) (assignee, note string) {
	if email == "" {
		return "", ""
	}
	if s.Agents != nil {
		if a, _, ok := s.Agents.Agent(email); ok && a.Sees(s.Name) {
			return email, ""
		}
	}
	return "", "looked after by " + email + ", who is no agent of this site here"
}

// tellUnknownAgent logs that the agent a new conversation is meant for is none.
// Who that is stands in its note: addresses are no matter for a log.
func (s *Service) tellUnknownAgent(c Conversation) {
	if c.Note != "" {
		s.log.Warn("a conversation is meant for an agent who is not known here, or not for its site; "+
			"nobody has it now, and a note in it says whose it is", "site", c.Site, "conversation", c.ID)
	}
}

func (s *Site) ttl() time.Duration {
	if s.TTL > 0 {
		return s.TTL
	}
	return DefaultIdentityTTL
}

func (s *Site) markLife() time.Duration {
	if s.MarkLife > 0 {
		return s.MarkLife
	}
	if s.Persistent {
		return DefaultPersistentLife
	}
	return DefaultMarkLife
}

// pagesMustSpeak reports whether a page of this session without evidence means
// that nobody is signed in any more.
func (s *Site) pagesMustSpeak(session Session) bool {
	return !s.ProbeOnly && s.mustSpeak(session.Paged)
}

// probesMustSpeak is pagesMustSpeak for the application's answers to the
// question who is signed in.
func (s *Site) probesMustSpeak(session Session) bool { return s.mustSpeak(session.Probed) }

// speaks reports whether evidence of nobody ends this session.
func (s *Site) speaks(session Session, nobody Evidence) bool {
	return nobody.Page && s.pagesMustSpeak(session) || nobody.Probe && s.probesMustSpeak(session)
}

// mustSpeak is what the scope makes of absence, where evidence of the same kind
// has spoken before or not.
func (s *Site) mustSpeak(spoke bool) bool {
	switch s.Scope {
	case ScopeEveryPage:
		return true
	case ScopeLogin:
		return false
	default:
		return spoke
	}
}

// expired reports whether a session has outlived what it rests on.
func (s *Site) expired(session Session, now time.Time) bool {
	if session.Person == "" {
		return now.Sub(session.Contact) > s.markLife()
	}
	since := session.Evidence
	if !s.mustSpeak(session.Paged || session.Probed) && session.Contact.After(since) {
		since = session.Contact
	}
	return now.Sub(since) > s.ttl()
}
