package caddymodule

import (
	"errors"

	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("chat", parseGlobal)
	httpcaddyfile.RegisterDirective("chat", withMatcher(parseChat))
	httpcaddyfile.RegisterDirective("chat_console", withMatcher(parseConsole))
	// Inside of encode, so that the page is seen before it is compressed. The
	// console's own pages never get a tag.
	httpcaddyfile.RegisterDirectiveOrder("chat", httpcaddyfile.After, "encode")
	httpcaddyfile.RegisterDirectiveOrder("chat_console", httpcaddyfile.After, "encode")
}

// withMatcher reads the optional matcher of a directive, as all handler
// directives have one, and tells the parser whether there was none.
func withMatcher(parse func(h httpcaddyfile.Helper, everywhere bool) (caddyhttp.MiddlewareHandler, error)) httpcaddyfile.UnmarshalFunc {
	return func(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
		if !h.Next() {
			return nil, h.ArgErr()
		}
		matcher, err := h.ExtractMatcherSet()
		if err != nil {
			return nil, err
		}
		handler, err := parse(h, matcher == nil)
		if err != nil {
			return nil, err
		}
		return h.NewRoute(matcher, handler), nil
	}
}

// errConsoleClash is what two directives that want the same paths are told.
var errConsoleClash = errors.New("the paths of chat and chat_console must not lie within each other; " +
	"give the console a path of its own (chat_console { path /desk }) or, better, a host of its own")
