package identity

import (
	"net/http"
	"slices"
	"strings"
)

// ByProxy reports whether evidence comes from a proxy in front: whether there
// are request fields that count where the peer is a trusted proxy.
func (id *Config) ByProxy() bool {
	return id.Trust == TrustProxies && slices.ContainsFunc(id.Sources(), Source.isRequestField)
}

// SentBy reports whether a request has one of the fields that a proxy in front
// says who is signed in with.
func (id *Config) SentBy(r *http.Request) bool {
	return slices.ContainsFunc(id.identifiers(), func(s Source) bool {
		name, ok := strings.CutPrefix(s.Placeholder, requestHeader)
		return ok && r.Header.Get(strings.TrimSuffix(name, "}")) != ""
	})
}

func (s Source) isRequestField() bool { return strings.HasPrefix(s.Placeholder, requestHeader) }
