package gateway_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// guardedSites is each preset in each order of directives, with whatever
// copy_headers.
func guardedSites(trust string) []guardedSite {
	var sites []guardedSite
	for _, name := range slices.Sorted(maps.Keys(products)) {
		p := products[name]
		copied := map[string]string{"": ""}
		if p.trust == "forward_auth" {
			copied = map[string]string{
				"all":     "copy_headers " + strings.Join(p.names, " "),
				"fewer":   "copy_headers " + p.names[3],
				"renamed": "copy_headers " + p.names[0] + ">X-User " + p.names[1] + ">X-Mail",
				"none":    "",
			}
		}
		if p.trust == "trusted_proxies" != (trust == "trusted_proxies") {
			continue
		}
		for _, order := range slices.Sorted(maps.Keys(orders)) {
			for _, c := range slices.Sorted(maps.Keys(copied)) {
				sites = append(sites, guardedSite{name: fmt.Sprintf("site%d", len(sites)), product: name, order: order, copied: copied[c]})
			}
		}
	}
	return sites
}

// forged are all the fields that name somebody, as a client makes them up.
func (s guardedSite) forged() map[string]string {
	forged := products[s.product].fields("victim")
	forged["X-User"], forged["X-Mail"] = "id-victim", "victim@example.com"
	for name, value := range maps.Clone(forged) {
		forged[strings.ReplaceAll(name, "-", "_")] = value
	}
	return forged
}

// Who is signed in is what the gateway says of those whom it lets through, and
// nothing that a client says: with each product, in each order of directives,
// whatever is copied to the request, let through and refused.
func TestPresetsBehindAGateway(t *testing.T) {
	sites := guardedSites("")
	w := serveGuarded(t, sites, nil)
	for _, site := range sites {
		t.Run(fmt.Sprintf("%s/%s/%s", site.product, site.order, site.copied), func(t *testing.T) {
			t.Parallel()
			w := *w
			w.T = t
			testGuarded(t, &w, site)
		})
	}
}

func testGuarded(t *testing.T, w *caddytest.World, site guardedSite) {
	for _, user := range []string{"mia", "victim"} {
		d := newDevice(w, site, user)
		d.page(nil)
		d.says(user)
	}
	guess := map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("victim:guess"))}
	for _, c := range []struct {
		user   string
		forged map[string]string
		want   string
	}{
		{"mia", nil, "mia"},
		{"mia", site.forged(), "mia"},
		{"", nil, "nobody"},
		{"", site.forged(), "nobody"},
		{"", guess, "nobody"},
		{"nobody", site.forged(), "nobody"},
	} {
		if c.user == "nobody" && products[site.product].trust == "" {
			continue // who passes these has a name
		}
		d := newDevice(w, site, c.user)
		d.page(c.forged)
		if got := d.who(); got != c.want {
			t.Errorf("who is %q for the gateway, and sends %d fields of somebody else, is taken for %s, want %s",
				c.user, len(c.forged), got, c.want)
		}
	}
}

// On pages that nobody guards nobody is named, by no header and no password.
func TestPresetsPastTheGateway(t *testing.T) {
	sites := []guardedSite{{name: "first", product: "discourse", order: "gateway, chat"}}
	for _, name := range slices.Sorted(maps.Keys(products)) {
		if products[name].trust == "forward_auth" || name == "basic_auth" {
			sites = append(sites, guardedSite{name: "past" + strconv.Itoa(len(sites)), product: name,
				directives: "CHAT\nhandle /guarded/* {\nGATE\nAPP\n}\nhandle {\nAPP\n}"})
		}
	}
	w := serveGuarded(t, sites, nil)
	for _, site := range sites[1:] {
		for _, user := range []string{"mia", ""} {
			d := newDevice(w, site, user)
			d.page(site.forged())
			if got := d.who(); got != "nobody" {
				t.Errorf("%s: %q is taken for %s on a page that nobody guards", site.product, user, got)
			}
		}
	}
}

// The table of the documentation is of all presets, in all orders.
func TestSecurityDocsHaveEachPresetAndOrder(t *testing.T) {
	text, err := os.ReadFile("../../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "### Presets behind a gateway")
	for order := range orders {
		if !strings.Contains(table, order) {
			t.Errorf("docs/security.md does not name the order %s", order)
		}
	}
	for product := range products {
		if !strings.Contains(table, "`"+product+"`") {
			t.Errorf("docs/security.md does not name the product %s", product)
		}
	}
}

// What a proxy in front says counts from its address only, in each order.
func TestPresetsBehindAProxyInFront(t *testing.T) {
	// On the first site the application says who it is, so there is always one.
	sites := append([]guardedSite{{name: "first", product: "discourse", order: "gateway, chat"}}, guardedSites("trusted_proxies")...)
	for options, want := range map[string]string{
		"": "nobody",
		"servers {\ntrusted_proxies static 127.0.0.1/32\n}\n": "mia",
		"servers {\ntrusted_proxies static 127.0.0.2/32\n}\n": "nobody",
	} {
		t.Run(options, func(t *testing.T) {
			w := serveGuardedWith(t, options, sites, nil)
			for _, site := range sites[1:] {
				d := newDevice(w, site, "mia")
				d.page(map[string]string{"X-Forwarded-For": "127.0.0.1, 127.0.0.2"})
				if d.token() != "" {
					d.says("mia")
				}
				if got := d.who(); got != want {
					t.Errorf("%s, %s: taken for %s, want %s", site.product, site.order, got, want)
				}
				d = newDevice(w, site, "nobody")
				d.page(nil)
				if got := d.who(); got != "nobody" {
					t.Errorf("%s, %s: whom the proxy does not name is taken for %s", site.product, site.order, got)
				}
			}
		})
	}
}
