package caddymodule_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// tag is what is in a page of the handler with the default path.
const tag = `<script async src="`

// tags counts the script elements of ours in a page.
func tags(body string) int { return strings.Count(body, tag) }

// serveFiles loads a Caddyfile whose one site has these directives, over a
// folder with these files.
func serveFiles(t *testing.T, files map[string]string, directives string) *caddytest.World {
	t.Helper()
	w := caddytest.Prepare(t, caddytest.Shop)
	root := filepath.Join(w.Dir, "site")
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.Load(withDirectives(w, "root * "+root+"\n"+directives))
	return w
}

// withDirectives is a Caddyfile whose one site has these directives.
func withDirectives(w *caddytest.World, directives string) string {
	caddyfile := w.Caddyfile("", "")
	global, _, _ := strings.Cut(caddyfile, "\n"+w.URL+" {")
	return global + "\n" + w.URL + " {\n" + directives + "\n}\n"
}

const page = "<!doctype html><html><head><title>Page</title></head><body>{{.Req.Method}}</body></html>"

func TestCaddysOwnWays(t *testing.T) {
	files := map[string]string{
		"index.html":  "<!doctype html><title>Index</title><p>index",
		"page.html":   page,
		"errors.html": "<!doctype html><title>Error</title><p>error",

		"sub/index.html": "<!doctype html><title>Sub</title><p>sub",
	}
	for name, c := range map[string]struct {
		directives, path string
		status, tags     int
		contains         string
	}{
		"file_server":               {"chat\nfile_server", "/page.html", 200, 1, "<title>Page"},
		"file_server, index":        {"chat\nfile_server", "/", 200, 1, "<p>index"},
		"file_server, browse":       {"chat\nfile_server /files/* browse", "/files/", 404, 0, ""},
		"try_files of an SPA":       {"chat\ntry_files {path} /index.html\nfile_server", "/deep/link", 200, 1, "<p>index"},
		"try_files, loader":         {"chat\ntry_files {path} /index.html\nfile_server", "/_chat/widget.js", 200, 0, "__PARLEY__"},
		"rewrite":                   {"chat\nrewrite * /page.html\nfile_server", "/any", 200, 1, "<title>Page"},
		"rewrite, loader":           {"chat\nrewrite * /page.html\nfile_server", "/_chat/widget.js", 200, 0, "__PARLEY__"},
		"uri, loader":               {"chat\nuri strip_prefix /_chat\nfile_server", "/_chat/widget.js", 200, 0, "__PARLEY__"},
		"handle_path around":        {"handle_path /app/* {\nchat {\npath /app/_chat\n}\nfile_server\n}", "/app/page.html", 200, 1, "<title>Page"},
		"handle_path inside":        {"chat\nhandle_path /app/* {\nfile_server\n}", "/app/page.html", 200, 1, "<title>Page"},
		"route":                     {"route {\nchat\nfile_server\n}", "/page.html", 200, 1, "<title>Page"},
		"templates":                 {"chat\ntemplates\nfile_server", "/page.html", 200, 1, "<body>GET</body>"},
		"respond":                   {"chat\nheader Content-Type text/html\nrespond \"<!doctype html><p>hi\"", "/", 200, 1, "<p>hi"},
		"encode outside":            {"chat\nencode gzip\nfile_server", "/page.html", 200, 1, "<title>Page"},
		"handle_errors without":     {"chat\nfile_server\nhandle_errors {\nrewrite * /errors.html\nfile_server\n}", "/none", 404, 0, "<p>error"},
		"handle_errors with chat":   {"chat\nfile_server\nhandle_errors {\nchat\nrewrite * /errors.html\nfile_server\n}", "/none", 404, 1, "<p>error"},
		"exclude":                   {"chat {\nexclude /page*\n}\nfile_server", "/page.html", 200, 0, "<title>Page"},
		"exclude, with a slash":     {"chat {\nexclude /sub\n}\nfile_server", "/sub/", 200, 0, "<p>sub"},
		"exclude, with a parameter": {"chat {\nexclude /page.html\n}\nrewrite /page.html* /page.html\nfile_server", "/page.html;print", 200, 0, "<title>Page"},
		"exclude keeps the rest":    {"chat {\nexclude /page*\n}\nfile_server", "/", 200, 1, "<p>index"},
		"another path":              {"chat {\npath /talk\n}\nfile_server", "/talk/widget.js", 200, 0, "__PARLEY__"},
		"matcher":                   {"chat /docs/*\nfile_server", "/page.html", 200, 0, "<title>Page"},
		"matcher, page":             {"chat /page*\nfile_server", "/page.html", 200, 1, "<title>Page"},
		"matcher, rewrite":          {"chat /index*\nrewrite * /index.html\nfile_server", "/page.html", 200, 1, "<p>index"},
		"matcher by method":         {"@get method GET\nchat @get\nfile_server", "/page.html", 200, 1, "<title>Page"},
		"two proxies, one tag":      {"route {\nchat\nroute {\nchat\nfile_server\n}\n}", "/page.html", 200, 1, "<title>Page"},
		"header set before":         {"chat\nheader X-Frame-Options DENY\nfile_server", "/page.html", 200, 1, ""},
		"intercept":                 {"chat\nintercept {\n@gone status 410\nhandle_response @gone {\nrewrite * /errors.html\nfile_server\n}\n}\nrespond /gone 410\nfile_server", "/gone", 200, 1, "<p>error"},
		"console for others":        {"@vpn remote_ip 10.0.0.0/8\nchat_console @vpn {\npath /desk\n}\nfile_server", "/desk/", 404, 0, ""},
		"console keeps its own tag": {"chat\nchat_console {\npath /desk\n}\nfile_server", "/desk/", 200, 0, "console.js"},
	} {
		t.Run(name, func(t *testing.T) {
			w := serveFiles(t, files, c.directives)
			resp, body := w.Browser().Visit(c.path)
			if resp.StatusCode != c.status || tags(body) != c.tags || !strings.Contains(body, c.contains) {
				t.Fatalf("%d with %d tags: %s", resp.StatusCode, tags(body), body)
			}
			if resp.ContentLength >= 0 && int(resp.ContentLength) != len(body) {
				t.Fatalf("Content-Length %d, body %d", resp.ContentLength, len(body))
			}
			if script := scriptOf(body); c.tags > 0 {
				if resp, code := w.Browser().Visit(script, "Accept", "*/*", "Sec-Fetch-Dest", "script"); resp.StatusCode != 200 || !strings.Contains(code, "__PARLEY__") {
					t.Errorf("the tag's script %s: %d %.40q", script, resp.StatusCode, code)
				}
			}
		})
	}
}

