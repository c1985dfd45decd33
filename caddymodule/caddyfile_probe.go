package caddymodule

import (
	"maps"
	"slices"
)

// parse reads the path and the block of probe.
func (p *Probe) parse(w *words) error {
	if !w.NextArg() {
		return w.Err("probe needs the path of the application's answer to who is signed in, such as: probe /api/me { … }")
	}
	p.Path = w.Val()
	if err := w.at(checkProbePath(p.Path)); err != nil {
		return err
	}
	if err := w.end("probe"); err != nil {
		return err
	}
	texts := p.texts()
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if w.Val() == "field" {
			if err := p.parseField(w); err != nil {
				return err
			}
			continue
		}
		into := texts[w.Val()]
		if into == nil {
			return w.unknown(append(slices.Sorted(maps.Keys(texts)), "field")...)
		}
		if err := w.once(); err != nil {
			return err
		}
		if err := w.one(into); err != nil {
			return err
		}
		if _, err := parseJSONPath(*into); err != nil {
			return w.at(err)
		}
	}
	return w.at(p.provision())
}

func (p *Probe) parseField(w *words) error {
	args := w.RemainingArgs()
	if len(args) != 2 {
		return w.Err("field needs a name and a path in the answer, such as: field plan .account.plan")
	}
	if _, twice := p.Fields[args[0]]; twice {
		return w.Errf("field %s is given twice; once is enough", args[0])
	}
	if _, err := parseJSONPath(args[1]); err != nil {
		return w.at(err)
	}
	if p.Fields == nil {
		p.Fields = map[string]string{}
	}
	p.Fields[args[0]] = args[1]
	return nil
}
