package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// Where no request can count, since Caddy trusts no proxy, it is said when the
// configuration is loaded.
func TestTrustedProxiesOfAServerWithoutAny(t *testing.T) {
	const identity = "site shop\nidentity pomerium {\ntrust trusted_proxies\n}"
	for name, c := range map[string]struct {
		options, identity string
		warned            int
	}{
		"none":           {"", identity, 1},
		"a proxy":        {"servers {\ntrusted_proxies static 127.0.0.1/32\n}\n", identity, 0},
		"a unix socket":  {"servers {\ntrusted_proxies_unix\n}\n", identity, 0},
		"nothing to ask": {"", "site shop\nidentity {\nid X-User-Id\ntrust trusted_proxies\n}", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := caddytest.Prepare(t, caddytest.Shop)
			w.Load("{\n" + c.options + strings.TrimPrefix(w.Caddyfile("", c.identity), "{\n"))
			if n := w.Logged(`"level":"warn"`, "trusted_proxies static <the proxy's address>", `"site":"shop"`, `"source":"Caddyfile:`); n != c.warned {
				t.Errorf("it is logged %d times that no request counts, want %d", n, c.warned)
			}
		})
	}
}

// Behind several gateways only the answer of the last is there to be read. In
// front of them it is the first that names somebody.
func TestSeveralGatewaysBeforeChat(t *testing.T) {
	const (
		first  = "forward_auth 127.0.0.1:9091 {\nuri /a\n}\n"
		second = "forward_auth 127.0.0.1:9092 {\nuri /b\n}\n"
	)
	cases := []struct {
		name, directives string
		warned           bool
	}{
		{"both before", first + second + "CHAT\nAPP", true},
		{"in a route", "route {\n" + first + second + "CHAT\nAPP\n}", true},
		{"of one address", "route {\n" + first + first + "CHAT\nAPP\n}", true},
		{"one outside", first + "handle {\n" + second + "CHAT\nAPP\n}", true},
		{"one in a route before", "route {\nroute {\n" + first + "}\nroute {\n" + second + "}\nCHAT\nAPP\n}", true},
		{"invoked", "route {\ninvoke NAMED\n" + second + "CHAT\nAPP\n}", true},
		{"on paths within each other", "route {\nforward_auth /in/* 127.0.0.1:9091 {\nuri /a\n}\nforward_auth /in/deep 127.0.0.1:9092 {\nuri /b\n}\nCHAT\nAPP\n}", true},
		{"both after", "CHAT\nhandle {\n" + first + second + "APP\n}", false},
		{"one each way", "route {\n" + first + "CHAT\n" + second + "APP\n}", false},
		{"one alone", first + "CHAT\nAPP", false},
		{"on other paths", "route {\nforward_auth /in/* 127.0.0.1:9091 {\nuri /a\n}\nforward_auth /out/* 127.0.0.1:9092 {\nuri /b\n}\nCHAT\nAPP\n}", false},
		{"of handles apart", "route {\nhandle /in/* {\n" + first + "}\nhandle {\n" + second + "}\nCHAT\nAPP\n}", false},
	}
	sites := []guardedSite{{name: "first", product: "authelia", order: "gateway, chat"}}
	for i, c := range cases {
		sites = append(sites, guardedSite{name: fmt.Sprintf("several%d", i), product: "authelia", directives: c.directives})
	}
	w := serveGuarded(t, sites, nil)
	for i, c := range cases {
		want := 0
		if c.warned {
			want = 1
		}
		if n := w.Logged(`"level":"warn"`, "put chat before them", fmt.Sprintf("%q", sites[i+1].name)); n != want {
			t.Errorf("%s: it is logged %d times that only the last answer counts, want %d", c.name, n, want)
		}
	}
}
