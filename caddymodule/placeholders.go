package caddymodule

import (
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// resolve replaces placeholders such as {env.NAME} in a configured value.
func resolve(value string) string {
	if !strings.Contains(value, "{") {
		return value
	}
	return caddy.NewReplacer().ReplaceKnown(value, "")
}
