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

// unreachable finds a chat or console whose own requests never come to it, since
// it stands behind matchers for other paths: its pages would have a tag whose
// script is not found. Around are the paths of the routes around it; behind a
// rewrite, paths are others than those that arrived, and tell nothing.
func unreachable(routes []jsonRoute, around [][]string, rewritten bool) error {
	for _, route := range routes {
		paths := slices.Clip(around)
		if patterns := route.patterns(); patterns != nil && !rewritten {
			paths = append(paths, patterns)
		}
		for _, w := range route.Handle {
			rewritten = rewritten || w.Handler == "rewrite"
			if c, ok := w.claim(); ok && c.path != "" {
				for _, patterns := range paths {
					if !c.passes(patterns) {
						return c.unreachable(patterns)
					}
				}
			}
			if err := unreachable(w.Routes, paths, rewritten); err != nil {
				return err
			}
		}
	}
	return nil
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
