package e2e_test

import (
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// site is an application with a chat in front, and an agent who answers.
type site struct {
	*server.Server
	local string // its origin on loopback, which browsers trust as they do HTTPS
	plain string // its origin on a name, plain HTTP: no Sec-Fetch headers there
}

// startSite puts a chat in front of an application.
func startSite(t *testing.T, directives string, app http.Handler) site {
	t.Helper()
	s, caddyfile, desk := planSite(t, directives, app)
	s.Server = server.Start(t, t.TempDir(), caddyfile)
	people.Answers(t, desk, "anna@example.com", demoPassword)
	return s
}

// startSiteApart is startSite with a server of its own process, so that it can
// run beside others. The site has no Server then.
func startSiteApart(t *testing.T, directives string, app http.Handler) site {
	t.Helper()
	s, caddyfile, desk := planSite(t, directives, app)
	server.StartProcess(t, t.TempDir(), caddyfile)
	people.Answers(t, desk, "anna@example.com", demoPassword)
	return s
}

// planSite runs the application and returns what to serve it with, and where the
// desk will be.
func planSite(t testing.TB, directives string, app http.Handler) (s site, caddyfile, desk string) {
	t.Helper()
	upstream := httptest.NewServer(app)
	t.Cleanup(upstream.Close)
	sitePort, deskPort := server.FreePort(t), server.FreePort(t)
	s = site{local: fmt.Sprintf("http://127.0.0.1:%d", sitePort), plain: fmt.Sprintf("http://shop.test:%d", sitePort)}
	caddyfile = fmt.Sprintf(`
{
	chat {
		agent anna@example.com %s
	}
}
%s, %s {
	bind 127.0.0.1
	chat {
		site shop
		%s
	}
	reverse_proxy %s
}
http://127.0.0.1:%d {
	bind 127.0.0.1
	chat_console {
		path /desk
	}
}
`, hash(t, demoPassword), s.local, s.plain, directives, strings.TrimPrefix(upstream.URL, "http://"), deskPort)
	return s, caddyfile, fmt.Sprintf("http://127.0.0.1:%d/desk/", deskPort)
}

// pages is an application: the HTML of its pages by their paths, and the
// libraries that they load, under /lib/.
type pages map[string]string

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/lib/"); ok {
		text, err := os.ReadFile(filepath.Join(libraries, filepath.FromSlash(name)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		_, _ = w.Write(text) // the browser may have gone
		return
	}
	page, ok := p[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, page)
}

// libraries is where npm has put what the applications use.
var libraries = func() string {
	dir, err := filepath.Abs("apps/node_modules")
	if err != nil {
		panic(err)
	}
	return dir
}()

// page is a whole document.
func page(head, body string) string {
	return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" + head + "\n</head>\n<body>\n" + body + "\n</body>\n</html>\n"
}

// expectOneWidget fails unless the page has one chat, and that the one which
// was marked.
func expectOneWidget(t *testing.T, tab *browser.Tab, when string) {
	t.Helper()
	tab.Find("button", "Close chat")
	const facts = `[document.querySelectorAll('parley-chat').length, window.firstChat === document.querySelector('parley-chat')].join()`
	if got := browser.Eval[string](tab, facts); got != "1,true" {
		t.Errorf("%s: the number of chats, and whether it is the first one: %s", when, got)
	}
}

// begin says something and marks the chat.
func begin(tab *browser.Tab, url string) people.Visitor {
	tab.Go(url)
	v := people.Visitor{Tab: tab}
	v.Say("One.")
	v.Sees("ONE.")
	browser.Eval[bool](tab, `(window.firstChat = document.querySelector('parley-chat'), true)`)
	return v
}

// goesOn expects what was said, and says more.
func goesOn(v people.Visitor, text string) {
	v.Sees("ONE.")
	v.Say(text)
	v.Sees(strings.ToUpper(text))
}
