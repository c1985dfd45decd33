package identity

import (
	"net/http"
	"slices"
	"strings"

	"github.com/parley-chat/parley/caddymodule/internal/request"
)

// Untrusted returns the name of a header that a request has, and that would say
// who is signed in if a trusted proxy had sent it, or an empty string.
func (id *Config) Untrusted(r *http.Request) string {
	if len(id.requestFields) == 0 || request.FromTrustedProxy(r) {
		return ""
	}
	at := slices.IndexFunc(id.requestFields, func(name string) bool { return r.Header.Get(name) != "" })
	if at < 0 {
		return ""
	}
	return id.requestFields[at]
}

// requestField returns the name of the request's header that a source is, and
// false where it is something else.
func (s Source) requestField() (name string, ok bool) {
	name, ok = strings.CutPrefix(s.Placeholder, requestHeader)
	return http.CanonicalHeaderKey(strings.TrimSuffix(name, "}")), ok
}
