package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// Block parses a block whose words may each be given once.
type Block struct {
	*caddyfile.Dispenser
	seen []string
}

// Source is where a directive stands, such as Caddyfile:47.
func Source(d *caddyfile.Dispenser) string { return fmt.Sprintf("%s:%d", d.File(), d.Line()) }

// Once refuses a word that was there before.
func (w *Block) Once() error {
	word := w.Val()
	if slices.Contains(w.seen, word) {
		return w.Errf("duplicate %s; once is enough", word)
	}
	w.seen = append(w.seen, word)
	return nil
}

// Unknown says which words there are.
func (w *Block) Unknown(known ...string) error {
	return w.Errf("unknown word %q (want one of: %s)", w.Val(), strings.Join(known, ", "))
}

// One reads the one argument of a word.
func (w *Block) One(into *string) error {
	word := w.Val()
	if !w.NextArg() {
		return w.Errf("%s needs a value", word)
	}
	*into = w.Val()
	return w.End(word)
}

// End makes sure that nothing follows on the line.
func (w *Block) End(word string) error {
	if w.NextArg() {
		return w.Errf("%s: %q is one value too many; put quotes around a text with spaces", word, w.Val())
	}
	return nil
}

// Some reads one argument or more.
func (w *Block) Some(into *[]string) error {
	word := w.Val()
	args := w.RemainingArgs()
	if len(args) == 0 {
		return w.Errf("%s needs at least one value", word)
	}
	*into = append(*into, args...)
	return nil
}

// Paths reads path patterns.
func (w *Block) Paths(into *[]string) error {
	word := w.Val()
	before := len(*into)
	if err := w.Some(into); err != nil {
		return err
	}
	for _, p := range (*into)[before:] {
		if !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "*") {
			return w.Errf("%s: invalid path pattern %q (want it to begin with / or *)", word, p)
		}
	}
	return nil
}

// Duration reads a time that must be above zero.
func (w *Block) Duration(into *caddy.Duration) error {
	word := w.Val()
	var text string
	if err := w.One(&text); err != nil {
		return err
	}
	d, err := caddy.ParseDuration(text)
	if err != nil || d <= 0 {
		return w.Errf("%s: invalid duration %q; write one such as 90m, 12h or 30d", word, text)
	}
	if d < time.Second {
		return w.Errf("%s: %s is too short to be meant; write one such as 90m, 12h or 30d", word, text)
	}
	*into = caddy.Duration(d)
	return nil
}

// At gives an error the file and line of the word.
func (w *Block) At(err error) error {
	if err == nil {
		return nil
	}
	return w.WrapErr(err)
}
