package caddymodule

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// parseConsole reads the directive:
//
//	chat_console [<matcher>] {
//		path <prefix>
//	}
func parseConsole(h httpcaddyfile.Helper, everywhere bool) (caddyhttp.MiddlewareHandler, error) {
	c := new(Console)
	w := &config.Block{Dispenser: h.Dispenser}
	h.Next() // the directive's name
	if h.NextArg() {
		return nil, h.ArgErr()
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
	if !everywhere {
		return c, nil
	}
	return c, claimPath(h, "chat_console", c.Path)
}

// claim is a path that a directive without a matcher wants for itself. An
// empty one is the whole path space.
type claim struct {
	directive, path string
	// level tells a block from those within it.
	level uintptr
}

// claimPath refuses a path that another directive of the same block, or of one
// around it, has claimed.
func claimPath(h httpcaddyfile.Helper, directive, path string) error {
	block := siteBlock(h)
	if block == "" {
		return nil
	}
	key := "parley.claims " + block
	claims, _ := h.BlockState[key].([]claim)
	level := reflect.ValueOf(h.BlockState).Pointer()
	for _, c := range claims {
		clash := c.path == "" || path == "" || config.Nested(c.path, path)
		if clash && c.directive != directive {
			return h.WrapErr(errConsoleClash)
		}
		if clash && c.level == level { // handle_errors, for one, may have its own
			return h.Errf("duplicate %s for the same paths; once is enough, or give each a path of its own", directive)
		}
	}
	h.BlockState[key] = append(slices.Clone(claims), claim{directive, path, level})
	return nil
}

// siteBlock tells the site blocks of a Caddyfile apart, by where the first
// address of the block stands. Caddy has no exported way to ask: BlockState is
// one map for the top level of all of them. Where a Caddy has another private
// field, it is empty, and nothing is refused.
func siteBlock(h httpcaddyfile.Helper) string {
	keys := reflect.ValueOf(h).FieldByName("parentBlock").FieldByName("Keys")
	if !keys.IsValid() || keys.Len() == 0 {
		return ""
	}
	first := keys.Index(0)
	return fmt.Sprint(first.FieldByName("File"), ":", first.FieldByName("Line"))
}
