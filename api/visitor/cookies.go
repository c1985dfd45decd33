package visitor

import (
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/sharedcache"
)

// What the names of our cookies are made of, around the site's.
const (
	namePrefix = "parley-"
	nameSuffix = "-session"
	hostPrefix = "__Host-"
)

// Cookies names and writes the cookies of one site: the session's, which no
// script can read, and a companion without any secret, which tells the loader
// that there is a session to ask for: "a" where that takes a tab secret too, "p"
// where the cookie alone opens it.
type Cookies struct {
	companion, plain, secure string
}

// NewCookies returns the cookies of a site, whose name is part of theirs, so
// that several sites can share a host.
func NewCookies(site string) Cookies {
	companion := namePrefix + site // the loader knows how to make it too
	plain := companion + nameSuffix
	return Cookies{companion, plain, hostPrefix + plain}
}

// session is the name of the session's cookie. Over HTTPS its prefix makes the
// browser refuse one that was set without Secure, by another host, or for a
// path (RFC 6265bis, section 4.1.3.2).
func (c Cookies) session(secure bool) string {
	if secure {
		return c.secure
	}
	return c.plain
}

// Token returns the session's token from a request, or an empty string. A
// header with two cookies of the name is an attempt at planting one: neither
// counts.
func (c Cookies) Token(r *http.Request, secure bool) string {
	name := c.session(secure)
	if !mentions(r.Header["Cookie"], name) {
		return "" // most visitors have none, and parsing costs
	}
	return transport.TokenCookie(r, name)
}

// Anonymous reports whether the companion says that the session is an anonymous
// visitor's. A browser may send what it likes.
func (c Cookies) Anonymous(r *http.Request) bool {
	found := r.CookiesNamed(c.companion)
	return len(found) == 1 && found[0].Value == anonymousCompanion
}

// The values of the companion, for the loader.
const (
	anonymousCompanion = "a"
	personCompanion    = "p" // also of an anonymous session that its cookie alone opens
)

// mentions reports whether one of the lines has the name in it.
func mentions(lines []string, name string) bool {
	for _, line := range lines {
		if strings.Contains(line, name) {
			return true
		}
	}
	return false
}

// Apply writes what is to become of the cookies into a response's header, and
// then keeps shared caches from storing the response.
func (c Cookies) Apply(h http.Header, cookie chat.Cookie, secure bool) {
	var age int
	var value, companion string
	switch {
	case cookie.Token != "":
		value, companion, age = cookie.Token, anonymousCompanion, int(cookie.Life/time.Second)
		if cookie.Person || cookie.Life > 0 {
			companion = personCompanion
		}
	case cookie.Clear:
		age = -1
	default:
		return
	}
	session := http.Cookie{Name: c.session(secure), Value: value, Path: "/", MaxAge: age,
		Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	mate := http.Cookie{Name: c.companion, Value: companion, Path: "/", MaxAge: age,
		Secure: secure, SameSite: http.SameSiteLaxMode}
	h.Add("Set-Cookie", session.String())
	h.Add("Set-Cookie", mate.String())
	sharedcache.Forbid(h)
}

// Present reports whether a request's header has the session's cookie of any
// site, over HTTPS or not, one or several.
func (Cookies) Present(h http.Header) bool {
	if !mentions(h["Cookie"], namePrefix) {
		return false // most visitors have none
	}
	for _, line := range h["Cookie"] {
		for part := range strings.SplitSeq(line, ";") {
			if isSession(nameOf(part)) {
				return true
			}
		}
	}
	return false
}

// Strip takes the sessions' cookies out of a request's header before an
// application sees it: a token is nobody's business but ours, and that of
// another site on the same host is not this application's either. The header is
// changed in place.
func (Cookies) Strip(h http.Header) {
	out := without(h["Cookie"], isSession)
	if len(out) == 0 {
		h.Del("Cookie")
		return
	}
	h["Cookie"] = out
}

// Sessions returns the lines of a request's Cookie header with nothing left but what
// Strip takes out.
func (Cookies) Sessions(h http.Header) []string {
	return without(h["Cookie"], func(name string) bool { return !isSession(name) })
}

// Others returns the lines of a request's Cookie header without any cookie of
// ours: what the application behind may know a browser by.
func (c Cookies) Others(h http.Header) []string {
	return without(h["Cookie"], func(name string) bool { return name == c.companion || isSession(name) })
}

// isSession reports whether a cookie's name is of a session at any site.
func isSession(name string) bool {
	name, ours := strings.CutPrefix(strings.TrimPrefix(name, hostPrefix), namePrefix)
	site, session := strings.CutSuffix(name, nameSuffix)
	return ours && session && site != ""
}

// nameOf returns the name of one part of a Cookie header.
func nameOf(part string) string {
	name, _, _ := strings.Cut(part, "=")
	return textproto.TrimString(name)
}

// without returns lines of a Cookie header without the cookies of these names.
func without(lines []string, names func(string) bool) []string {
	var out []string
	for _, line := range lines {
		var kept []string
		for part := range strings.SplitSeq(line, ";") {
			if !names(nameOf(part)) {
				kept = append(kept, part)
			}
		}
		if line := textproto.TrimString(strings.Join(kept, ";")); line != "" {
			out = append(out, line)
		}
	}
	return out
}
