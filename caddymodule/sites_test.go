package caddymodule_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// Two sites on one host: cookies know no ports, and id 7 of one application is
// not id 7 of another.
func TestSitesOnOneHostKnowNothingOfEachOther(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	other := caddytest.FreeAddress(t)
	w.Load(w.Caddyfile("", caddytest.ShopIdentity) + fmt.Sprintf("http://%s {\n\tchat {\n%s\n}\n\treverse_proxy %s\n}\n", other,
		strings.Replace(caddytest.ShopIdentity, "site shop", "site intranet", 1), strings.TrimPrefix(w.App.URL, "http://")))
	w.Ready()
	b := w.Browser()
	at := func(address string) *caddytest.Browser {
		there := *w
		there.Addr, there.URL = address, "http://"+address
		return &caddytest.Browser{World: &there, Client: b.Client}
	}
	here, there := at(w.Addr), at(other)
	here.Visit("/in?as=mia")
	here.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "at the shop"})
	if f := there.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
		t.Fatalf("the other site knows %+v", f)
	}
	there.Visit("/")
	if f := there.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" || f.Texts() != "" {
		t.Fatalf("the same id of another application: %+v", f)
	}
	there.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "at work"})
	if got := here.History(""); got != "at the shop" {
		t.Fatalf("the shop shows %q", got)
	}
	tab := there.Hello("")
	// A token of one site under the other's name is nobody's.
	thief := w.Browser()
	for _, c := range []string{"shop", "intranet"} {
		thief.SetToken(c, cookieOf(here, "parley-shop-session"))
	}
	stranger := &caddytest.Browser{World: there.World, Client: thief.Client}
	if f := stranger.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
		t.Fatalf("a foreign token opens %+v", f)
	}
	here.Visit("/out")
	if got := there.History(""); got != "at work" {
		t.Fatalf("a logout at the shop left %q at work", got)
	}
	tab.Send(caddytest.Obj{"t": "here"})
	tab.Expect("ok")
}

// On plain HTTP no prefix tells cookies apart: an agent who looks at the site
// called desk stays signed in at the console.
func TestSiteCalledAsTheConsole(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, strings.Replace(caddytest.ShopIdentity, "site shop", "site desk", 1))
	b, desk := w.Desk()
	b.Visit("/in?as=mia")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
		t.Fatalf("at the site: %+v", f)
	}
	again := b.Socket("/desk/socket")
	again.Expect("hello")
	desk.Send(caddytest.Obj{"t": "inbox", "query": caddytest.Obj{}})
	desk.Expect("inbox")
}

// cookieOf returns the value of a cookie.
func cookieOf(b *caddytest.Browser, name string) string {
	r := b.Request(http.MethodGet, "/", nil)
	for _, c := range b.Client.Jar.Cookies(r.URL) {
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
			w := caddytest.Prepare(t, caddytest.Shop)
			file := w.Caddyfile("", caddytest.ShopIdentity)
			if c.trusted != "" {
				file = trusting(file)
			}
			w.Load(file)
			w.Ready()
			r := w.Browser().Request(http.MethodGet, "/in?as=mia", nil)
			r.Header.Set("Accept", "text/html")
			if c.proto != "" {
				r.Header.Set("X-Forwarded-Proto", c.proto)
			}
			resp, _ := w.Browser().Do(r)
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
