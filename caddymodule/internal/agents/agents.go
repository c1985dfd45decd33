package agents

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/mail"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"
	"golang.org/x/crypto/bcrypt"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/program"
)

// Agent is someone who answers visitors.
type Agent struct {
	// The e-mail address, with which the agent signs in and is assigned
	// conversations.
	Email string `json:"email"`

	// The hash of the password, as `parley hash-password` makes it: bcrypt or
	// argon2id.
	Hash string `json:"hash"`

	// The name that visitors see. The default is the part of the address
	// before the @.
	Name string `json:"name,omitempty"`

	// What the agent may do: agent (the default) or admin. It makes no difference
	// yet: nothing in the console is for admins alone.
	Role string `json:"role,omitempty"`

	// The sites whose conversations the agent sees. The default is all.
	Sites []string `json:"sites,omitempty"`

	// The path of a picture of the agent: a JPEG, PNG or WebP file of at most 200 KB,
	// square at best and 112 pixels wide or more. Visitors see it beside the agent's
	// messages; without one they see initials. The file is read when the
	// configuration is loaded, and anyone may see it who is given its address, which
	// is those whom the agent has written to: it should show nothing else, and have
	// no data in it such as where it was taken.
	Picture string `json:"picture,omitempty"`

	// Where the agent is written, as file and line, such as Caddyfile:12. It is for
	// messages only, and filled in by the Caddyfile adapter.
	Source string `json:"source,omitempty"`
}

// hashModule returns the ID of Caddy's module for a password hash.
func hashModule(hash string) (string, error) {
	const namespace = "http.authentication.hashes."
	switch {
	case strings.HasPrefix(hash, "$argon2id$"):
		return namespace + "argon2id", nil
	case strings.HasPrefix(hash, "$2"):
		if _, err := bcrypt.Cost([]byte(hash)); err != nil {
			return "", fmt.Errorf("invalid password hash; make one with `%s hash-password`", program.Name())
		}
		return namespace + "bcrypt", nil
	}
	return "", fmt.Errorf("the password's hash is neither bcrypt ($2…) nor argon2id ($argon2id$…); "+
		"make one with `%s hash-password`, and never write the password itself here", program.Name())
}

// cleanEmail returns an agent's address as it is compared.
func cleanEmail(text string) (string, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name != "" || strings.ContainsAny(text, "<>") {
		return "", fmt.Errorf("invalid e-mail address %q", text)
	}
	return strings.ToLower(a.Address), nil
}

// Directory knows the agents of one configuration.
type Directory struct {
	list   []chat.AgentInfo
	access map[string]access
	// pictures are the agents', by their names.
	pictures map[string]*transport.Picture
	// Unlimited means that its configuration has limits off.
	Unlimited bool
}

// access is how an agent proves who they are.
type access struct {
	hash     []byte
	comparer caddyauth.Comparer
}

// NewDirectory loads the agents of a configuration. It gives an error for one that
// is invalid and for two of one e-mail address.
func NewDirectory(ctx caddy.Context, agents []*Agent) (*Directory, error) {
	d := &Directory{access: map[string]access{}, pictures: map[string]*transport.Picture{}}
	for _, a := range agents {
		info, acc, err := a.load(ctx)
		if err == nil {
			info.Picture, err = d.loadPicture(a.Picture)
		}
		if err != nil {
			return nil, fmt.Errorf("agent %s%s: %w", a.Email, a.at(), err)
		}
		if _, twice := d.access[info.Email]; twice {
			return nil, fmt.Errorf("duplicate agent %s%s", info.Email, a.at())
		}
		d.list = append(d.list, info)
		d.access[info.Email] = acc
	}
	return d, nil
}

// at is where the agent is written, for messages.
func (a *Agent) at() string {
	if a.Source == "" {
		return ""
	}
	return " (" + a.Source + ")"
}

func (a *Agent) load(ctx caddy.Context) (chat.AgentInfo, access, error) {
	email, err := config.Required(a.Email)
	if err == nil {
		email, err = cleanEmail(email)
	}
	if err != nil {
		return chat.AgentInfo{}, access{}, err
	}
	hash, err := config.Required(a.Hash)
	if err != nil {
		return chat.AgentInfo{}, access{}, err
	}
	id, err := hashModule(hash)
	if err != nil {
		return chat.AgentInfo{}, access{}, err
	}
	mod, err := ctx.LoadModuleByID(id, nil)
	if err != nil {
		return chat.AgentInfo{}, access{}, fmt.Errorf("loading %s: %w", id, err)
	}
	comparer, ok := mod.(caddyauth.Comparer)
	if !ok {
		return chat.AgentInfo{}, access{}, fmt.Errorf("loading %s: %T compares no passwords", id, mod)
	}
	role, err := parseRole(a.Role)
	if err != nil {
		return chat.AgentInfo{}, access{}, err
	}
	for _, s := range a.Sites {
		if err := config.CheckSite(s); err != nil {
			return chat.AgentInfo{}, access{}, err
		}
	}
	info := chat.AgentInfo{Email: email, Name: config.Resolve(a.Name), Role: role, Sites: a.Sites}
	return info, access{[]byte(hash), comparer}, nil
}

func parseRole(text string) (chat.Role, error) {
	switch chat.Role(text) {
	case "":
		return chat.RoleAgent, nil
	case chat.RoleAgent, chat.RoleAdmin:
		return chat.Role(text), nil
	}
	return "", fmt.Errorf("unknown role %q (want agent or admin)", text)
}

// Agent returns an agent by e-mail address.
func (d *Directory) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	for _, info := range d.list {
		if info.Email == email {
			return info, chat.HashOf(string(d.access[email].hash)), true
		}
	}
	return chat.AgentInfo{}, chat.Hash{}, false
}

// stranger returns what to compare a password with where there is no such
// agent: some agent's hash, always the same one for an address, so that the
// time tells nothing, whatever the costs of the hashes are.
func (d *Directory) stranger(email string) access {
	if len(d.list) == 0 {
		return access{}
	}
	pick := chat.HashOf(email + string(d.access[d.list[0].Email].hash))
	return d.access[d.list[int(pick[0])%len(d.list)].Email]
}

// Verify compares a password with an agent's hash, which is meant to cost much:
// limits.SignIns says how many may be compared at a time.
func (d *Directory) Verify(email, password string) bool {
	acc, known := d.access[email]
	if !known {
		acc = d.stranger(email)
	}
	if acc.comparer == nil {
		return false
	}
	ok, err := acc.comparer.Compare(acc.hash, []byte(password))
	return ok && err == nil && known
}

// DeviceKey returns the secret with which an agent's devices are signed. It is
// derived from the hash of the password, as it stands in the configuration, and does
// not follow from what the store has of that (chat.AgentSession.Credential).
func (d *Directory) DeviceKey(email string) chat.Hash {
	acc, known := d.access[email]
	if !known {
		acc = d.stranger(email)
	}
	mac := hmac.New(sha256.New, acc.hash)
	_, _ = mac.Write([]byte("parley: devices of " + email)) // a hash takes everything
	return chat.Hash(mac.Sum(nil))
}

// List returns all agents in the order of the configuration.
func (d *Directory) List() []chat.AgentInfo { return d.list }
