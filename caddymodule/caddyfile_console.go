package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// parseConsole reads the directive:
//
//	chat_console [<matcher>] {
//		path <prefix>
//	}
func parseConsole(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	c := new(Console)
	w := &config.Block{Dispenser: h.Dispenser}
	h.Next() // the directive's name
	c.Source = config.Source(h.Dispenser)
	if h.NextArg() {
		return nil, w.ArgErr()
	}
	for h.NextBlock(0) {
		if err := w.Once(); err != nil {
			return nil, err
		}
		if h.Val() != "path" {
			return nil, w.Unknown("path")
		}
		if err := w.One(&c.Path); err != nil {
			return nil, err
		}
		if err := config.CheckPrefix(c.Path); err != nil {
			return nil, w.At(err)
		}
	}
	return c, nil
}
