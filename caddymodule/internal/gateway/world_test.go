package gateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// gate is an authentication gateway. Whom a request's cookie gate names may
// pass, and is named in the fields of the product whose path was asked for:
// "nobody" passes without a name. All others are refused, with 401.
func gate(w http.ResponseWriter, r *http.Request) {
	user := ""
	if c, err := r.Cookie("gate"); err == nil {
		user = c.Value
	}
	if user == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if p, ok := products[strings.TrimPrefix(r.URL.Path, "/auth/")]; ok && user != "nobody" {
		for name, value := range p.fields(user) {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(http.StatusOK)
}

// product is what a product that signs people in says of them.
type product struct {
	trust string
	names []string // the fields, in the order id, email, firstname, labels
}

var products = map[string]product{
	"oauth2_proxy":      {"forward_auth", []string{"X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Preferred-Username", "X-Auth-Request-Groups"}},
	"authelia":          {"forward_auth", []string{"Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups"}},
	"authentik":         {"forward_auth", []string{"X-Authentik-Uid", "X-Authentik-Email", "X-Authentik-Name", "X-Authentik-Groups"}},
	"pomerium":          {"trusted_proxies", []string{"X-Pomerium-Claim-Sub", "X-Pomerium-Claim-Email", "X-Pomerium-Claim-Name", "X-Pomerium-Claim-Groups"}},
	"cloudflare_access": {"trusted_proxies", []string{"", "Cf-Access-Authenticated-User-Email"}},
	"tailscale":         {"trusted_proxies", []string{"", "Tailscale-User-Login", "Tailscale-User-Name"}},
	"discourse":         {"", []string{"X-Discourse-Username"}},
	"basic_auth":        {"", nil},
}

// fields are what the product says of a user.
func (p product) fields(user string) map[string]string {
	values := []string{"id-" + user, user + "@example.com", strings.ToUpper(user), "staff"}
	fields := map[string]string{}
	for i, name := range p.names {
		if name != "" {
			fields[name] = values[i]
		}
	}
	return fields
}

// orders are the ways to write chat, a gateway and the application.
var orders = map[string]string{
	"gateway, chat":                 "GATE\nCHAT\nAPP",
	"chat, handle { gateway }":      "CHAT\nhandle {\nGATE\nAPP\n}",
	"handle { gateway, chat }":      "handle {\nGATE\nCHAT\nAPP\n}",
	"route { gateway, chat }":       "route {\nGATE\nCHAT\nAPP\n}",
	"route { chat, gateway }":       "route {\nCHAT\nGATE\nAPP\n}",
	"chat, handle { import }":       "CHAT\nhandle {\nimport SNIPPET\nAPP\n}",
	"import, chat":                  "import SNIPPET\nCHAT\nAPP",
	"chat, handle { invoke }":       "CHAT\nhandle {\ninvoke NAMED\nAPP\n}",
	"route { invoke, chat }":        "route {\ninvoke NAMED\nCHAT\nAPP\n}",
	"chat, handle_path { gateway }": "CHAT\nhandle_path /sub/* {\nGATE\nAPP\n}\nhandle {\nGATE\nAPP\n}",
}

// guardedSite is one site of a Caddyfile with many.
type guardedSite struct {
	name, product, order, copied string
	// directives are those of the site, in place of an order and copied.
	directives string
}

// host is where the site is.
func (s guardedSite) host() string { return s.name + ".test" }

// caddyfile is the site's part of a Caddyfile: what stands before the sites,
// and the site. Names of servers are replaced by their addresses.
func (s guardedSite) caddyfile(port string, servers ...string) (before, site string) {
	p := products[s.product]
	guard := fmt.Sprintf("forward_auth AT_GATE {\nuri /auth/%s\n%s\n}", s.product, s.copied)
	if s.product == "basic_auth" {
		guard = fmt.Sprintf("basic_auth {\nmia %[1]s\nvictim %[1]s\n}", caddytest.AnnaHash)
	}
	trust := ""
	if p.trust != "" {
		trust = "trust " + p.trust
	}
	chat := fmt.Sprintf("chat {\nsite %s\nidentity %s {\n%s\n}\n}", s.name, s.product, trust)
	directives := s.directives
	if directives == "" {
		directives = orders[s.order]
	}
	fill := strings.NewReplacer(servers...).Replace
	guard = fill(guard)
	before = fmt.Sprintf("(snippet-%[1]s) {\n%[2]s\n}\n&(named-%[1]s) {\n%[2]s\n}\n", s.name, guard)
	site = fmt.Sprintf("http://%s:%s {\nbind 127.0.0.1\n%s\n}\n", s.host(), port, fill(strings.NewReplacer(
		"AT_GATE", "AT_GATE", "AT_APP", "AT_APP", "GATE", guard, "CHAT", chat, "APP", "reverse_proxy AT_APP", "SNIPPET", "snippet-"+s.name, "NAMED", "named-"+s.name,
		"SITE", s.name).Replace(directives)))
	return before, site
}

// serveGuarded serves sites of a gateway and an application, and of further
// servers by name.
func serveGuarded(t *testing.T, sites []guardedSite, servers map[string]http.HandlerFunc) *caddytest.World {
	t.Helper()
	return serveGuardedWith(t, "", sites, servers)
}

// serveGuardedWith is serveGuarded with global options.
func serveGuardedWith(t *testing.T, options string, sites []guardedSite, servers map[string]http.HandlerFunc) *caddytest.World {
	t.Helper()
	w := caddytest.Prepare(t, guardedApp)
	addresses := []string{"AT_APP", strings.TrimPrefix(w.App.URL, "http://"), "AT_DEAD", caddytest.FreeAddress(t), "IN_DIR", w.Dir}
	servers = maps.Clone(servers)
	if servers == nil {
		servers = map[string]http.HandlerFunc{}
	}
	servers["GATE"] = gate
	for name, serve := range servers {
		s := httptest.NewServer(serve)
		t.Cleanup(s.Close)
		addresses = append(addresses, "AT_"+name, strings.TrimPrefix(s.URL, "http://"))
	}
	_, port, _ := strings.Cut(w.Addr, ":")
	global, _, _ := strings.Cut(w.Caddyfile("", ""), "\n"+w.URL+" {")
	var before, after strings.Builder
	for _, s := range sites {
		b, a := s.caddyfile(port, addresses...)
		before.WriteString(b)
		after.WriteString(a)
	}
	desk := w.URL + " {\nbind 127.0.0.1\nchat_console {\npath /desk\n}\n}\n"
	w.Load("{\n" + options + strings.TrimPrefix(global, "{\n") + "\n" + before.String() + after.String() + desk)
	first := newDevice(w, sites[0], "mia")
	caddytest.Eventually(t, "the chat is there", func() bool {
		first.page(nil)
		return first.token() != ""
	})
	return w
}

// guardedApp is an application behind a gateway. It names who is signed in, by
// its own cookie, in the way of the product that needs that.
func guardedApp(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie("app"); err == nil {
		w.Header().Set("X-Discourse-Username", "id-"+c.Value)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><title>App</title><p>")
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(w, "%s=%q ", name, r.Header[name])
	}
}

// device is a browser at one of the sites, as its gateway knows it.
type device struct {
	*caddytest.Browser
	site guardedSite
	user string // who the gateway, or the application, says it is; may be empty
}

func newDevice(w *caddytest.World, site guardedSite, user string) device {
	b := w.Browser()
	b.Agent = "device of " + user // another device than others', before its cookie arrived
	return device{b, site, user}
}

// request is one of the device.
func (d device) request(method, path, body string, forged map[string]string) *http.Request {
	r := d.Browser.Request(method, path, []byte(body))
	r.Host = d.site.host() + ":" + r.URL.Port()
	if d.user != "" {
		r.AddCookie(&http.Cookie{Name: "gate", Value: d.user})
		r.AddCookie(&http.Cookie{Name: "app", Value: d.user})
		switch p := products[d.site.product]; {
		case d.site.product == "basic_auth":
			r.SetBasicAuth(d.user, caddytest.AnnaPassword)
		case p.trust == "trusted_proxies" && d.user != "nobody":
			for name, value := range p.fields(d.user) {
				r.Header.Set(name, value) // by a proxy in front
			}
		}
	}
	for name, value := range forged {
		r.Header.Set(name, value)
	}
	return r
}

// page asks for a page and returns it.
func (d device) page(forged map[string]string) string {
	d.World.T.Helper()
	r := d.request(http.MethodGet, "/", "", forged)
	r.Header.Set("Accept", "text/html")
	_, body := d.Do(r)
	return body
}

// api asks the widget's API.
func (d device) api(kind string, body caddytest.Obj) caddytest.Frame {
	d.World.T.Helper()
	encoded, _ := json.Marshal(body)
	r := d.request(http.MethodPost, "/_chat/api/"+kind, string(encoded), nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://"+r.Host)
	resp, text := d.Do(r)
	var f caddytest.Frame
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		d.World.T.Fatalf("%+v: %s: %s %q", d.site, kind, resp.Status, text)
	}
	return f
}

// token is the value of the session's cookie, which the jar has under the
// site's name.
func (d device) token() string {
	u := url.URL{Scheme: "http", Host: d.site.host(), Path: "/"}
	for _, c := range d.Client.Jar.Cookies(&u) {
		if strings.HasSuffix(c.Name, "-session") {
			return c.Value
		}
	}
	return ""
}

// says has the person write, by which they are known from then on.
func (d device) says(text string) {
	d.World.T.Helper()
	if f := d.api("send", caddytest.Obj{"cid": "client-" + text, "text": text}); f.T != "ack" {
		d.World.T.Errorf("%+v: %s can't write: %s", d.site, d.user, f.Code)
	}
}

// who is for whom the server takes the device: whose history it shows. It is
// "nobody" where there is no session.
func (d device) who() string {
	d.World.T.Helper()
	if d.token() == "" {
		return "nobody"
	}
	f := d.api("hello", caddytest.Obj{})
	who := f.Texts()
	if f.Who != "person" || who == "" {
		return fmt.Sprintf("%s with %q", f.Who, who)
	}
	if len(products[d.site.product].names) > 1 && f.Me.Email != who+"@example.com" {
		return who + " as " + f.Me.Email
	}
	return who
}
