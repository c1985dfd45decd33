// Package httpfields takes fields out of HTTP headers.
package httpfields

import (
	"net/http"
	"strings"
)

// Drop deletes the fields whose canonical names are so, where they are meant for
// the trailers too, and what Trailer announces of them (RFC 9110, section 6.6.2).
func Drop(h http.Header, is func(name string) bool) {
	for name := range h {
		if is(strings.TrimPrefix(name, http.TrailerPrefix)) {
			delete(h, name)
		}
	}
	dropAnnounced(h, is)
}

func dropAnnounced(h http.Header, is func(name string) bool) {
	lines, ok := h["Trailer"]
	if !ok {
		return
	}
	var keep []string
	dropped := false
	for _, line := range lines {
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
