package whoami

import (
	"slices"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/chat"
)

// Parse reads the path and the block of probe.
func (p *Config) Parse(w *config.Block) error {
	if !w.NextArg() {
		return w.Err("probe needs the path of the application's answer to who is signed in, such as: probe /api/me { … }")
	}
	p.Path = w.Val()
	if err := w.At(checkPath(p.Path)); err != nil {
		return err
	}
	if err := w.End("probe"); err != nil {
		return err
	}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if w.Val() == "field" {
			if err := p.parseField(w); err != nil {
				return err
			}
			continue
		}
		i := slices.Index(chat.ProfileFieldNames(), w.Val())
		if i < 0 {
			return w.Unknown(append(slices.Sorted(slices.Values(chat.ProfileFieldNames())), "field")...)
		}
		into := p.value(chat.ProfileField(i))
		if err := w.Once(); err != nil {
			return err
		}
		if err := w.One(into); err != nil {
			return err
		}
		if _, err := parseJSONPath(*into); err != nil {
			return w.At(err)
		}
	}
	return w.At(p.Provision())
}

func (p *Config) parseField(w *config.Block) error {
	args := w.RemainingArgs()
	if len(args) != 2 {
		return w.Err("field needs a name and a path in the answer, such as: field plan .account.plan")
	}
	if _, twice := p.Fields[args[0]]; twice {
		return w.Errf("duplicate field %s; once is enough", args[0])
	}
	if _, err := parseJSONPath(args[1]); err != nil {
		return w.At(err)
	}
	if p.Fields == nil {
		p.Fields = map[string]string{}
	}
	p.Fields[args[0]] = args[1]
	return nil
}
