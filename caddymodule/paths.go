package caddymodule

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// paths are path patterns that each request is held against. They match as
// Caddy's path matcher does, which is asked for the rare kinds of pattern; the
// others are sorted out beforehand. A request that matches none, as
// almost all do, then takes an eighth of the time or so (BenchmarkPaths).
type paths struct {
	exact    map[string]struct{}
	prefixes []string
	suffixes []string
	rest     caddyhttp.MatchPath
}

// newPaths prepares patterns.
func newPaths(patterns []string) paths {
	var p paths
	for _, pattern := range patterns {
		lower := strings.ToLower(pattern)
		stars := strings.Count(lower, "*")
		switch {
		case strings.ContainsAny(lower, `{%?[\`) || strings.Contains(lower, "//") || stars > 1:
			p.rest = append(p.rest, pattern)
		case stars == 0:
			if p.exact == nil {
				p.exact = map[string]struct{}{}
			}
			p.exact[lower] = struct{}{}
		case strings.HasSuffix(lower, "*"):
			p.prefixes = append(p.prefixes, lower[:len(lower)-1])
		case strings.HasPrefix(lower, "*"):
			p.suffixes = append(p.suffixes, lower[1:])
		default:
			p.rest = append(p.rest, pattern)
		}
	}
	_ = p.rest.Provision(caddy.Context{}) // it lower-cases, and needs nothing
	return p
}

// newLoosePaths prepares patterns for matchLoosely: one without a wildcard means
// the same with and without a slash at its end, and however it is encoded.
func newLoosePaths(patterns []string) paths {
	all := slices.Clone(patterns)
	for _, pattern := range patterns {
		if strings.ContainsAny(pattern, "*?[{\\") {
			continue
		}
		if decoded, err := url.PathUnescape(pattern); err == nil {
			pattern = decoded
		}
		if pattern = withoutEnd(pattern); !slices.Contains(all, pattern) {
			all = append(all, pattern)
		}
	}
	return newPaths(all)
}

// matchLoosely is match where it is safer to match once too often: also without
// path parameters (RFC 3986, section 3.3) and without slashes at the end, which
// applications often overlook.
func (p *paths) matchLoosely(r *http.Request) bool {
	switch {
	case p.empty():
		return false
	case p.match(r):
		return true
	}
	path := withoutEnd(withoutParameters(r.URL.Path))
	if path == r.URL.Path {
		return false
	}
	plain, u := *r, *r.URL
	u.Path, u.RawPath = path, ""
	plain.URL = &u
	return p.match(&plain)
}

// withoutParameters is a path without what follows a semicolon in its segments.
func withoutParameters(path string) string {
	if !strings.Contains(path, ";") {
		return path
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i], _, _ = strings.Cut(segment, ";")
	}
	return strings.Join(segments, "/")
}

// withoutEnd is a path without slashes at its end.
func withoutEnd(path string) string {
	if trimmed := strings.TrimRight(path, "/"); trimmed != "" {
		return trimmed
	}
	return path
}

func (p *paths) empty() bool {
	return p.exact == nil && p.prefixes == nil && p.suffixes == nil && p.rest == nil
}

// match reports whether a request's path matches one of the patterns.
func (p *paths) match(r *http.Request) bool {
	if p.empty() {
		return false
	}
	path := normal(r.URL.Path)
	if _, ok := p.exact[path]; ok {
		return true
	}
	for _, prefix := range p.prefixes {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	for _, suffix := range p.suffixes {
		if strings.HasSuffix(path, suffix) {
			return true
		}
	}
	if p.rest == nil {
		return false
	}
	match, err := p.rest.MatchWithError(r)
	return match && err == nil
}

// normal is a path as patterns are compared with: in lower case, with the
// detours taken out that could get a request past a pattern.
func normal(path string) string {
	for i := range len(path) {
		c := path[i]
		if 'A' <= c && c <= 'Z' || c >= 0x80 || c == '\\' || c == '/' && i+1 < len(path) && (path[i+1] == '/' || path[i+1] == '.') {
			return caddyhttp.CleanPath(strings.ToLower(path), true)
		}
	}
	if path == "" {
		return "/"
	}
	return path
}
