package gateway_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// readmeExample is the Caddyfile of the README that has a text in it.
func readmeExample(t *testing.T, with string) string {
	t.Helper()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(readme), "```") {
		if example, ok := strings.CutPrefix(block, "caddyfile\n"); ok && i%2 == 1 && strings.Contains(example, with) {
			return example
		}
	}
	t.Fatalf("the README has no example with %q", with)
	return ""
}

// The README's examples of gateways do what they promise: who is let through is
// who the gateway says, and who is refused, or on a page that nobody guards, is
// nobody, whatever they say of themselves.
func TestExamplesInTheReadme(t *testing.T) {
	for _, c := range []struct{ product, text, address, path string }{
		{"oauth2_proxy", "identity oauth2_proxy", "oauth2-proxy:4180", "/oauth2/auth"},
		{"authelia", "identity authelia", "authelia:9091", "/api/authz/forward-auth"},
	} {
		t.Run(c.product, func(t *testing.T) {
			example := strings.NewReplacer(c.address, "AT_PRODUCT", "app:3000", "AT_APP", "site shop", "site readme",
				"https://auth.example.com", "http://auth.example.com").Replace(readmeExample(t, c.text))
			site := guardedSite{name: "readme", product: c.product, directives: example}
			w := serveGuarded(t, []guardedSite{site}, map[string]http.HandlerFunc{
				"PRODUCT": func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == c.path {
						r.URL.Path = "/auth/" + c.product
						gate(rw, r)
						return
					}
					rw.Header().Set("Content-Type", "text/html")
					_, _ = rw.Write([]byte("<!doctype html><title>Sign in</title>"))
				},
			})
			for _, user := range []string{"mia", "victim"} {
				d := newDevice(w, site, user)
				d.page(nil)
				d.says(user)
			}
			for user, want := range map[string]string{"mia": "mia", "nobody": "nobody", "": "nobody"} {
				for _, path := range []string{"/", "/oauth2/sign_in", "/logout", "/oauth2/sign_out"} {
					d := newDevice(w, site, user)
					d.Browser.Agent += path
					r := d.request(http.MethodGet, path, "", site.forged())
					r.Header.Set("Accept", "text/html")
					resp, _ := d.Do(r)
					want := want
					unguarded := c.product == "oauth2_proxy" && strings.HasPrefix(path, "/oauth2/")
					if unguarded || path == "/logout" && c.product == "authelia" {
						want = "nobody"
					}
					if got := d.who(); got != want {
						t.Errorf("%s: %q is taken for %s, want %s (%s)", path, user, got, want, resp.Status)
					}
				}
			}
		})
	}
}
