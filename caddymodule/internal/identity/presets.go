package identity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// preset is where one product says who is signed in.
type preset struct {
	id, email, firstname, labels string
	// separator is what stands between labels, if that is not a comma.
	separator string
	// set tells an operator how the product has to be set up for it.
	setUp string
}

const (
	behindForwardAuth = "put forward_auth in front of the application, and say `trust forward_auth`"
	behindProxy       = "name the proxy, which must set or delete these fields on every request, in the server's trusted_proxies, and say `trust trusted_proxies`"
)

// presets are the products known by name, and the fields that they send.
var presets = map[string]preset{
	// With --set-xauthrequest.
	"oauth2_proxy": {id: sent("X-Auth-Request-User"), email: sent("X-Auth-Request-Email"),
		firstname: sent("X-Auth-Request-Preferred-Username"), labels: sent("X-Auth-Request-Groups"), setUp: behindForwardAuth},
	"authelia": {id: sent("Remote-User"), email: sent("Remote-Email"),
		firstname: sent("Remote-Name"), labels: sent("Remote-Groups"), setUp: behindForwardAuth},
	"authentik": {id: sent("X-Authentik-Uid"), email: sent("X-Authentik-Email"),
		firstname: sent("X-Authentik-Name"), labels: sent("X-Authentik-Groups"), separator: "|", setUp: behindForwardAuth},
	// With pass_identity_headers, and sub, email, name and groups in jwt_claims_headers.
	"pomerium": {id: sent("X-Pomerium-Claim-Sub"), email: sent("X-Pomerium-Claim-Email"),
		firstname: sent("X-Pomerium-Claim-Name"), labels: sent("X-Pomerium-Claim-Groups"), setUp: behindProxy},
	"cloudflare_access": {email: sent("Cf-Access-Authenticated-User-Email"), setUp: behindProxy},
	"tailscale":         {email: sent("Tailscale-User-Login"), firstname: sent("Tailscale-User-Name"), setUp: behindProxy},
	"discourse":         {id: "X-Discourse-Username"},
	"basic_auth":        {id: "{http.auth.user.id}"},
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
		return full, fmt.Errorf("identity %q is not known: it is one of %s, or left out",
			id.Preset, strings.Join(slices.Sorted(maps.Keys(presets)), ", "))
	}
	fill := func(value *string, by string) {
		if *value == "" {
			*value = by
		}
	}
	// An id or an e-mail address alone that the operator has chosen stays alone.
	if id.ID == "" && id.Email == "" {
		full.ID, full.Email = p.id, p.email
	}
	fill(&full.Firstname, p.firstname)
	if full.Labels == "" {
		full.Labels, full.separator = p.labels, p.separator
	}
	return full, nil
}
