package chat

import (
	"slices"
	"strings"
	"time"
)

// Role is what an agent may do.
type Role string

const (
	// RoleAgent answers.
	RoleAgent Role = "agent"
	// RoleAdmin may also do what is for admins alone, which is nothing as yet.
	RoleAdmin Role = "admin"
)

// AgentInfo is someone who answers visitors.
type AgentInfo struct {
	// Email is their name to the system, in lower case.
	Email string
	// Name is what visitors see; the part of the address before the @ if unset.
	Name string
	Role Role
	// Sites are those whose conversations they see; nil means all.
	Sites []string
	// Picture names what they look like, by its content and not by who they are;
	// empty for none.
	Picture string
}

// Sees reports whether the agent may see conversations of a site.
func (a AgentInfo) Sees(site string) bool {
	return a.Sites == nil || slices.Contains(a.Sites, site)
}

// Equal reports whether both are the same in all that matters to a console.
func (a AgentInfo) Equal(b AgentInfo) bool {
	return a.Email == b.Email && a.Name == b.Name && a.Role == b.Role && a.Picture == b.Picture &&
		slices.Equal(a.Sites, b.Sites) && (a.Sites == nil) == (b.Sites == nil)
}

// DisplayName is the name that visitors see.
func (a AgentInfo) DisplayName() string {
	if name := CleanLine(a.Name); name != "" {
		return name
	}
	name, _, _ := strings.Cut(a.Email, "@")
	return name
}

// AgentSession is an agent's stay at the console.
type AgentSession struct {
	Token Hash   `json:"token"`
	Email string `json:"email"`
	// Credential is a hash of the credential that was signed in with, so that
	// a changed password ends the sessions of the old one.
	Credential Hash      `json:"credential"`
	Created    time.Time `json:"created"`
	// Contact is when the agent was last in contact, to within a minute.
	Contact time.Time `json:"heard"`
}

// Lives of agents' sessions.
const (
	// AgentIdle is how long a console may be silent before it must sign in anew.
	AgentIdle = 24 * time.Hour
	// AgentLife is the longest life of a sign-in.
	AgentLife = 30 * 24 * time.Hour
)

// Expired reports whether the session is too old at this time.
func (s AgentSession) Expired(now time.Time) bool {
	return now.Sub(s.Contact) > AgentIdle || now.Sub(s.Created) > AgentLife
}

// Agents knows who may answer. It is asked each time, so that a changed
// configuration counts at once.
type Agents interface {
	// Agent returns an agent by e-mail address in lower case, and a hash of
	// their credential.
	Agent(email string) (AgentInfo, Hash, bool)
	// Verify reports whether this is the agent's password. It takes as long
	// for an agent who does not exist.
	Verify(email, password string) bool
	// DeviceKey returns the secret with which devices are signed on which the
	// agent has signed in: the same after a restart, and another one once the
	// password is another. It must not follow from what the store holds. For an
	// agent who does not exist it is one that nobody knows, in the same time.
	DeviceKey(email string) Hash
	// List returns all agents in the order of the configuration.
	List() []AgentInfo
}
