package caddymodule

import "github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

// parse reads the block of widget: title, greeting, color, position.
func (wd *Widget) parse(d *caddyfile.Dispenser) error {
	w := &words{Dispenser: d}
	if d.NextArg() {
		return w.Errf("widget takes a block and no %q", d.Val())
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := w.once(); err != nil {
			return err
		}
		into := map[string]*string{"title": &wd.Title, "greeting": &wd.Greeting,
			"color": &wd.Color, "position": &wd.Position}[w.Val()]
		if into == nil {
			return w.unknown("title", "greeting", "color", "position")
		}
		if err := w.one(into); err != nil {
			return err
		}
		if err := wd.check(); err != nil {
			return w.at(err)
		}
	}
	return nil
}
