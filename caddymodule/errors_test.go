package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/internal/caddytest"
)

// sorry makes error pages: it says who is signed in, in headers and a trailer, and
// which cookies it was sent.
func sorry(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/broken" {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("X-User-Id", "mia")
	w.Header().Set("X-Other", "kept")
	w.Header().Set("Trailer", "X-User-Email")
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<!doctype html><title>Sorry</title><p>cookies %q", r.Header["Cookie"])
	w.Header().Set("X-User-Email", "mia@example.com")
}

const errorCookies = "shop=mia; parley-shop-session=token; parley-shop=p"

// The application behind handle_errors says who is signed in as any other does, and
// no more needs to know the session's token.
func TestEvidenceAndTokenOnErrorPages(t *testing.T) {
	const (
		chat   = "chat {\nsite shop\nidentity {\nid X-User-Id\nemail X-User-Email\n}\n}\n"
		errors = "handle_errors {\nreverse_proxy APP\n}\n"
		gone   = "reverse_proxy 127.0.0.1:1\n"
	)
	for name, c := range map[string]struct {
		global, directives string
		tags               int
	}{
		"without chat":          {directives: chat + gone + errors},
		"with chat":             {directives: chat + gone + "handle_errors {\n" + chat + "reverse_proxy APP\n}", tags: 1},
		"one with and without":  {directives: chat + "error 404\nhandle_errors 500 {\n" + chat + "}\n" + errors},
		"error within":          {directives: chat + "error 404\n" + errors},
		"error before":          {directives: "route {\nerror 404\n" + chat + "}\n" + errors},
		"gateway before":        {directives: "forward_auth 127.0.0.1:1 {\nuri /\n}\n" + chat + gone + errors},
		"in a subroute":         {directives: "handle {\n" + chat + gone + "}\n" + errors},
		"by a name":             {global: "&(named) {\nroute {\n" + chat + gone + "}\n}\n", directives: "invoke named\n" + errors},
		"copy_response":         {directives: chat + gone + "handle_errors {\nreverse_proxy APP {\nhandle_response {\ncopy_response\n}\n}\n}\n"},
		"copy_response_headers": {directives: chat + gone + "handle_errors {\nreverse_proxy APP {\nhandle_response {\ncopy_response_headers\nrespond \"<!doctype html>Sorry shop=mia\"\n}\n}\n}\n"},
		"header":                {directives: chat + gone + "handle_errors {\nheader X-User-Id mia\nreverse_proxy APP\n}\n"},
		"encode":                {directives: chat + gone + "handle_errors {\nencode gzip\nreverse_proxy APP\n}\n"},
		"intercept":             {directives: chat + gone + "handle_errors {\nintercept {\nhandle_response {\nreverse_proxy APP\n}\n}\nreverse_proxy APP\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := caddytest.Prepare(t, sorry)
			directives := strings.ReplaceAll(c.directives, "APP", strings.TrimPrefix(w.App.URL, "http://"))
			other := "http://" + caddytest.FreeAddress(t)
			caddyfile := strings.Replace(withDirectives(w, directives), w.URL+" {", c.global+w.URL+" {", 1)
			w.Load(caddyfile + "\n" + other + " {\nreverse_proxy " + strings.TrimPrefix(w.App.URL, "http://") + "\n}\n")
			w.Load(w.Loaded + "# reloaded")
			asking := func(url string, header ...string) (got answer) {
				for range 3 {
					if got = ask(t, wire(t), http.MethodGet, url, header...); !caddytest.ResetByReload(got.err) {
						break
					}
				}
				return got
			}
			got := asking(w.URL, append([]string{"Cookie", errorCookies}, navigation...)...)
			if !strings.Contains(got.body, "Sorry") || !strings.Contains(got.body, "shop=mia") || strings.Contains(got.body, "token") || tags(got.body) != c.tags {
				t.Errorf("the page: %d %s", got.status, got.body)
			}
			if fields := got.fields(); strings.Contains(fields, "X-User-") || !strings.Contains(fields, "X-Other: kept") {
				t.Errorf("the fields:\n%s", fields)
			}
			if site := asking(other); site.err != nil || site.header.Get("X-User-Id") != "mia" {
				t.Errorf("another site: %v, fields:\n%s", site.err, site.fields())
			}
		})
	}
}

