package caddymodule

import (
	"log/slog"
	"net"
)

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
	address := x.request.RemoteAddr
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	h.untrusted.Log(h.log, slog.LevelWarn, "a header that says who is signed in is ignored: it came from an address that is no trusted proxy; "+
		"if that is the proxy in front, write `servers { trusted_proxies static <the proxy's address> }` in the global options "+
		"(for a Unix socket, `trusted_proxies_unix`)", "address", address, "header", header, "site", h.Site, "source", h.Source)
}
