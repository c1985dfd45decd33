package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/chat"
)

// Config says where the proxy sees who is signed in. Each source is either
// the name of a response header of the application behind, or a placeholder
// such as {http.auth.user.id}. The headers named are taken out of every
// response before the browser sees it.
type Config struct {
	// A product whose names are filled in below where nothing else is said:
	// oauth2_proxy, authelia, authentik, pomerium, cloudflare_access,
	// tailscale, discourse or basic_auth. Those that send request headers need
	// trust as well.
	Preset string `json:"preset,omitempty"`

	// What tells people apart. With an id, an e-mail address alone only
	// confirms the person it was last seen with.
	ID string `json:"id,omitempty"`

	// The e-mail address; it tells people apart where there is no id.
	Email string `json:"email,omitempty"`

	// Names and gender, as agents are shown them.
	Firstname string `json:"firstname,omitempty"`
	Lastname  string `json:"lastname,omitempty"`
	Gender    string `json:"gender,omitempty"`

	// Labels, separated by commas or as label_format says.
	Labels string `json:"labels,omitempty"`

	// How labels are written, where it is not with commas alone. A preset knows
	// how its product writes them.
	LabelFormat *LabelFormat `json:"label_format,omitempty"`

	// The e-mail address of the agent who looks after this person: a new
	// conversation is assigned to them.
	Agent string `json:"agent,omitempty"`

	// Further fields to show agents, by name.
	Fields map[string]string `json:"fields,omitempty"`

	// How values are encoded, by the name of the field above; fields.plan is the
	// further field plan. percent: J%C3%BCrgen. form: likewise, with + for a
	// space. Encoded words (RFC 2047: =?utf-8?q?J=C3=BCrgen?=) and extended values
	// (RFC 8187: UTF-8''J%C3%BCrgen) are read everywhere but in id and email. An id
	// or e-mail address that can't be decoded names nobody. Labels are cut first and
	// decoded each by itself, so that an encoded separator belongs to its label.
	Decode map[string]string `json:"decode,omitempty"`

	// What a page without any of this means. With every_page, nobody is signed
	// in any more. With login, nothing: only a logout ends an identity. With
	// auto (the default) it is every_page once a page has named someone, and
	// login until then.
	Scope string `json:"scope,omitempty"`

	// How long an identity outlives its last evidence, or with scope login the
	// visitor's last contact. The default is 24h.
	TTL caddy.Duration `json:"ttl,omitempty"`

	// Who says what placeholders of request headers hold, since any client can
	// write them. forward_auth: an authentication gateway that this server asks
	// about each request. What counts is its own answer, wherever the handler
	// stands, and never the request. trusted_proxies: a proxy in front, which has
	// to set or delete each of them on every request. They count only where the
	// peer is one of the server's trusted proxies.
	Trust string `json:"trust,omitempty"`

	// Tokens by which pages show who is signed in. With them, id and email may
	// be left out.
	Token *Token `json:"token,omitempty"`

	// An endpoint of the application that tells who is signed in. With it, id
	// and email may be left out.
	Probe *whoami.Config `json:"probe,omitempty"`

	// Path patterns of pages that never tell who is signed in, such as static
	// documents: that they name no one means nothing.
	Public []string `json:"public,omitempty"`

	// Values that mean "no one", beyond those that always do: 0 - null
	// undefined false none anonymous guest.
	Nobody []string `json:"nobody,omitempty"`

	sources [chat.NumProfileFields]Source // by chat.ProfileField
	decode  [chat.NumProfileFields]string // likewise
	labels  LabelFormat
	fields  []namedSource // further fields
	asked   []Source      // of a gateway
	strip   []string
	// requestFields are the canonical names of the headers that count from a
	// trusted proxy.
	requestFields []string
}

// value returns where the configuration says the source of a field.
func (id *Config) value(f chat.ProfileField) *string {
	return [...]*string{
		chat.FieldID: &id.ID, chat.FieldEmail: &id.Email, chat.FieldFirstname: &id.Firstname, chat.FieldLastname: &id.Lastname,
		chat.FieldGender: &id.Gender, chat.FieldLabels: &id.Labels, chat.FieldAgent: &id.Agent,
	}[f]
}

