package request

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/chat"
)

// Secure reports whether the browser speaks HTTPS, with us or with a trusted
// proxy in front.
func Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if v := r.Header["X-Forwarded-Proto"]; len(v) == 0 || v[0] != "https" {
		return false
	}
	return FromTrustedProxy(r)
}

// Address is the network address of the browser, as Caddy knows it.
func Address(r *http.Request) string {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	return ip
}

// Client tells browsers apart where nothing better is known. It is a hash: what
// a browser calls itself may be as long as a header can be, and is only compared.
func Client(r *http.Request) string { return chat.HashOf(Address(r) + "\x00" + r.UserAgent()).String() }

// IsNavigation reports whether a person goes to a page, by Fetch Metadata or,
// where a browser sends none, by what it accepts.
func IsNavigation(r *http.Request) bool {
	for _, name := range []string{"Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-Site"} {
		if len(r.Header[name]) > 0 {
			return r.Header.Get("Sec-Fetch-Mode") == "navigate"
		}
	}
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "text/html") {
			return true
		}
	}
	return false
}

// Original returns the request as it arrived: try_files, rewrite and uri run
// before this handler. It is fit for matching only.
func Original(r *http.Request) *http.Request {
	was, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request)
	if !ok || was.URL == nil || was.URL.Path == r.URL.Path && was.URL.RawQuery == r.URL.RawQuery {
		return r
	}
	return was.WithContext(r.Context())
}

// FromTrustedProxy reports whether the peer is one of the server's trusted
// proxies.
func FromTrustedProxy(r *http.Request) bool {
	trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	return trusted
}
