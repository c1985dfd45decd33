package caddymodule

import (
	"strconv"
	"strings"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// ruleWords are those of a rule's block.
var ruleWords = []string{"path", "time", "visits", "field", "label", "scroll", "exit", "language", "unanswered", "show", "open", "once", "every"}

// parseRule reads a rule of widget:
//
//	rule <name> {
//		path     <path...>
//		time     <duration>
//		visits   <pages>
//		field    <name> <value...>
//		label    <label...>
//		scroll   <percent>
//		exit
//		language <language...>
//		unanswered
//		show     <text>   |   open
//		once   |   every <duration>
//	}
func (wd *Widget) parseRule(outer *config.Block) error {
	var r Rule
	if err := outer.One(&r.Name); err != nil {
		return err
	}
	if err := r.check(); err != nil {
		return outer.At(err)
	}
	w := &config.Block{Dispenser: outer.Dispenser}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if err := r.parseWord(w); err != nil {
			return err
		}
		// At once, so that the error has the line.
		if err := r.check(); err != nil {
			return w.At(err)
		}
	}
	wd.Rules = append(wd.Rules, r)
	return outer.At(checkRules(wd.Rules))
}

func (r *Rule) parseWord(w *config.Block) error {
	word := w.Val()
	if word != "field" { // of each name
		if err := w.Once(); err != nil {
			return err
		}
	}
	switch word {
	case "path":
		return w.Paths(&r.Path)
	case "time":
		return w.Duration(&r.Time)
	case "visits":
		return parseCount(w, &r.Visits, "", "a number of pages, such as 3")
	case "field":
		return r.parseField(w)
	case "label":
		return w.Some(&r.Labels)
	case "scroll":
		return parseCount(w, &r.Scroll, "%", "a part of the page, such as 60%")
	case "exit":
		return parseFlag(w, &r.Exit)
	case "language":
		return w.Some(&r.Languages)
	case "unanswered":
		return parseFlag(w, &r.Unanswered)
	case "show":
		if err := w.One(&r.Show); err != nil {
			return err
		}
		if strings.TrimSpace(r.Show) == "" {
			return w.Err("show needs a text that can be seen")
		}
		return nil
	case "open":
		return parseFlag(w, &r.Open)
	case "once":
		return parseFlag(w, &r.Once)
	case "every":
		return w.Duration(&r.Every)
	}
	return w.Unknown(ruleWords...)
}

func (r *Rule) parseField(w *config.Block) error {
	args := w.RemainingArgs()
	if len(args) < 2 {
		return w.Err("field needs a name and a value, such as: field plan pro; of several values any will do")
	}
	name := args[0]
	if _, twice := r.Fields[name]; twice {
		return w.Errf("duplicate field %s; write all of its values on one line", name)
	}
	if r.Fields == nil {
		r.Fields = map[string][]string{}
	}
	r.Fields[name] = args[1:]
	return nil
}

// parseFlag reads a word that takes nothing.
func parseFlag(w *config.Block, into *bool) error {
	*into = true
	return w.End(w.Val())
}

// parseCount reads a whole number above zero, which may have a unit.
func parseCount(w *config.Block, into *int, unit, want string) error {
	word := w.Val()
	var text string
	if err := w.One(&text); err != nil {
		return err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, unit))
	if err != nil || n <= 0 {
		return w.Errf("%s: invalid %q; write %s", word, text, want)
	}
	*into = n
	return nil
}
