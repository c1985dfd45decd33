package caddymodule_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Two sites on one host: cookies know no ports, and id 7 of one application is
// not id 7 of another.
func TestSitesOnOneHostKnowNothingOfEachOther(t *testing.T) {
	w := prepare(t, shop)
	other := freeAddress(t)
	w.load(w.caddyfile("", shopIdentity) + fmt.Sprintf("http://%s {\n\tchat {\n%s\n}\n\treverse_proxy %s\n}\n", other,
		strings.Replace(shopIdentity, "site shop", "site intranet", 1), strings.TrimPrefix(w.app.URL, "http://")))
	w.ready()
	b := w.browser()
	at := func(address string) *browser {
		there := *w
		there.addr, there.url = address, "http://"+address
		return &browser{w: &there, client: b.client}
	}
	here, there := at(w.addr), at(other)
	here.visit("/in?as=mia")
	here.say("send", "ack", obj{"cid": "client-1", "text": "at the shop"})
	if f := there.say("hello", "hello", obj{}); f.Who != "none" {
		t.Fatalf("the other site knows %+v", f)
	}
	there.visit("/")
	if f := there.say("hello", "hello", obj{}); f.Who != "person" || f.texts() != "" {
		t.Fatalf("the same id of another application: %+v", f)
	}
	there.say("send", "ack", obj{"cid": "client-1", "text": "at work"})
	if got := here.history(""); got != "at the shop" {
		t.Fatalf("the shop shows %q", got)
	}
	tab := there.hello("")
	// A token of one site under the other's name is nobody's.
	thief := w.browser()
	for _, c := range []string{"shop", "intranet"} {
		thief.keep(c, here.cookieOf("parley-shop-session"))
	}
	stranger := &browser{w: there.w, client: thief.client}
	if f := stranger.say("hello", "hello", obj{}); f.Who != "none" {
		t.Fatalf("a foreign token opens %+v", f)
	}
	here.visit("/out")
	if got := there.history(""); got != "at work" {
		t.Fatalf("a logout at the shop left %q at work", got)
	}
	tab.say(obj{"t": "here"})
	tab.expect("ok")
}

// cookieOf returns the value of a cookie.
func (b *browser) cookieOf(name string) string {
	r := b.request(http.MethodGet, "/", nil)
	for _, c := range b.client.Jar.Cookies(r.URL) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// Who says that the browser speaks HTTPS decides what cookies there are: only a
// proxy that Caddy was told of may.
func TestCookiesFollowWhatATrustedProxySays(t *testing.T) {
	trusting := func(file string) string {
		return strings.Replace(file, "	chat {\n		storage", "	servers {\n		trusted_proxies static 127.0.0.1/32\n	}\n	chat {\n		storage", 1)
	}
	for name, c := range map[string]struct {
		trusted, proto string
		secure         bool
	}{
		"a trusted proxy, HTTPS":   {"yes", "https", true},
		"a trusted proxy, HTTP":    {"yes", "http", false},
		"a trusted proxy, no word": {"yes", "", false},
		"a client that claims it":  {"", "https", false},
		"a plain host":             {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := prepare(t, shop)
			file := w.caddyfile("", shopIdentity)
			if c.trusted != "" {
				file = trusting(file)
			}
			w.load(file)
			w.ready()
			r := w.browser().request(http.MethodGet, "/in?as=mia", nil)
			r.Header.Set("Accept", "text/html")
			if c.proto != "" {
				r.Header.Set("X-Forwarded-Proto", c.proto)
			}
			resp, _ := w.browser().do(r)
			session := "parley-shop-session"
			if c.secure {
				session = "__Host-" + session
			}
			found := false
			for _, cookie := range resp.Cookies() {
				if !strings.Contains(cookie.Name, "parley-") {
					continue
				}
				found = found || cookie.Name == session
				if cookie.Secure != c.secure || cookie.Path != "/" || cookie.Domain != "" || cookie.SameSite != http.SameSiteLaxMode {
					t.Errorf("cookie: %s", cookie.Raw)
				}
			}
			if !found {
				t.Errorf("no %s among %q", session, resp.Header["Set-Cookie"])
			}
		})
	}
}
