package caddymodule

import "github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

func init() {
	httpcaddyfile.RegisterGlobalOption("chat", parseGlobal)
	registerChat()
	httpcaddyfile.RegisterHandlerDirective("chat_console", parseConsole)
	// Inside of encode, so that the page is seen before it is compressed. The
	// console's own pages never get a tag.
	httpcaddyfile.RegisterDirectiveOrder("chat", httpcaddyfile.After, "encode")
	httpcaddyfile.RegisterDirectiveOrder("chat_console", httpcaddyfile.After, "encode")
}
