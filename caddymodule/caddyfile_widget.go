package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// widgetWords are those of the block of widget.
var widgetWords = []string{
	"title", "greeting", "color", "position", "offset", "launcher", "icon", "label", "logo", "picture", "scheme",
	"rating", "reply_time", "pre_chat_form", "offline_form", "quick_replies", "rule",
}

// parse reads the block of widget:
//
//	widget {
//		title    <text>
//		greeting <text>
//		color    <#rrggbb>
//		position right|left
//		offset   <x> <y>
//		launcher bubble|pill|tab
//		icon     chat|dots|question|mail|<file>
//		label    <text>
//		logo     <file>|<address>
//		picture  <file>|<address>
//		scheme   auto|light|dark
//		rating   off
//		reply_time off
//	}
//
// rule, and what parseForms reads.
func (wd *Widget) parse(d *caddyfile.Dispenser) error {
	w := &config.Block{Dispenser: d}
	if d.NextArg() {
		return w.Errf("widget takes a block and no %q", d.Val())
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if w.Val() == "rule" { // may repeat
			if err := wd.parseRule(w); err != nil {
				return err
			}
			continue
		}
		if err := w.Once(); err != nil {
			return err
		}
		into := map[string]*string{"title": &wd.Title, "greeting": &wd.Greeting,
			"color": &wd.Color, "position": &wd.Position, "launcher": &wd.Launcher, "icon": &wd.Icon,
			"label": &wd.Label, "logo": &wd.Logo, "picture": &wd.Picture, "scheme": &wd.Scheme, "rating": &wd.Rating,
			"reply_time": &wd.ReplyTime}[w.Val()]
		var err error
		switch word := w.Val(); {
		case into != nil:
			err = w.One(into)
		case word == "offset":
			err = wd.parseOffset(w)
		case word == "pre_chat_form" || word == "offline_form" || word == "quick_replies":
			err = wd.parseForms(w)
		default:
			err = w.Unknown(widgetWords...)
		}
		if err != nil {
			return err
		}
		if err := wd.check(); err != nil {
			return w.At(err)
		}
	}
	return nil
}

func (wd *Widget) parseOffset(w *config.Block) error {
	args := w.RemainingArgs()
	if len(args) != 2 {
		return w.Err("offset needs two lengths, from the side and from below, such as: offset 24px 24px")
	}
	wd.Offset = &Offset{X: args[0], Y: args[1]}
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
