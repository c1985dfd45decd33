package caddymodule

import (
	"log/slog"
	"net"
	"net/netip"

	"github.com/parley-chat/parley/caddymodule/internal/request"
)

// trustHint says how a server is told of the proxy in front of it.
const trustHint = "write `servers { trusted_proxies static <the proxy's address> }` in the global options (for a Unix socket, `trusted_proxies_unix`)"

// warnUntrusted warns of a request that names somebody in a header that counts
// from a trusted proxy only, and comes from elsewhere. Either the proxy in front
// is not among Caddy's trusted ones, and nobody is ever signed in, or somebody
// tried whether the header counts from anyone. It never logs the header's value.
func (x *exchange) warnUntrusted() {
	h := x.handler
	if h.Identity == nil {
		return
	}
	header := h.Identity.Untrusted(x.request)
	if header == "" {
		return
	}
	address := peer(x.request.RemoteAddr)
	h.untrusted.Log(h.log, slog.LevelWarn, "a header that says who is signed in is ignored: it came from an address that is no trusted proxy; "+
		"if that is the proxy in front, "+trustHint, "address", address, "header", header, "site", h.Site, "source", h.Source)
}

// peer is an address without its port.
func peer(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// warnProxy warns once of a proxy in front that is not among Caddy's trusted ones:
// of a neighbour that says for whom it asks. From elsewhere anyone may say so.
func (x *exchange) warnProxy() {
	header := x.request.Header
	if x.handler.proxyLogged.Load() || len(header["X-Forwarded-For"]) == 0 && len(header["X-Forwarded-Proto"]) == 0 && len(header["Forwarded"]) == 0 ||
		request.FromTrustedProxy(x.request) {
		return
	}
	address := peer(x.request.RemoteAddr)
	if ip, err := netip.ParseAddr(address); err == nil && !ip.IsPrivate() && !ip.IsLoopback() {
		return
	}
	h := x.handler
	if h.proxyLogged.CompareAndSwap(false, true) {
		h.log.Warn("requests come by a proxy that is none of Caddy's trusted_proxies, so that all visitors count as one client, and HTTPS in front is not known of: "+
			trustHint, "address", address, "site", h.Site, "source", h.Source)
	}
}
