// Package httpfields takes fields out of HTTP headers.
package httpfields

import (
	"net/http"
	"slices"
	"strings"
)

// Drop deletes the fields whose canonical names are so, where they are meant for
// the trailers too, and what Trailer announces of them (RFC 9110, section 6.6.2).
func Drop(h http.Header, is func(name string) bool) {
	announces := false
	for name := range h {
		if is(strings.TrimPrefix(name, http.TrailerPrefix)) {
			delete(h, name)
		}
		announces = announces || name == "Trailer"
	}
	if announces {
		dropAnnounced(h, is)
	}
}

// DropSent is Drop for the few fields with these canonical names, of a header that
// is about to be sent. What is meant for the trailers stays until they are. To look
// for each name costs less than to look at each field.
func DropSent(h http.Header, names []string) {
	for _, name := range names {
		delete(h, name)
	}
	if len(h["Trailer"]) > 0 {
		dropAnnounced(h, func(name string) bool { return slices.Contains(names, name) })
	}
}

func dropAnnounced(h http.Header, is func(name string) bool) {
	var keep []string
	dropped := false
	for _, line := range h["Trailer"] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.TrimSpace(name)
			if is(http.CanonicalHeaderKey(name)) {
				dropped = true
			} else if name != "" {
				keep = append(keep, name)
			}
		}
	}
	switch {
	case !dropped:
	case len(keep) == 0:
		delete(h, "Trailer")
	default:
		h["Trailer"] = []string{strings.Join(keep, ", ")}
	}
}
