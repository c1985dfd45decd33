package csp

import (
	"net/http"
	"slices"
	"strings"
)

// Planner plans for one response.
type Planner struct {
	// NeedsIntegrity says, after Edit, that the script's element needs its
	// integrity attribute.
	NeedsIntegrity bool
	// Blocked says, after Edit, that a change was needed which can't be made.
	Blocked bool

	target
	script *Script
	nonce  string // of the script's element, empty for none
}

// For returns the Planner of an answer to r, whose element for the script gets
// the nonce, if that is not empty.
func (s *Script) For(r *http.Request, nonce string) Planner {
	return Planner{target: newTarget(r, s.Prefix), script: s, nonce: nonce}
}

// Edit returns the edited header values, or nil where nothing changes.
func (p *Planner) Edit(values []string) []string {
	var out []string
	for i, v := range values {
		e := p.editValue(v)
		if e == v {
			continue
		}
		if out == nil {
			out = append(make([]string, 0, len(values)), values...)
		}
		out[i] = e
	}
	return out
}

// change replaces v[lo:hi].
type change struct {
	lo, hi int
	text   string
}

func (p *Planner) editValue(v string) string {
	var b strings.Builder
	done := 0
	for lo := 0; lo <= len(v); {
		var pol policy
		pol, lo = parsePolicy(v, lo)
		var changes [5]change
		for _, c := range p.changes(changes[:0], v, &pol) {
			b.WriteString(v[done:c.lo])
			b.WriteString(c.text)
			done = c.hi
		}
	}
	if done == 0 {
		return v
	}
	b.WriteString(v[done:])
	return b.String()
}

// changes lists what one policy needs, in the order of the text.
func (p *Planner) changes(out []change, v string, pol *policy) []change {
	var added []string // new directives
	add := func(list string, dir, name int, want ...string) {
		if p.host == "" && len(want) > 0 && strings.Contains(want[0], "://") {
			p.Blocked = true
			return
		}
		if dir == dirDefault {
			// A list of its own, so that nothing else becomes wider.
			text := dirNames[name]
			for tok, rest := nextSource(list); tok != ""; tok, rest = nextSource(rest) {
				if counts(tok, name) {
					text += " " + tok
				}
			}
			added = append(added, text+" "+strings.Join(want, " "))
			return
		}
		s := pol.dirs[dir]
		text := " " + strings.Join(want, " ")
		switch {
		case strings.EqualFold(list, "'none'"):
			out = append(out, change{s.lo, s.hi, text[1:]})
		default:
			out = append(out, change{s.hi, s.hi, text})
		}
	}
	if list, dir, ok := pol.scripts(v); ok {
		switch s := p.read(list, p.nonce, p.script.Integrity); {
		case s.strict && s.nonce, !s.strict && s.http:
		case !s.strict:
			add(list, dir, dirScriptElem, p.source("http"))
		case p.script.Integrity == "":
			p.Blocked = true
		default:
			p.NeedsIntegrity = true
			if !s.hash {
				add(list, dir, dirScriptElem, "'"+p.script.Integrity+"'")
			}
		}
	}
	if list, dir, ok := pol.connections(v); ok {
		switch s := p.read(list, "", ""); {
		case !s.http && !s.ws:
			add(list, dir, dirConnect, p.source("http"), p.source("ws"))
		case !s.http:
			add(list, dir, dirConnect, p.source("http"))
		case !s.ws:
			add(list, dir, dirConnect, p.source("ws"))
		}
	}
	if list, dir, ok := pol.images(v); ok && p.script.Images && !p.read(list, "", "").http {
		add(list, dir, dirImage, p.source("http"))
	}
	if list, ok := pol.value(v, dirTrustedTypes); ok && p.script.TrustedTypes != "" {
		if !slices.Contains(strings.Fields(list), p.script.TrustedTypes) && !hasSource(list, "*") {
			add(list, dirTrustedTypes, dirTrustedTypes, p.script.TrustedTypes)
		}
	}
	for i := 1; i < len(out); i++ {
		for j := i; j > 0 && out[j].lo < out[j-1].lo; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	if len(added) > 0 {
		text := "; " + strings.Join(added, "; ")
		if v[pol.end-1] == ';' {
			text = text[1:]
		}
		out = append(out, change{pol.end, pol.end, text})
	}
	return out
}

// counts reports whether a source of default-src goes into the list that is
// made of it for directive name.
func counts(tok string, name int) bool {
	if tok[0] != '\'' || strings.EqualFold(tok, "'self'") {
		return true
	}
	return name == dirScriptElem && !strings.EqualFold(tok, "'none'")
}

// hasSource reports whether a list has the token, whatever the case.
func hasSource(list, want string) bool {
	for tok, rest := nextSource(list); tok != ""; tok, rest = nextSource(rest) {
		if strings.EqualFold(tok, want) {
			return true
		}
	}
	return false
}

// Allows reports whether the script runs under policies that can't be edited.
// A script with a nonce can hand it on to those that it loads.
func (p *Planner) Allows(values []string) bool {
	for _, v := range values {
		for lo := 0; lo <= len(v); {
			var pol policy
			pol, lo = parsePolicy(v, lo)
			if list, _, ok := pol.scripts(v); ok {
				s := p.read(list, p.nonce, "")
				if !s.nonce && (s.strict || !s.http) {
					return false
				}
			}
			if list, _, ok := pol.connections(v); ok && !p.read(list, "", "").http {
				return false
			}
		}
	}
	return true
}
