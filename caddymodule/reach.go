package caddymodule

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// position is where a handler stands: behind which matchers of the routes around it.
type position struct {
	paths [][]string
	// hosts are those of the innermost route that is for certain ones; nil where
	// it may be any.
	hosts []string
	// rewritten: paths are others than those that arrived, and tell nothing.
	rewritten bool
}

// found is a chat or console, and where it stands.
type found struct {
	claim
	position
}

// unreachable finds a chat or console whose own requests never come to it, since
// it stands behind matchers for other paths: its pages would have a tag whose
// script is not found. For a chat it is enough if another one of the same path
// is there for them.
func unreachable(routes []jsonRoute) error {
	var all []found
	walk(routes, position{}, &all)
	for _, f := range all {
		if patterns := f.barrier(); patterns != nil && !slices.ContainsFunc(all, f.answeredBy) {
			return f.unreachable(patterns)
		}
	}
	return nil
}

// walk finds the chats and consoles in routes.
func walk(routes []jsonRoute, around position, all *[]found) {
	for i, route := range routes {
		here := around
		here.rewritten = around.rewritten || slices.ContainsFunc(routes[:i], func(before jsonRoute) bool {
			return before.rewritesFor(route)
		})
		if patterns := route.patterns(); patterns != nil && !here.rewritten {
			here.paths = append(slices.Clip(here.paths), patterns)
		}
		if hosts := route.hosts(); hosts != nil {
			here.hosts = hosts
		}
		for _, w := range route.Handle {
			if c, ok := w.claim(); ok && c.path != "" {
				*all = append(*all, found{c, here})
			}
			walk(w.Routes, here, all)
			for _, response := range w.HandleResponse {
				walk(response.Routes, here, all)
			}
			here.rewritten = here.rewritten || w.rewrites()
		}
	}
}

// rewritesFor reports whether a request may come to a later route with a path
// that this one, or what is in it, has rewritten.
func (r jsonRoute) rewritesFor(later jsonRoute) bool {
	return !r.Terminal && (r.Group == "" || r.Group != later.Group) && slices.ContainsFunc(r.Handle, jsonHandler.rewrites)
}

// rewrites reports whether what follows a handler may get a rewritten path.
func (w jsonHandler) rewrites() bool {
	in := func(routes []jsonRoute) bool {
		return slices.ContainsFunc(routes, func(r jsonRoute) bool { return r.rewritesFor(jsonRoute{}) })
	}
	return w.Handler == "rewrite" || in(w.Routes) || slices.ContainsFunc(w.HandleResponse, func(r jsonResponse) bool { return in(r.Routes) })
}

// barrier returns the paths behind which the own requests of a chat or console
// don't come to it; nil where they do, or it can't be told.
func (f found) barrier() []string {
	for _, patterns := range f.paths {
		if !f.passes(patterns) {
			return patterns
		}
	}
	return nil
}

// answeredBy reports whether another chat answers the requests of this one.
func (f found) answeredBy(other found) bool {
	sameHost := f.hosts == nil || other.hosts == nil ||
		slices.ContainsFunc(f.hosts, func(host string) bool { return slices.Contains(other.hosts, host) })
	return f.directive == "chat" && other.directive == "chat" && f.path == other.path && sameHost && other.barrier() == nil
}

// hosts are those that a route is for; nil where it may be for any.
func (r jsonRoute) hosts() (all []string) {
	for _, m := range r.Match {
		if len(m.Host) == 0 || slices.ContainsFunc(m.Host, func(host string) bool { return strings.ContainsAny(host, "*{") }) {
			return nil
		}
		for _, host := range m.Host {
			all = append(all, strings.ToLower(host))
		}
	}
	return all
}

// patterns are the paths that a route is for; nil where it may be for any.
func (r jsonRoute) patterns() (all []string) {
	for _, m := range r.Match {
		switch {
		case m.OwnPath != "":
			all = append(all, string(m.OwnPath)+"/*")
		case len(m.Path) == 0:
			return nil
		}
		all = append(all, m.Path...)
	}
	return all
}

// passes reports whether one of the patterns lets the script through, or can't
// be told.
func (c claim) passes(patterns []string) bool {
	script := (&http.Request{URL: &url.URL{Path: c.path + "/widget.js"}}).WithContext(
		context.WithValue(context.Background(), caddy.ReplacerCtxKey, caddy.NewEmptyReplacer()))
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if strings.ContainsAny(pattern, "{%") {
			return true
		}
		p := newPaths([]string{pattern})
		return p.match(script)
	})
}

// unreachable says what to write.
func (c claim) unreachable(patterns []string) error {
	prefix, _, _ := strings.Cut(patterns[0], "*")
	if prefix = strings.TrimRight(prefix, "/"); !strings.HasPrefix(prefix, "/") {
		prefix = ""
	}
	return fmt.Errorf("requests for %s/ never come to %s, which stands behind the path %s: write `path %s%s` in it, or put it outside",
		c.path, c, strings.Join(patterns, " "), prefix, c.path)
}
