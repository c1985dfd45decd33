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
	text, unreadable := os.ReadFile(w.File())
	if unreadable != nil {
		return err // it came by another way than as a file
	}
	lines := strings.Split(string(text), "\n")
	if w.Line() < 1 || w.Line() > len(lines) {
		return err
	}
	for _, found := range inFile.FindAllStringSubmatch(lines[w.Line()-1], -1) {
		if found[2] == "" && os.Getenv(found[1]) == "" {
			return fmt.Errorf("%w (%s: the environment variable %s is not set, or empty)", err, found[0], found[1])
		}
	}
	return err
}
