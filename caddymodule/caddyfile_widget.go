package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// parse reads the block of widget: title, greeting, color, position.
func (wd *Widget) parse(d *caddyfile.Dispenser) error {
	w := &config.Block{Dispenser: d}
	if d.NextArg() {
		return w.Errf("widget takes a block and no %q", d.Val())
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := w.Once(); err != nil {
			return err
		}
		into := map[string]*string{"title": &wd.Title, "greeting": &wd.Greeting,
			"color": &wd.Color, "position": &wd.Position}[w.Val()]
		if into == nil {
			return w.Unknown("title", "greeting", "color", "position")
		}
		if err := w.One(into); err != nil {
			return err
		}
		if err := wd.check(); err != nil {
			return w.At(err)
		}
	}
	return nil
}
