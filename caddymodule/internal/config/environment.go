package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// ofEnvironment is a placeholder of an environment variable, which Caddy reads when
// it loads a configuration; inFile is one that a Caddyfile takes as it is parsed.
var (
	ofEnvironment = regexp.MustCompile(`\{env\.([^{}]+)\}`)
	inFile        = regexp.MustCompile(`\{\$([^{}:]+)(:[^{}]*)?\}`)
)

// ofCaddy is a placeholder as Caddy has them; alone is any that is the whole value,
// such as a misspelt one.
var (
	ofCaddy = regexp.MustCompile(`\{(?:(?:env|file|http|vars|system|time)\.|\$)[^{}]*\}`)
	alone   = regexp.MustCompile(`^\{[a-z_]+\.[^{}]*\}$`)
)

// Required is Resolve for what must not be empty: it says which variable is not set.
// A placeholder of Caddy's that has no value is an error, or its name would be the
// value, such as a key. Other braces are part of the value.
func Required(value string) (string, error) {
	for _, found := range ofEnvironment.FindAllStringSubmatch(value, -1) {
		if os.Getenv(found[1]) == "" {
			return "", fmt.Errorf("%s: the environment variable %s is not set, or empty", found[0], found[1])
		}
	}
	for _, found := range append(ofCaddy.FindAllString(value, -1), alone.FindAllString(value, -1)...) {
		if _, err := caddy.NewReplacer().ReplaceOrErr(found, true, true); err != nil {
			return "", err
		}
	}
	return Resolve(value), nil
}

// Errf is Dispenser.Errf. All errors of a Block name the variables that a line of the
// Caddyfile takes from the environment and that are not there: nothing is left of
// them once the file is read.
func (w *Block) Errf(format string, args ...any) error {
	return w.explain(w.Dispenser.Errf(format, args...))
}

// Err is Dispenser.Err, with what Errf adds.
func (w *Block) Err(text string) error { return w.explain(w.Dispenser.Err(text)) }

// ArgErr is Dispenser.ArgErr, with what Errf adds.
func (w *Block) ArgErr() error { return w.explain(w.Dispenser.ArgErr()) }

// WrapErr is Dispenser.WrapErr, with what Errf adds.
func (w *Block) WrapErr(err error) error { return w.explain(w.Dispenser.WrapErr(err)) }

func (w *Block) explain(err error) error {
	if found := w.unset(); found != nil {
		return fmt.Errorf("%w (%s: the environment variable %s is not set, or empty)", err, found[0], found[1])
	}
	return err
}

// Optional refuses a line whose optional value is not there since it is taken from
// an environment variable that is not set: what is meant is more than the default.
func (w *Block) Optional() error {
	found := w.unset()
	if found == nil {
		return nil
	}
	return w.Dispenser.Errf("%s: the environment variable %s is not set, or empty; leave it out if that is meant", found[0], found[1])
}

// unset finds the first variable of the current line that is not there: how it is
// written, and its name.
func (w *Block) unset() []string {
	text, unreadable := os.ReadFile(w.File())
	if unreadable != nil {
		return nil // it came by another way than as a file
	}
	lines := strings.Split(string(text), "\n")
	if w.Line() < 1 || w.Line() > len(lines) {
		return nil
	}
	line, _, _ := strings.Cut(lines[w.Line()-1], " #")
	for _, found := range inFile.FindAllStringSubmatch(line, -1) {
		if found[2] == "" && os.Getenv(found[1]) == "" {
			return found
		}
	}
	return nil
}