// Provision reads the sources and checks the configuration.
func (id *Config) Provision() error {
	// The words come first: what is wrong with the sources may follow from a
	// misspelt one.
	if err := errors.Join(checkTrust(id.Trust), checkScope(id.Scope)); err != nil {
		return err
	}
	id.labels, id.decode = LabelFormat{}, [chat.NumProfileFields]string{}
	full, err := id.withPreset()
	if err != nil {
		return err
	}
	if err := full.provisionReading(); err != nil {
		return err
	}
	parse := func(word, value string) Source {
		s, e := parseSource(value)
		if e == nil {
			e = s.checkConstant(word == chat.FieldID.String() || word == chat.FieldEmail.String())
		}
		if e == nil {
			s, e = s.trusting(id.Trust, id.Advice())
		}
		if e != nil && err == nil {
			err = fmt.Errorf("%s: %w", word, e)
		}
		if s.header != "" && !slices.Contains(id.strip, s.header) {
			id.strip = append(id.strip, s.header)
		}
		return s
	}
	id.strip = nil
	for _, f := range chat.ProfileFields() {
		id.sources[f] = parse(f.String(), *full.value(f))
	}
	id.labels, id.decode = full.labels, full.decode
	id.fields = nil
	for name, value := range id.Fields {
		if chat.CleanLine(name) == "" {
			return fmt.Errorf("field: nothing can be seen of the name %q", name)
		}
		id.fields = append(id.fields, namedSource{name, parse("field "+name, value), id.Decode[decodeField+name]})
	}
	slices.SortFunc(id.fields, func(a, b namedSource) int { return strings.Compare(a.name, b.name) })
	id.requestFields = nil
	for _, s := range id.Sources() {
		if name, ok := s.requestField(); ok {
			id.requestFields = append(id.requestFields, name)
		}
	}
	id.asked = slices.DeleteFunc(id.Sources(), func(s Source) bool { return s.Field == "" })
	if err != nil {
		return err
	}
	return id.validate()
}

func (id *Config) validate() error {
	identified := id.HasIdentifier()
	if id.Token != nil {
		if err := id.Token.check(); err != nil {
			return err
		}
		if !identified && id.Probe == nil && chat.Scope(id.Scope) == chat.ScopeEveryPage {
			return fmt.Errorf("scope every_page needs id, email or probe: no page would ever name who is signed in")
		}
	}
	if id.Probe != nil {
		if err := id.Probe.Provision(); err != nil {
			return err
		}
	}
	if !identified && id.Token == nil && id.Probe == nil {
		return fmt.Errorf("identity needs id, email, token or probe: without any nobody can be told from anybody")
	}
	return nil
}

// checkScope refuses a scope that isn't one. It may be left out.
func checkScope(scope string) error {
	switch chat.Scope(scope) {
	case "", chat.ScopeAuto, chat.ScopeEveryPage, chat.ScopeLogin:
		return nil
	}
	return fmt.Errorf("unknown scope %q (want auto, every_page or login)", scope)
}

// checkTrust refuses a word for trust that isn't one. It may be left out.
func checkTrust(trust string) error {
	switch trust {
	case "", TrustForwardAuth, TrustProxies:
		return nil
	}
	return fmt.Errorf("unknown trust %q (want forward_auth or trusted_proxies)", trust)
}

// HasID reports whether people have ids, and not only e-mail addresses.
func (id *Config) HasID() bool {
	return id.sources[chat.FieldID] != (Source{}) || id.Token != nil || id.Probe != nil && id.Probe.ID != ""
}

// HasLabels reports whether people may have labels.
func (id *Config) HasLabels() bool {
	return id.sources[chat.FieldLabels] != (Source{}) || id.Token != nil || id.Probe != nil && id.Probe.Labels != ""
}

// HasIdentifier reports whether responses carry what tells people apart.
func (id *Config) HasIdentifier() bool {
	return slices.ContainsFunc(id.identifiers(), func(s Source) bool { return s != (Source{}) })
}

// identifiers are the sources of what tells people apart.
func (id *Config) identifiers() []Source { return id.sources[chat.FieldID : chat.FieldEmail+1] }

// The words for trust.
const (
	TrustForwardAuth = "forward_auth"
	TrustProxies     = "trusted_proxies"
)

// Sources returns all sources. Those of what is not configured are empty.
func (id *Config) Sources() []Source {
	all := slices.Clone(id.sources[:])
	for _, f := range id.fields {
		all = append(all, f.Source)
	}
	return all
}

// Asked returns the sources that are fields of a gateway's answer.
func (id *Config) Asked() []Source { return id.asked }

// EvidenceFields returns the canonical names of the response header's fields that
// tell who is signed in.
func (id *Config) EvidenceFields() []string { return id.strip }

// IsEvidence reports whether a response header's field, by its canonical name,
// tells who is signed in.
func (id *Config) IsEvidence(name string) bool { return slices.Contains(id.strip, name) }
