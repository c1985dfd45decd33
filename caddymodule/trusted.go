package caddymodule

import (
	"reflect"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// warnUntrusted warns where no request of a server can count, since it trusts no
// proxy.
func (h *Handler) warnUntrusted(ctx caddy.Context) {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok || !h.Identity.ByProxy() || trustsProxies(server) {
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
