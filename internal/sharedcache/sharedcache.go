// Package sharedcache tells which responses shared caches may keep, and keeps
// them from it: content delivery networks and accelerators read fields of their
// own before Cache-Control.
package sharedcache

import (
	"net/http"
	"slices"
	"strings"
)

// own are the fields by which shared caches are told apart from browsers, and
// whose names don't end in Cache-Control.
var own = map[string]bool{
	"Surrogate-Control": true, // Edge Architecture Specification: Fastly, Varnish and others
	"Edge-Control":      true, // Akamai
	"X-Accel-Expires":   true, // nginx
}

// isOwn reports whether a field, in canonical form, is for shared caches only:
// CDN-Cache-Control (RFC 9213), those of that name with a product before it, or
// X-LiteSpeed-Cache-Control.
func isOwn(field string) bool {
	return own[field] || strings.HasSuffix(field, "-Cache-Control")
}

// MayHave reports whether a response came from a shared cache, or may be kept
// in one (RFC 9111, sections 5.1 and 5.2.2; RFC 9213, section 2).
func MayHave(h http.Header) bool {
	if len(h["Age"]) > 0 {
		return true
	}
	for field, lines := range h {
		switch {
		case field == "Cache-Control" && says(lines, "public", "s-maxage"):
			return true
		case field == "X-Accel-Expires" && slices.ContainsFunc(lines, isTime):
			return true
		case field != "X-Accel-Expires" && isOwn(field) && lets(lines):
			return true
		}
	}
	return false
}

// isTime reports whether a value of X-Accel-Expires names a time to keep a
// response for.
func isTime(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "", "0", "off":
		return false
	}
	return true
}

// lets reports whether a field for shared caches alone may let them keep a
// response: it says something, and neither forbids it nor gives it no time to
// live. What is not known here, or not well formed, may do so.
func lets(lines []string) bool {
	var says, forbids, expired, other bool
	for d := range directives(lines) {
		if strings.Count(d, `"`)%2 != 0 {
			return true // a comma in quotes: what follows it is no directive
		}
		_, value, valued := strings.Cut(d, "=")
		switch n := name(d); {
		case n == "content" && valued:
			continue // capabilities of the cache, for the page's markup
		case (n == "no-store" || n == "no-cache" || n == "private") && !valued:
			forbids = true
		case (n == "max-age" || n == "s-maxage") && isZero(value):
			expired = true
		case n == "public" || n == "must-revalidate" || n == "proxy-revalidate" || n == "no-transform":
			// These count only where no lifetime is given.
		default:
			other = true
		}
		says = true
	}
	return says && !forbids && (other || !expired)
}

// isZero reports whether a directive's value is the number 0.
func isZero(value string) bool {
	digits := strings.Trim(strings.TrimSpace(value), `"`)
	return digits != "" && strings.Trim(digits, "0") == ""
}

// Forbid keeps shared caches from storing a response (RFC 9111, section 5.2.2.7)
// and leaves the rest of its Cache-Control as it is.
func Forbid(h http.Header) {
	for field := range h {
		if isOwn(field) {
			delete(h, field)
		}
	}
	lines := h["Cache-Control"]
	if says(lines, "no-store") {
		return // stricter already
	}
	var keep []string
	for d := range directives(lines) {
		switch name(d) {
		case "public", "s-maxage", "private":
		default:
			keep = append(keep, d)
		}
	}
	h.Set("Cache-Control", strings.Join(append(keep, "private"), ", "))
}

// says reports whether one of the directives is among those of a field.
func says(lines []string, names ...string) bool {
	for d := range directives(lines) {
		for _, n := range names {
			if name(d) == n {
				return true
			}
		}
	}
	return false
}

// directives are those of a field's lines.
func directives(lines []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range lines {
			for d := range strings.SplitSeq(line, ",") {
				if d = strings.TrimSpace(d); d != "" && !yield(d) {
					return
				}
			}
		}
	}
}

// name is that of a directive, which case does not matter in.
func name(directive string) string {
	n, _, _ := strings.Cut(directive, "=")
	return strings.ToLower(strings.TrimSpace(n))
}
