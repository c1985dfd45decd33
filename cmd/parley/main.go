// Command parley is Caddy with its standard modules and Parley.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/parley-chat/parley/caddymodule"
)

func main() {
	caddycmd.Main()
}
