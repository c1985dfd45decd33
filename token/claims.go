package token

import (
	"encoding/json"
	"maps"

	"github.com/parley-chat/parley/chat"
)

// claims are what a token says of its person: the keys of tag, or else the
// claims of OpenID Connect (Core, section 5.1).
type claims map[string]json.RawMessage

// openIDClaims are OpenID Connect's names for what tag calls by another name.
var openIDClaims = map[string]string{"sub": "id", "given_name": "firstname", "family_name": "lastname"}

func (v *Verifier) profile(c claims) (chat.Profile, error) {
	said := map[string]json.RawMessage{}
	for claim, key := range openIDClaims {
		if value, ok := c[claim]; ok {
			said[key] = value
		}
	}
	maps.Copy(said, c)
	maps.DeleteFunc(said, func(key string, _ json.RawMessage) bool { return !chat.IsTag(key) })
	// An address that the application itself has not verified identifies nobody.
	switch string(c["email_verified"]) {
	case "", "true", `"true"`:
	default:
		delete(said, "email")
	}
	data, err := json.Marshal(said)
	if err != nil {
		return chat.Profile{}, refused("reading its claims: %w", err)
	}
	patch, err := chat.ParseProfilePatch(data)
	if err != nil {
		return chat.Profile{}, refused("reading its claims: %w", err)
	}
	id, email, err := identifiers(said)
	if err != nil {
		return chat.Profile{}, err
	}
	p := patch.Apply(chat.Profile{})
	chat.FieldID.Set(&p, []string{id}, v.nobody)
	chat.FieldEmail.Set(&p, []string{email}, v.nobody)
	chat.FieldAgent.Set(&p, []string{p.Agent}, v.nobody)
	if p.ID == "" && p.Email == "" {
		return chat.Profile{}, refused("it identifies nobody: it needs id, sub or email")
	}
	return p, nil
}

// identifiers returns what tells people apart, whole: a patch cuts what is too
// long, and two long ids must not become one.
func identifiers(said map[string]json.RawMessage) (id, email string, err error) {
	for key, text := range map[string]*string{"id": &id, "email": &email} {
		value, ok := said[key]
		if !ok || string(value) == "null" {
			continue
		}
		if json.Unmarshal(value, text) == nil {
			continue
		}
		var number json.Number
		if err := json.Unmarshal(value, &number); err != nil {
			return "", "", refused("its %s is neither text nor number", key)
		}
		*text = number.String()
	}
	return id, email, nil
}