// scriptOf is the address in the tag of a page.
func scriptOf(body string) string {
	_, rest, _ := strings.Cut(body, tag)
	src, _, _ := strings.Cut(rest, `"`)
	return src
}

func TestForceTagsAShellThatAServiceWorkerFetches(t *testing.T) {
	w := serveFiles(t, map[string]string{"shell.html": page}, "chat {\nforce /shell.html\n}\nfile_server")
	b := w.Browser()
	if _, body := b.Visit("/shell.html", "Sec-Fetch-Dest", "empty", "Accept", "*/*"); tags(body) != 1 {
		t.Fatalf("forced, yet: %s", body)
	}
}

func TestFragmentsAndFilesPassUntouched(t *testing.T) {
	w := serveFiles(t, map[string]string{"page.html": page, "data.json": `{"a":"<head>"}`}, "chat\nfile_server")
	b := w.Browser()
	for name, header := range map[string][]string{
		"fetch":    {"Sec-Fetch-Dest", "empty"},
		"iframe":   {"Sec-Fetch-Dest", "iframe"},
		"htmx":     {"HX-Request", "true"},
		"turbo":    {"Turbo-Frame", "list"},
		"pjax":     {"X-PJAX", "true"},
		"xhr":      {"X-Requested-With", "XMLHttpRequest"},
		"no HTML":  {"Accept", "application/json"},
		"no range": {"Range", "bytes=0-10", "Accept", "*/*"},
	} {
		if _, body := b.Visit("/page.html", header...); tags(body) != 0 {
			t.Errorf("%s: %s", name, body)
		}
	}
	if _, body := b.Visit("/data.json"); body != `{"a":"<head>"}` {
		t.Errorf("JSON: %s", body)
	}
}

