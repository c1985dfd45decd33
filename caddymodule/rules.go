package caddymodule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/caddymodule/internal/identity"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/widget"
)

// A Rule has the chat speak first: where all of its conditions hold, it shows a
// message beside the chat's button, or opens the chat; at most once in a browser
// session, and never while the chat is open or a conversation goes on.
type Rule struct {
	// What scripts of the page and agents call it: lower-case letters, digits, -
	// and _.
	Name string `json:"name"`

	// Path patterns, one of which the page's path matches. * at the beginning or
	// end stands for anything, within for anything but a slash. Case and a slash
	// at the end don't count. The default is all pages.
	Path []string `json:"path,omitempty"`

	// How long the visitor has looked at the page, at least.
	Time caddy.Duration `json:"time,omitempty"`

	// How many pages the visitor has seen in this browser session, this one
	// included, at least.
	Visits int `json:"visits,omitempty"`

	// Further fields of who is signed in, by name, each with the values that it
	// may have.
	Fields map[string][]string `json:"fields,omitempty"`

	// Labels, one of which who is signed in has.
	Labels []string `json:"labels,omitempty"`

	// How far down the visitor has seen of the page, at least, in percent.
	Scroll int `json:"scroll,omitempty"`

	// The mouse leaves the page over its upper edge.
	Exit bool `json:"exit,omitempty"`

	// Languages, one of which the chat speaks to this visitor.
	Languages []string `json:"languages,omitempty"`

	// The visitor comes back, half an hour after they wrote or later, and nobody
	// has answered.
	Unanswered bool `json:"unanswered,omitempty"`

	// The message to show. {firstname}, {lastname} and {email} stand for what is
	// known of who is signed in. Whoever opens the chat by it finds it there in
	// place of the greeting.
	Show string `json:"show,omitempty"`

	// Whether to open the chat instead. Not on screens where it covers the page.
	Open bool `json:"open,omitempty"`

	// Whether never to do so again in a browser whose visitor has clicked or
	// closed it.
	Once bool `json:"once,omitempty"`

	// How long not to do so again in a browser whose visitor has clicked or closed
	// it.
	Every caddy.Duration `json:"every,omitempty"`
}

// Bounds of rules: each page of the site brings them along.
const (
	maxRules  = 50
	maxVisits = 1000
	// forEver is how long not to show again what is shown once.
	forEver = 100 * 365 * 24 * time.Hour
)

var (
	ruleName    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)
	errIdleRule = errors.New(`it does nothing; write what it shows, such as: show "Can we help?"; or: open`)
)

// checkRules checks what a site's rules say, each by itself and beside the others.
func checkRules(rules []Rule) error {
	if len(rules) > maxRules {
		return fmt.Errorf("%d rules are too many (want at most %d): each page brings them along", len(rules), maxRules)
	}
	for i := range rules {
		r := &rules[i]
		if slices.ContainsFunc(rules[:i], func(other Rule) bool { return other.Name == r.Name }) {
			return fmt.Errorf("duplicate rule %s", r.Name)
		}
		if err := errors.Join(r.check(), r.complete()); err != nil {
			return err
		}
	}
	return nil
}

// check checks each word of a rule that is there.
func (r *Rule) check() error {
	if !ruleName.MatchString(r.Name) {
		return fmt.Errorf("%q is no name for a rule: use 1 to 32 lower-case letters, digits, - and _, beginning with a letter or digit", r.Name)
	}
	for _, p := range r.Path {
		if !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "*") || strings.ContainsAny(p, `?[]{}\#`) {
			return r.errorf("invalid path pattern %q (want it to begin with / or *; * is its only wildcard)", p)
		}
	}
	for _, language := range r.Languages {
		if languages := widget.Languages(); !slices.Contains(languages, language) {
			return r.errorf("unknown language %q (want one of: %s)", language, strings.Join(languages, ", "))
		}
	}
	switch {
	case r.Visits < 0 || r.Visits > maxVisits:
		return r.errorf("visits counts pages: write a number from 1 to %d", maxVisits)
	case r.Scroll < 0 || r.Scroll > 100:
		return r.errorf("scroll is a part of the page: write one from 1%% to 100%%")
	case r.Time < 0 || r.Every < 0:
		return r.errorf("time and every can't be below zero")
	case r.Once && r.Every != 0:
		return r.errorf("once and every exclude each other: leave one out")
	case r.Open && r.Show != "":
		return r.errorf("show and open exclude each other: leave one out")
	case utf8.RuneCountInString(r.Show) > maxGreeting:
		return r.errorf("what it shows is longer than %d characters", maxGreeting)
	}
	for _, found := range textPlaceholder.FindAllString(r.Show, -1) {
		if known := widget.Placeholders("greeting"); !slices.Contains(known, found) {
			return r.errorf("unknown placeholder %s (want one of: %s)", found, strings.Join(known, ", "))
		}
	}
	return nil
}

