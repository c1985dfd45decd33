package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// parse reads the block of widget: title, greeting, color, position,
// reply_time.
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
			"color": &wd.Color, "position": &wd.Position, "reply_time": &wd.ReplyTime}[w.Val()]
		if into == nil {
			return w.Unknown("title", "greeting", "color", "position", "reply_time")
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

// parseText reads a text of the site's own, for one language or for all.
func (hd *Handler) parseText(w *config.Block) error {
	args := w.RemainingArgs()
	switch len(args) {
	case 2:
		args = append([]string{allLanguages}, args...)
	case 3:
	default:
		return w.Err("text needs a name and a text, such as: text send \"Go\"; or a language, a name and a text, such as: text de send \"Los\"; put quotes around a text with spaces")
	}
	language, name, text := args[0], args[1], args[2]
	if err := checkText(language, name, text); err != nil {
		return w.At(err)
	}
	if _, twice := hd.Texts[language][name]; twice {
		return w.Errf("duplicate text %s; once for a language is enough", name)
	}
	if hd.Texts == nil {
		hd.Texts = Texts{}
	}
	if hd.Texts[language] == nil {
		hd.Texts[language] = map[string]string{}
	}
	hd.Texts[language][name] = text
	return nil
}
