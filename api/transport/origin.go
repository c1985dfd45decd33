package transport

import (
	"net/http"
	"net/url"
	"strings"
)

// sameOrigin reports whether a browser says that the request comes from a page
// of the origin it goes to. A browser can't be made by a page to lie about
// that; a request that says nothing is not believed. Where the connection is
// not known to be secure, TLS may still end in front of us.
func sameOrigin(r *http.Request, secure bool) bool {
	origin := r.Header.Get("Origin")
	if len(r.Header["Origin"]) > 1 {
		return false // one of them was not made by a browser
	}
	if origin == "" {
		return r.Header.Get("Sec-Fetch-Site") == "same-origin"
	}
	u, err := url.Parse(origin)
	// An origin has no more than this (RFC 6454, section 6.2).
	if err != nil || u.Host == "" || !strings.EqualFold(origin, u.Scheme+"://"+u.Host) {
		return false
	}
	if u.Scheme != "https" && (secure || u.Scheme != "http") {
		return false
	}
	return strings.EqualFold(withoutDefaultPort(u.Host, u.Scheme), withoutDefaultPort(r.Host, u.Scheme))
}

func withoutDefaultPort(host, scheme string) string {
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}