// A deferred header operation runs outside of chat and has the last word.
func TestDeferredHeaderOperationsHaveTheLastWord(t *testing.T) {
	w := serveFiles(t, map[string]string{"page.html": page},
		"chat\nheader >Content-Security-Policy \"script-src 'none'\"\nfile_server")
	resp, body := w.Browser().Visit("/page.html")
	if got := resp.Header.Get("Content-Security-Policy"); got != "script-src 'none'" || tags(body) != 1 {
		t.Fatalf("%q, %s", got, body)
	}
}

func TestPolicyIsChangedByTheLeast(t *testing.T) {
	for name, c := range map[string]struct{ directives, policy, want string }{
		"not needed":   {"chat", "img-src 'none'", "img-src 'none'"},
		"by a path":    {"chat", "script-src 'none'; object-src 'none'", "script-src %s/_chat/; object-src 'none'"},
		"csp off":      {"chat {\ncsp off\n}", "script-src 'none'", "script-src 'none'"},
		"nonce copied": {"chat", "script-src 'nonce-abc123'", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := serveFiles(t, map[string]string{"page.html": page},
				c.directives+"\nroute {\nchat /never\nheader Content-Security-Policy \""+c.policy+"\"\nfile_server\n}")
			resp, body := w.Browser().Visit("/page.html")
			got := resp.Header.Get("Content-Security-Policy")
			want := c.want
			if strings.Contains(want, "%s") {
				want = fmt.Sprintf(want, w.URL)
			}
			if want != "" && got != want {
				t.Errorf("policy %q, want %q", got, want)
			}
			if advised := w.Logged("csp off", "needed", "/_chat/"); (name == "csp off") != (advised == 1) {
				t.Errorf("the operator was told %d times what the policy needs", advised)
			}
			if name == "nonce copied" && (!strings.Contains(body, `nonce="abc123"`) || !strings.HasPrefix(got, c.policy)) {
				t.Errorf("%q, %s", got, body)
			}
		})
	}
}

func TestSeveralHostsInOneBlock(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	caddyfile := withDirectives(w, "chat\nrespond \"<!doctype html><p>hi\"\nheader Content-Type text/html")
	port := w.Addr[strings.LastIndex(w.Addr, ":"):]
	caddyfile = strings.Replace(caddyfile, "\n"+w.URL+" {", "\nhttp://a.localhost"+port+", http://b.localhost"+port+" {", 1)
	w.Load(caddyfile)
	for _, host := range []string{"a.localhost", "b.localhost"} {
		b := w.Browser()
		r := b.Request(http.MethodGet, "/", nil)
		r.Host = host + port
		r.Header.Set("Accept", "text/html")
		if _, body := b.Do(r); tags(body) != 1 {
			t.Errorf("%s: %s", host, body)
		}
	}
}

// A matcher of chat says which pages have it by path and method. Whatever else it
// says is true of the chat's own requests too.
func TestMatchersThatAreNotAboutPagesGuardTheCallsToo(t *testing.T) {
	for name, matcher := range map[string]string{
		"host alone":     "host a.localhost",
		"host and pages": "{\nhost a.localhost\npath /shop/*\npath_regexp ^/shop\nmethod PUT\n}",
	} {
		t.Run(name, func(t *testing.T) {
			w := caddytest.Prepare(t, caddytest.Shop)
			caddyfile := withDirectives(w, "@shop "+matcher+"\nchat @shop\nrespond \"the application\"")
			port := w.Addr[strings.LastIndex(w.Addr, ":"):]
			w.Load(strings.Replace(caddyfile, "\n"+w.URL+" {", "\nhttp://a.localhost"+port+", http://b.localhost"+port+" {", 1))
			for host, want := range map[string]string{"a.localhost": "__PARLEY__", "b.localhost": "the application"} {
				b := w.Browser()
				r := b.Request(http.MethodGet, "/_chat/widget.js", nil)
				r.Host = host + port
				if _, body := b.Do(r); !strings.Contains(body, want) {
					t.Errorf("the script at %s: %.60q", host, body)
				}
			}
		})
	}
}

