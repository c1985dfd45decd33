package caddytest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
)

// Validate does what `parley validate` does, and returns what it says.
func Validate(t *testing.T, caddyfile string) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte(caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	config, _, _, err := caddycmd.LoadConfig(file, "caddyfile")
	if err != nil {
		return err
	}
	parsed := new(caddy.Config)
	if err := caddy.StrictUnmarshalJSON(config, parsed); err != nil {
		return err
	}
	return caddy.Validate(parsed)
}
