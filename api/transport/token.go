package transport

import (
	"net/http"
	"strings"
)

// maxToken is more than any token of ours is long, in bytes.
const maxToken = 64

// TokenCookie returns the value of a request's cookie that may be a token, or an
// empty string. A header with two cookies of the name is an attempt at planting
// one: neither counts.
func TokenCookie(r *http.Request, name string) string {
	found := r.CookiesNamed(name)
	if len(found) != 1 || len(found[0].Value) > maxToken {
		return ""
	}
	return strings.Clone(found[0].Value) // the rest of the header need not be kept with it
}