// A chat on an error's page knows the session, although the token is hidden from
// what stands beside it there.
func TestChatOfErrorPagesKnowsTheSession(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	app := strings.TrimPrefix(w.App.URL, "http://")
	chat := "chat {\n" + caddytest.ShopIdentity + "\n}\n"
	w.Load(withDirectives(w, "route {\nerror /early/* 404\n"+chat+"error /late/* 404\nreverse_proxy "+app+"\n}\n"+
		"handle_errors {\nroute {\n"+chat+"rewrite * /\nreverse_proxy "+app+"\n}\n}\n"))
	for _, path := range []string{"/early/page", "/late/page", "/early/out"} {
		b := w.Browser()
		b.Visit("/in?as=mia")
		b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "hello"})
		before := b.Token()
		resp, body := b.Visit(path)
		if resp.StatusCode != http.StatusOK || tags(body) != 1 || strings.Contains(body, "-session") || len(resp.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: %d %q %s", path, resp.StatusCode, resp.Header, body)
		}
		if b.Token() != before || !strings.Contains(b.History(""), "hello") {
			t.Errorf("%s: the session is another, with %q", path, b.History(""))
		}
	}
}

// Hosts of one server keep what is theirs: only those with chat lose evidence.
func TestErrorPagesOfAnotherHost(t *testing.T) {
	w := caddytest.Prepare(t, sorry)
	_, port, _ := strings.Cut(w.Addr, ":")
	app := strings.TrimPrefix(w.App.URL, "http://")
	const directives = "error 404\nhandle_errors {\nreverse_proxy APP\n}\n}\n"
	caddyfile, _, _ := strings.Cut(w.Caddyfile("", ""), w.URL+" {")
	w.Load(caddyfile + strings.ReplaceAll(
		"http://shop.localhost:"+port+" {\nchat {\nsite shop\nidentity {\nid X-User-Id\n}\n}\n"+directives+
			"http://*.any.localhost:"+port+" {\nchat {\nsite any\nidentity {\nid X-User-Id\n}\n}\n"+directives+
			"&(main) {\nchat {\nsite main\npath /_main\nidentity {\nid X-User-Id\n}\n}\n}\n"+
			"http://one.localhost:"+port+" {\ninvoke main\n"+directives+
			"http://two.localhost:"+port+" {\ninvoke main\n"+directives+
			"http://plain.localhost:"+port+" {\n"+directives, "APP", app))
	for host, want := range map[string]string{
		"shop.localhost": "", "a.any.localhost": "", "one.localhost": "", "two.localhost": "", "plain.localhost": "mia",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host + ":" + port
		r.Header.Set("Cookie", errorCookies)
		resp, body := w.Browser().Do(r)
		if got := resp.Header.Get("X-User-Id"); got != want || strings.Contains(body, "token") != (want != "") {
			t.Errorf("%s: %q, %s", host, got, body)
		}
	}
}

