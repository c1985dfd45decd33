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
	// names are the same hosts as they are written, also where these are patterns.
	names []string
	// rewritten: paths are others than those that arrived, and tell nothing.
	rewritten bool
	// redirected are the paths for which something before answers with a redirect.
	redirected []redirect
	// failed: it is among routes that handle errors.
	failed bool
	// conditional: only some requests come to it, which paths and hosts don't tell.
	conditional bool
	// caught: errors go to routes of a subroute around it in a named route, and
	// caughtAndInvoked: from there another named route is invoked.
	caught, caughtAndInvoked bool
}

// unreachable finds a chat or console whose own requests never come to it, since
// it stands behind matchers for other paths: its pages would have a tag whose
// script is not found. For a chat it is enough if another one of the same path
// is there for them.
func (s survey) unreachable() error {
	for _, f := range s.found {
		if f.claim.path == "" || f.failed {
			continue
		}
		if patterns := f.barrier(); patterns != nil && !slices.ContainsFunc(s.found, f.answeredBy) {
			return f.unreachable(patterns)
		}
	}
	return nil
}

// warnErrorsOnly warns of a chat that is only where errors are handled: where the
// site answers all else, it answers for the chat's script as well.
func (f found) warnErrorsOnly(log *warnings, chats []found) {
	if f.failed && f.answered && !slices.ContainsFunc(chats, func(other found) bool { return f.server == other.server && f.answeredBy(other) }) {
		f.warn(log, fmt.Sprintf("chat is only in handle_errors, and the site answers requests for %s/ itself, so the chat of an error page does not load: "+
			"write the same `chat` outside of handle_errors, too", f.path))
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
	sameHost := f.sharesHost(other.position)
	return f.directive == "chat" && other.directive == "chat" && f.path == other.path && sameHost && !other.failed && other.barrier() == nil
}

// sharesHost reports whether a request may be for the hosts of both.
func (p position) sharesHost(other position) bool {
	return p.hosts == nil || other.hosts == nil ||
		slices.ContainsFunc(p.hosts, func(host string) bool { return slices.Contains(other.hosts, host) })
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
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return strings.ContainsAny(pattern, "{%") || matches(pattern, c.path+"/widget.js")
	})
}

// matches reports whether a path pattern without placeholders matches a path.
func matches(pattern, path string) bool {
	p := newPaths([]string{pattern})
	return p.match((&http.Request{URL: &url.URL{Path: path}}).WithContext(
		context.WithValue(context.Background(), caddy.ReplacerCtxKey, caddy.NewEmptyReplacer())))
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
