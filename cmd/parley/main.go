// Command parley is Caddy with its standard modules and Parley.
package main

import (
	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/parley-chat/parley/caddymodule"
)

func main() {
	if caddy.CustomBinaryName == "" { // who builds it may have chosen another
		caddy.CustomBinaryName = "parley"
	}
	caddycmd.Main()
}
