package identity

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// preset is where one product says who is signed in.
type preset struct {
	sources map[chat.ProfileField]string
	// labels is how labels are joined, if not by commas.
	labels LabelFormat
	// decode is how values are encoded.
	decode map[chat.ProfileField]string
	// setUp tells an operator how the product has to be set up for it.
	setUp string
}

const (
	behindForwardAuth = "put forward_auth in front of the application, and say `trust forward_auth`"
	behindProxy       = "name the proxy, which must set or delete these fields on every request, in the server's trusted_proxies, and say `trust trusted_proxies`"
)

// presets are the products known by name, and the fields that they send.
var presets = map[string]preset{
	// With --set-xauthrequest.
	"oauth2_proxy": {sources: map[chat.ProfileField]string{
		chat.FieldID:        sent("X-Auth-Request-User"),
		chat.FieldEmail:     sent("X-Auth-Request-Email"),
		chat.FieldFirstname: sent("X-Auth-Request-Preferred-Username"),
		chat.FieldLabels:    sent("X-Auth-Request-Groups"),
	}, setUp: behindForwardAuth},
	"authelia": {sources: map[chat.ProfileField]string{
		chat.FieldID:        sent("Remote-User"),
		chat.FieldEmail:     sent("Remote-Email"),
		chat.FieldFirstname: sent("Remote-Name"),
		chat.FieldLabels:    sent("Remote-Groups"),
	}, setUp: behindForwardAuth},
	"authentik": {sources: map[chat.ProfileField]string{
		chat.FieldID:        sent("X-Authentik-Uid"),
		chat.FieldEmail:     sent("X-Authentik-Email"),
		chat.FieldFirstname: sent("X-Authentik-Name"),
		chat.FieldLabels:    sent("X-Authentik-Groups"),
		// Its documentation has a mapping that encodes what is not ASCII.
	}, labels: LabelFormat{Separator: "|"}, decode: map[chat.ProfileField]string{chat.FieldFirstname: decodePercent}, setUp: behindForwardAuth},
	// With pass_identity_headers, and sub, email, name and groups in jwt_claims_headers.
	"pomerium": {sources: map[chat.ProfileField]string{
		chat.FieldID:        sent("X-Pomerium-Claim-Sub"),
		chat.FieldEmail:     sent("X-Pomerium-Claim-Email"),
		chat.FieldFirstname: sent("X-Pomerium-Claim-Name"),
		chat.FieldLabels:    sent("X-Pomerium-Claim-Groups"),
	}, setUp: behindProxy},
	"cloudflare_access": {sources: map[chat.ProfileField]string{
		chat.FieldEmail: sent("Cf-Access-Authenticated-User-Email"),
	}, setUp: behindProxy},
	"tailscale": {sources: map[chat.ProfileField]string{
		chat.FieldEmail:     sent("Tailscale-User-Login"),
		chat.FieldFirstname: sent("Tailscale-User-Name"),
	}, setUp: behindProxy},
	"discourse": {sources: map[chat.ProfileField]string{
		chat.FieldID: "X-Discourse-Username",
	}},
	"basic_auth": {sources: map[chat.ProfileField]string{
		chat.FieldID: "{http.auth.user.id}",
	}},
}

// sent is the placeholder of a request header.
func sent(name string) string { return requestHeader + name + "}" }

// Advice says how the preset's product has to be set up.
func (id *Config) Advice() string {
	if p := presets[id.Preset]; p.setUp != "" {
		return ". For " + id.Preset + ": " + p.setUp
	}
	return ""
}

// withPreset returns the identity with what its preset fills in, where the
// operator has said nothing else.
func (id *Config) withPreset() (Config, error) {
	full := *id
	if id.Preset == "" {
		return full, nil
	}
	p, ok := presets[id.Preset]
	if !ok {
		return full, fmt.Errorf("unknown identity %q (want one of %s, or none)",
			id.Preset, strings.Join(slices.Sorted(maps.Keys(presets)), ", "))
	}
	// An id or an e-mail address alone that the operator has chosen stays alone.
	chosen := id.ID != "" || id.Email != ""
	for f, source := range p.sources {
		value := full.value(f)
		if *value != "" || chosen && f.Identifies() {
			continue
		}
		*value = source
		full.decode[f] = p.decode[f]
		if f == chat.FieldLabels {
			full.labels = p.labels
		}
	}
	return full, nil
}