// complete checks that a rule does something.
func (r *Rule) complete() error {
	if !r.Open && strings.TrimSpace(r.Show) == "" {
		return r.errorf("%w", errIdleRule)
	}
	return nil
}

// checkFields checks that there is who could have what a rule asks of them.
func (r *Rule) checkFields(id *identity.Config) error {
	if !r.isPersonal() {
		return nil
	}
	if id == nil {
		return r.errorf("field and label are of who is signed in, and this chat has no identity")
	}
	if id.Token != nil {
		return nil // it names its fields itself
	}
	for name := range r.Fields {
		_, known := id.Fields[name]
		if id.Probe != nil && !known {
			_, known = id.Probe.Fields[name]
		}
		if !known {
			return r.errorf("identity has no field %q; write there where it comes from, such as: field %s X-User-%s", name, name, name)
		}
	}
	return nil
}

func (r *Rule) errorf(format string, args ...any) error {
	return fmt.Errorf("rule %s: %w", r.Name, fmt.Errorf(format, args...))
}

// isPersonal says whether the rule asks for something that only the server knows.
func (r *Rule) isPersonal() bool { return len(r.Fields) > 0 || len(r.Labels) > 0 }

// holdsFor says whether someone has what the rule asks of them.
func (r *Rule) holdsFor(p chat.Profile) bool {
	for name, values := range r.Fields {
		if !slices.Contains(values, p.Fields[name]) {
			return false
		}
	}
	return len(r.Labels) == 0 || slices.ContainsFunc(r.Labels, func(label string) bool { return slices.Contains(p.Labels, label) })
}

// personalRules returns the names of the rules that ask something of a person
// which this one has; nil where no rule asks for anything.
func personalRules(rules []Rule) func(chat.Profile) []string {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return !r.isPersonal() })
	if len(rules) == 0 {
		return nil
	}
	return func(p chat.Profile) []string {
		var names []string
		for i := range rules {
			if rules[i].holdsFor(p) {
				names = append(names, rules[i].Name)
			}
		}
		return names
	}
}

// A sentRule is what the script in the page knows of a rule. What it asks of a
// person stays here: every visitor can read the script.
type sentRule struct {
	Name       string   `json:"name"`
	Paths      []string `json:"paths,omitempty"`
	Seconds    float64  `json:"time,omitempty"`
	Visits     int      `json:"visits,omitempty"`
	Scroll     int      `json:"scroll,omitempty"`
	Exit       bool     `json:"exit,omitempty"`
	Languages  []string `json:"languages,omitempty"`
	Unanswered bool     `json:"unanswered,omitempty"`
	Personal   bool     `json:"personal,omitempty"`
	Show       string   `json:"show,omitempty"`
	Pause      float64  `json:"pause,omitempty"` // seconds
}

// checkShown finds messages of which nothing is left once their placeholders are
// filled in: a rule without one would open the chat.
func checkShown(rules []Rule) error {
	for i := range rules {
		if r := &rules[i]; r.Show != "" && strings.TrimSpace(config.Resolve(r.Show)) == "" {
			return fmt.Errorf("rule %s: show %s says nothing; is the environment variable set?", r.Name, r.Show)
		}
	}
	return nil
}

// sent returns the rules as the script in the page knows them.
func sent(rules []Rule) []sentRule {
	all := make([]sentRule, len(rules))
	for i := range rules {
		r := &rules[i]
		pause := time.Duration(r.Every)
		if r.Once {
			pause = forEver
		}
		all[i] = sentRule{
			Name: r.Name, Paths: r.Path, Seconds: time.Duration(r.Time).Seconds(), Visits: r.Visits, Scroll: r.Scroll,
			Exit: r.Exit, Unanswered: r.Unanswered, Personal: r.isPersonal(), Show: config.Resolve(r.Show), Pause: pause.Seconds(),
		}
		for _, language := range r.Languages {
			all[i].Languages = append(all[i].Languages, widget.Code(language))
		}
	}
	return all
}
