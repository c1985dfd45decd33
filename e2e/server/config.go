package server

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard" // what a stock Caddy has

	_ "github.com/parley-chat/parley/caddymodule" // and the chat
)

// adapt turns a Caddyfile into the JSON that Caddy loads, kept within dir: no
// admin endpoint, certificates and autosave out of the user's directories, and
// the log in a file that a test can read.
func adapt(caddyfile, dir string) ([]byte, error) {
	adapted, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return nil, fmt.Errorf("adapting the Caddyfile: %w", err)
	}
	for _, w := range warnings {
		if w.Message != "Caddyfile input is not formatted; run 'caddy fmt --overwrite' to fix inconsistencies" {
			return nil, fmt.Errorf("adapting the Caddyfile: warning: %s", w)
		}
	}

	var config map[string]any
	if err := json.Unmarshal(adapted, &config); err != nil {
		return nil, fmt.Errorf("reading the adapted Caddyfile: %w", err)
	}
	config["admin"] = map[string]any{"disabled": true, "config": map[string]any{"persist": false}}
	config["storage"] = map[string]any{"module": "file_system", "root": filepath.Join(dir, "caddy")}
	log := map[string]any{
		"writer":  map[string]any{"output": "file", "filename": filepath.Join(dir, "caddy.log"), "roll": false},
		"encoder": map[string]any{"format": "json"},
	}
	config["logging"] = map[string]any{"logs": map[string]any{"default": log}}
	return json.Marshal(config)
}
