package caddymodule

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// redirect is a path pattern for which something before a chat answers with a
// redirect, and where that leads.
type redirect struct{ pattern, target string }

// logoutArrives reports whether a logout's path comes to the chat, if need be by a
// redirect to another of its logouts.
func (f found) logoutArrives(path string) bool {
	for range len(f.redirected) + 1 { // more are a loop
		i := slices.IndexFunc(f.redirected, func(r redirect) bool {
			return !strings.ContainsAny(r.pattern, "{%") && matches(r.pattern, path)
		})
		if i < 0 {
			return true
		}
		if path = f.here(f.redirected[i].target); !f.isLogout(path) {
			return false
		}
	}
	return false
}

// isLogout reports whether a path is one of the chat's logouts.
func (f found) isLogout(path string) bool {
	if path == "" || strings.Contains(path, "{") {
		return false
	}
	patterns := newLoosePaths(slices.DeleteFunc(slices.Clone(f.config.LogoutPaths), func(p string) bool { return strings.Contains(p, "{") }))
	return patterns.matchLoosely(&http.Request{URL: &url.URL{Path: path}})
}

// here is the path of a redirect's target; an empty string where it is known to
// lead to another host.
func (f found) here(target string) string {
	plain, _, _ := strings.Cut(target, "#")
	plain, _, _ = strings.Cut(plain, "?")
	rest, absolute := strings.CutPrefix(plain[strings.Index(plain, ":")+1:], "//")
	if !absolute {
		return plain
	}
	host, path, _ := strings.Cut(rest, "/")
	name, _, _ := strings.Cut(host, ":")
	if !strings.Contains(host, "{") && f.hosts != nil && !slices.Contains(f.hosts, strings.ToLower(name)) {
		return ""
	}
	return "/" + path
}
