package caddymodule

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
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

// fromTrustedProxy reports whether the peer is one of the server's trusted
// proxies.
func fromTrustedProxy(r *http.Request) bool {
	trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	return trusted
}

// warnUntrusted warns where no request of a server can count, since it trusts no
// proxy.
func (h *Handler) warnUntrusted(ctx caddy.Context) {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok || !h.Identity.byProxy() || trustsProxies(server) {
		return
	}
	h.log.Warn("nobody is signed in by any request: `trust trusted_proxies` needs a proxy that the server trusts, and it trusts none; "+
		"write `servers { trusted_proxies static <the proxy's address> }` in the global options", "site", h.Site, "source", h.Source)
}

// trustsProxies reports whether a server has trusted proxies. By the time that
// handlers are provisioned, Caddy has taken the JSON that said so away, and what
// it made of it is not exported. Where that can't be seen, it is taken for true.
func trustsProxies(server *caddyhttp.Server) bool {
	if server.TrustedProxiesUnix || server.TrustedProxiesRaw != nil {
		return true
	}
	field := reflect.ValueOf(server).Elem().FieldByName("trustedProxies")
	return field.Kind() != reflect.Interface || !field.IsNil()
}