func TestConditionalRequestsComeBackAcrossAChangeOfTheTag(t *testing.T) {
	w := serveFiles(t, map[string]string{"page.html": page}, "chat\nfile_server")
	b := w.Browser()
	first, _ := b.Visit("/page.html")
	etag := first.Header.Get("ETag")
	if etag == "" {
		t.Fatal("no ETag to come back with")
	}
	if again, _ := b.Visit("/page.html", "If-None-Match", etag); again.StatusCode != 304 || again.Header.Get("ETag") != etag {
		t.Fatalf("unchanged: %d %q", again.StatusCode, again.Header.Get("ETag"))
	}
	w.Load(withDirectives(w, "root * "+filepath.Join(w.Dir, "site")+"\nchat {\nwidget {\ntitle Other\n}\n}\nfile_server"))
	if again, body := b.Visit("/page.html", "If-None-Match", etag); again.StatusCode != 200 || tags(body) != 1 || again.Header.Get("ETag") == etag {
		t.Fatalf("another tag: %d %q", again.StatusCode, again.Header.Get("ETag"))
	}
	// A listener of the configuration before may still take a connection.
	caddytest.Eventually(t, "HEAD says what GET says", func() bool {
		head := b.Request(http.MethodHead, "/page.html", nil)
		head.Header.Set("Accept", "text/html")
		got, _ := b.Do(head)
		want, body := b.Visit("/page.html")
		return got.ContentLength == int64(len(body)) && got.Header.Get("ETag") == want.Header.Get("ETag")
	})
}

func TestWhyAPageHasNoChatIsCountedAndLogged(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	caddyfile := strings.Replace(w.Caddyfile("", "site counted"), "output file "+w.Log, "output file "+w.Log+"\n		level DEBUG", 1)
	w.Load(strings.Replace(caddyfile, "reverse_proxy ", "metrics /metrics\n	reverse_proxy ", 1))
	b := w.Browser()
	b.Visit("/seen", "Sec-Fetch-Dest", "iframe")
	if w.Logged(`"uri":"/seen"`, `"tag":"embedded"`) != 1 {
		t.Fatal("the log does not say why the page has no tag")
	}
	b.Visit("/")
	b.Visit("/?h-Content-Disposition=attachment")
	_, counted := b.Visit("/metrics")
	for reason, n := range map[string]int{"embedded": 1, "injected": 1, "attachment": 1, "amp": 0} {
		if want := fmt.Sprintf("parley_responses_total{reason=%q,site=\"counted\"} %d\n", reason, n); !strings.Contains(counted, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
}

// What is set behind the chat counts for a visitor with a session as for one
// without, and nobody behind it sees the session.
func TestHandlersBehindSeeTheSameWithASession(t *testing.T) {
	app := func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(rw, "<!doctype html><title>App</title><p>%s, %s", r.Header.Get("X-Tenant-Again"), r.Header.Get("X-All-Cookies"))
	}
	w := caddytest.Prepare(t, app)
	directives := `site shop
		identity {
			id {http.request.header.X-Tenant}
			trust trusted_proxies
		}`
	proxy := "reverse_proxy " + strings.TrimPrefix(w.App.URL, "http://")
	caddyfile := strings.Replace(w.Caddyfile("", directives), proxy, "", 1)
	caddyfile = strings.Replace(caddyfile, "chat_console {", "route {\nCHAT\nrequest_header X-Tenant acme\n"+proxy+` {
		header_up X-Tenant-Again {http.request.header.X-Tenant}
		header_up X-All-Cookies {http.request.header.Cookie}
	}
}
	chat_console {`, 1)
	inner := "chat {\n\t\t" + directives + "\n\t}"
	caddyfile = strings.Replace(strings.Replace(caddyfile, inner, "", 1), "CHAT", inner, 1)
	w.Load(strings.Replace(caddyfile, "	chat {\n		storage", "	servers {\n		trusted_proxies static 127.0.0.1/32\n	}\n	chat {\n		storage", 1))
	w.Ready()
	b := w.Browser()
	for range 3 {
		_, body := b.Visit("/")
		if !strings.Contains(body, "<p>acme, ") {
			t.Errorf("behind the chat: %s", body)
		}
		token := b.Token()
		if token == "" || strings.Contains(body, token) {
			t.Fatalf("session %q; the application sees %s", token, body)
		}
		if who := b.Call("hello", "hello", caddytest.Obj{}).Who; who != "person" {
			t.Errorf("the visitor is %s", who)
		}
	}
}