// In JSON a subroute can have errors of its own, which are handled inside of what
// the server's errors are; and a server's error route needs no subroute.
func TestErrorRoutesInJSON(t *testing.T) {
	const chat = `{"handler": "chat", "site": "shop", "identity": {"id": "X-User-Id", "email": "X-User-Email"}}`
	const gone = `{"handler": "reverse_proxy", "upstreams": [{"dial": "127.0.0.1:1"}]}`
	for name, c := range map[string]struct{ server, refused string }{
		"direct": {`"routes": [{"handle": [` + chat + `, ` + gone + `]}], "errors": {"routes": [{"handle": [PROXY]}]}`, ""},
		"of a subroute": {`"routes": [{"handle": [{"handler": "subroute",
			"routes": [{"handle": [` + chat + `]}, {"handle": [` + gone + `]}],
			"errors": {"routes": [{"handle": [PROXY]}]}}]}]`, ""},
		"of both": {`"routes": [{"handle": [{"handler": "subroute",
			"routes": [{"handle": [` + chat + `]}, {"handle": [` + gone + `]}],
			"errors": {"routes": [{"handle": [` + gone + `]}]}}]}], "errors": {"routes": [{"handle": [` + chat + `, PROXY]}]}`, ""},
		"of a subroute, with chat": {`"routes": [{"handle": [{"handler": "subroute",
			"routes": [{"handle": [` + gone + `]}],
			"errors": {"routes": [{"handle": [` + chat + `, PROXY]}]}}]}]`, ""},
		"of a named route": {`"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}],
			"named_routes": {"a": {"handle": [` + chat + `, ` + gone + `]}}, "errors": {"routes": [{"handle": [{"handler": "subroute", "routes": [{"handle": [PROXY]}]}]}]}`, ""},
		"direct, of a named route": {`"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}],
			"named_routes": {"a": {"handle": [` + chat + `, ` + gone + `]}}, "errors": {"routes": [{"handle": [PROXY]}]}`, "put the error routes into a subroute"},
		"unknown, of a named route": {`"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}],
			"named_routes": {"a": {"handle": [` + chat + `, ` + gone + `]}}, "errors": {"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}]}`, "put the error routes into a subroute"},
		"harmless, of a named route": {`"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}],
			"named_routes": {"a": {"handle": [` + chat + `, ` + gone + `]}}, "errors": {"routes": [{"handle": [
				{"handler": "vars", "a": "b"}, {"handler": "rewrite", "uri": "/sorry"}, {"handler": "encode", "encodings": {"gzip": {}}},
				{"handler": "headers", "response": {"set": {"X-Other": ["kept"]}}}, {"handler": "templates"},
				{"handler": "file_server", "root": "/nowhere", "pass_thru": true},
				{"handler": "static_response", "body": "<!doctype html>Sorry"}]}]}`, ""},
		"of a subroute that invokes": {`"routes": [{"handle": [{"handler": "subroute",
			"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}, {"handle": [` + gone + `]}],
			"errors": {"routes": [{"handle": [PROXY]}]}}]}], "named_routes": {"a": {"handle": [` + chat + `]}}`, ""},
		"of a subroute that invokes, empty errors": {`"routes": [{"handle": [{"handler": "subroute",
			"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}, {"handle": [` + gone + `]}],
			"errors": {"routes": [{"handle": [PROXY]}]}}]}], "errors": {"routes": []}, "named_routes": {"a": {"handle": [` + chat + `]}}`, ""},
		"of a subroute that invokes by another": {`"routes": [{"handle": [{"handler": "subroute",
			"routes": [{"handle": [{"handler": "invoke", "name": "b"}]}, {"handle": [` + gone + `]}],
			"errors": {"routes": [{"handle": [PROXY]}]}}]}], "named_routes": {"a": {"handle": [` + chat + `]}, "b": {"handle": [{"handler": "invoke", "name": "a"}]}}`, ""},
		"of errors' subroute, of a named route": {`"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}],
			"named_routes": {"a": {"handle": [` + chat + `, ` + gone + `]}},
			"errors": {"routes": [{"handle": [{"handler": "subroute", "routes": [{"handle": [` + gone + `]}], "errors": {"routes": [{"handle": [PROXY]}]}}]}]}`, ""},
		"of a named route's subroute that invokes": {`"routes": [{"handle": [{"handler": "invoke", "name": "b"}]}],
			"named_routes": {"a": {"handle": [` + chat + `]}, "b": {"handle": [{"handler": "subroute",
				"routes": [{"handle": [{"handler": "invoke", "name": "a"}]}, {"handle": [` + gone + `]}],
				"errors": {"routes": [{"handle": [PROXY]}]}}]}}`, "put the subroute into the server's routes"},
	} {
		t.Run(name, func(t *testing.T) {
			w := caddytest.Prepare(t, sorry)
			proxy := `{"handler": "reverse_proxy", "upstreams": [{"dial": "` + strings.TrimPrefix(w.App.URL, "http://") + `"}]}`
			store, _ := json.Marshal(w.Dir + "/store")
			err := caddy.Load([]byte(`{"admin": {"disabled": true}, "apps": {"chat": {"storage": {"module": "badger", "path": `+string(store)+`}},
				"http": {"servers": {"a": {"listen": ["`+w.Addr+`"], "automatic_https": {"disable": true}, `+strings.ReplaceAll(c.server, "PROXY", proxy)+`}}}}}`), true)
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("it is not refused with %q: %v", c.refused, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := ask(t, wire(t), http.MethodGet, w.URL, slices.Concat([]string{"Cookie", errorCookies}, navigation)...)
			if !strings.Contains(got.body, "Sorry") || strings.Contains(got.body, "token") || strings.Contains(got.fields(), "X-User-") {
				t.Errorf("%d %s\n%s", got.status, got.body, got.fields())
			}
		})
	}
}
