package identity

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// signOutElsewhere are the presets whose products have no sign-out that passes this
// server, or none at all.
var signOutElsewhere = []string{"basic_auth", "cloudflare_access", "pomerium", "tailscale"}

// SignsOutElsewhere reports whether people can't be seen signing out. The
// configuration need not be provisioned.
func (id *Config) SignsOutElsewhere() bool { return slices.Contains(signOutElsewhere, id.Preset) }

// authenticated is what the placeholders begin with that an authentication
// directive sets, such as basic_auth.
const authenticated = "{http.auth.user."

// Authenticated returns the placeholder by which an authentication directive tells
// people apart, or an empty string where it is something else that does. The
// configuration need not be provisioned.
func (id *Config) Authenticated() string {
	full, err := id.withPreset()
	if err != nil {
		return ""
	}
	for _, value := range []*string{full.value(chat.FieldID), full.value(chat.FieldEmail)} {
		if strings.HasPrefix(*value, authenticated) {
			return *value
		}
	}
	return ""
}
