package api

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Cookies names and writes the cookies of one site: the session's, which no
// script can read, and a companion without any secret, which tells the loader
// that there is a session to ask for: "a" where that takes a mark too, "p" where
// the cookie alone opens it.
type Cookies struct {
	companion, plain, secure string
}

// NewCookies returns the cookies of a site, whose name is part of theirs, so
// that several sites can share a host.
func NewCookies(site string) Cookies {
	companion := "parley-" + site // the loader knows how to make it too
	plain := companion + "-session"
	return Cookies{companion, plain, "__Host-" + plain}
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
	found := r.CookiesNamed(name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

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
		value, companion, age = cookie.Token, "a", int(cookie.Life/time.Second)
		if cookie.Person || cookie.Life > 0 {
			companion = "p"
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
	makePrivate(h)
}

// makePrivate keeps shared caches from storing a response (RFC 9111, section
// 5.2.2.7) and leaves the rest of its Cache-Control as it is.
func makePrivate(h http.Header) {
	var keep []string
	for _, line := range h.Values("Cache-Control") {
		for d := range strings.SplitSeq(line, ",") {
			d = strings.TrimSpace(d)
			name, _, _ := strings.Cut(strings.ToLower(d), "=")
			switch name {
			case "", "public", "s-maxage", "private":
				continue
			case "no-store":
				return // stricter already
			}
			keep = append(keep, d)
		}
	}
	h.Set("Cache-Control", strings.Join(append(keep, "private"), ", "))
	// Caches that go by a field of their own must not see what is meant for all.
	h.Del("Surrogate-Control")
	h.Del("CDN-Cache-Control")
	h.Del("X-Accel-Expires")
}

// Present reports whether a request's header has a session's cookie, over HTTPS
// or not, one or several.
func (c Cookies) Present(h http.Header) bool { return mentions(h["Cookie"], c.plain) }

// Strip takes the session's cookies out of a request's header before an
// application sees it: the token is nobody's business but ours. The header is
// changed in place.
func (c Cookies) Strip(h http.Header) {
	out := without(h["Cookie"], c.plain, c.secure)
	if len(out) == 0 {
		h.Del("Cookie")
		return
	}
	h["Cookie"] = out
}

// Others returns the lines of a request's Cookie header without any cookie of
// ours: what the application behind may know a browser by.
func (c Cookies) Others(h http.Header) []string {
	return without(h["Cookie"], c.companion, c.plain, c.secure)
}

// without returns lines of a Cookie header without the cookies of these names.
func without(lines []string, names ...string) []string {
	var out []string
	for _, line := range lines {
		var kept []string
		for part := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(part, "=")
			if !slices.Contains(names, textproto.TrimString(name)) {
				kept = append(kept, part)
			}
		}
		if line := textproto.TrimString(strings.Join(kept, ";")); line != "" {
			out = append(out, line)
		}
	}
	return out
}
