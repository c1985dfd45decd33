package transport

import (
	"net/http"
	"strings"
)

// maxToken is more than any token of ours is long, in bytes.
const maxToken = 64

// TokenCookie returns the value of a request's cookie that may be a token, or an
// empty string.
func TokenCookie(r *http.Request, name string) string { return Cookie(r, name, maxToken) }

// Cookie returns the value of a request's cookie, or an empty string where there is
// none of at most so many bytes. A header with two cookies of the name is an attempt
// at planting one: neither counts.
func Cookie(r *http.Request, name string, most int) string {
	found := r.CookiesNamed(name)
	if len(found) != 1 || len(found[0].Value) > most {
		return ""
	}
	return strings.Clone(found[0].Value) // the rest of the header need not be kept with it
}
