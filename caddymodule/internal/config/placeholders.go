package config

import (
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// Resolve replaces placeholders such as {env.NAME} in a configured value.
func Resolve(value string) string {
	if !strings.Contains(value, "{") {
		return value
	}
	return caddy.NewReplacer().ReplaceKnown(value, "")
}
