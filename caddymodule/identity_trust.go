package caddymodule

import (
	"net/http"
	"slices"
	"strings"
)

// byProxy reports whether evidence comes from a proxy in front: whether there
// are request fields that count where the peer is a trusted proxy.
func (id *Identity) byProxy() bool {
	return id.Trust == trustProxies && slices.ContainsFunc(id.sources(), source.isRequestField)
}

// sentBy reports whether a request has one of the fields that a proxy in front
// says who is signed in with.
func (id *Identity) sentBy(r *http.Request) bool {
	return slices.ContainsFunc([]source{id.id, id.email}, func(s source) bool {
		name, ok := strings.CutPrefix(s.placeholder, requestHeader)
		return ok && r.Header.Get(strings.TrimSuffix(name, "}")) != ""
	})
}

func (s source) isRequestField() bool { return strings.HasPrefix(s.placeholder, requestHeader) }
