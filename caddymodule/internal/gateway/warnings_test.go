package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// A header that counts from a trusted proxy only, and comes from elsewhere, is
// warned of at the request, without what it says. So are a server that trusts no
// proxy and one that trusts another.
func TestTrustedProxiesThatAreNotThere(t *testing.T) {
	const identity = "site shop\nidentity pomerium {\ntrust trusted_proxies\n}"
	for name, c := range map[string]struct {
		options, identity string
		warned            int
	}{
		"none":           {"", identity, 1},
		"another":        {"servers {\ntrusted_proxies static 127.0.0.2/32\n}\n", identity, 1},
		"a unix socket":  {"servers {\ntrusted_proxies_unix\n}\n", identity, 1},
		"a proxy":        {"servers {\ntrusted_proxies static 127.0.0.1/32\n}\n", identity, 0},
		"nothing to ask": {"", "site shop\nidentity {\nid X-User-Id\ntrust trusted_proxies\n}", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := caddytest.Prepare(t, caddytest.Shop)
			w.Load("{\n" + c.options + strings.TrimPrefix(w.Caddyfile("", c.identity), "{\n"))
			b := w.Browser()
			count := func(want int, when string) {
				t.Helper()
				if n := w.Logged(`"level":"warn"`, "trusted_proxies static <the proxy's address>", `"address":"127.0.0.1"`,
					`"header":"X-Pomerium-Claim-Email"`, `"site":"shop"`, `"source":"Caddyfile:`); n != want {
					t.Errorf("%s, %d warnings, want %d", when, n, want)
				}
			}
			b.Visit("/")
			count(0, "without the header")
			b.Visit("/", "X-Pomerium-Claim-Email", "mia@example.com")
			count(c.warned, "with the header")
			for range 20 {
				b.Visit("/", "X-Pomerium-Claim-Email", "mia@example.com")
			}
			count(3*c.warned, "with it again and again")
			if w.Logged(`"level":"warn"`, "mia@") != 0 {
				t.Error("what the header says is logged")
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
