package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// Where something on the way lets no socket pass, the chat polls: nothing is
// lost, nothing comes twice, and a logout reaches the page.
func TestBehindAProxyThatBarsSockets(t *testing.T) {
	for name, bar := range map[string]string{
		"refuses them":          "@socket header Upgrade websocket\nrespond @socket 403",
		"knows nothing of them": "request_header -Upgrade",
	} {
		t.Run(name, func(t *testing.T) {
			dir, caddyfile, behind := demo(t)
			port := server.FreePort(t)
			for strings.Contains(caddyfile, fmt.Sprint(port)) {
				port = server.FreePort(t) // the demo's own are free until it runs
			}
			front := fmt.Sprintf("http://localhost:%d", port)
			server.Start(t, dir, caddyfile+fmt.Sprintf("\n%s {\n\tbind 127.0.0.1\n\t%s\n\treverse_proxy %s\n}\n",
				front, bar, strings.TrimPrefix(behind, "http://")))
			desk := anna(t, behind)
			computer := browser.New(t)
			visitor := people.Visit(computer, front)
			visitor.AllowProblem("WebSocket connection")
			signIn(visitor, front, "mia@example.com")
			visitor.Say("One.")
			desk.Take("Mia Lindqvist")
			desk.FindBy("link", browser.Containing("Holm & Hatch"), "a link to her page")
			desk.Reply("Two.")
			visitor.Sees("Two.")
			for _, text := range []string{"Three.", "Four.", "Five."} {
				visitor.Say(text)
			}
			desk.Sees("Five.")
			for _, text := range []string{"Six.", "Seven."} {
				desk.Reply(text)
			}
			visitor.Sees("Seven.")
			for who, transcript := range map[string]string{"the visitor": visitor.Transcript(), "the desk": desk.Transcript()} {
				at := -1
				for _, text := range []string{"One.", "Two.", "Three.", "Four.", "Five.", "Six.", "Seven."} {
					next := strings.Index(transcript, text)
					if next <= at || strings.Count(transcript, text) != 1 {
						t.Errorf("%s sees %q not once, or not in its place:\n%s", who, text, transcript)
					}
					at = next
				}
			}
			signOutElsewhere(t, computer, behind)
			visitor.Wait(`!(document.querySelector('parley-chat')?.shadowRoot?.textContent ?? '').includes('Seven.')`)
		})
	}
}

// signOutElsewhere logs out with a browser's cookies, and without the browser
// being told.
func signOutElsewhere(t *testing.T, computer *browser.Computer, url string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url+"/logout", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range computer.Cookies() {
		request.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

// A browser that speaks HTTP/2 with the site opens the socket over TLS all the
// same, and what agents say comes by it.
func TestSocketBesideHTTP2(t *testing.T) {
	upstream := httptest.NewServer(pages{"/": page(`<title>Shop</title>`, `<h1>Shop</h1>`)})
	t.Cleanup(upstream.Close)
	port, desk := server.FreePort(t), server.FreePort(t)
	url := fmt.Sprintf("https://localhost:%d", port)
	server.Start(t, t.TempDir(), fmt.Sprintf(`
{
	auto_https disable_redirects
	skip_install_trust
	chat {
		agent anna@example.com %s
	}
}
%s {
	bind 127.0.0.1
	tls internal
	chat {
		site shop
	}
	reverse_proxy %s
}
http://127.0.0.1:%d {
	chat_console {
		path /desk
	}
}
`, hash(t, demoPassword), url, strings.TrimPrefix(upstream.URL, "http://"), desk))
	people.Answers(t, fmt.Sprintf("http://127.0.0.1:%d/desk/", desk), "anna@example.com", demoPassword)

	computer := browser.NewProcess(t, "ignore-certificate-errors")
	v := begin(computer.Tab(), url+"/")
	const protocol = `performance.getEntriesByType('navigation')[0].nextHopProtocol`
	if got := browser.Eval[string](v.Tab, protocol); got != "h2" {
		t.Fatalf("the page came by %q", got)
	}
	v.Wait(`performance.getEntriesByType('resource').some(e => e.name.includes('/_chat/api/') && e.nextHopProtocol === 'h2')`)
	asked := func() (sockets int, posts []string) {
		for _, r := range v.Requests() {
			switch {
			case r.Type == "WebSocket" && strings.HasPrefix(r.URL, "wss://"):
				sockets++
			case r.Method == http.MethodPost:
				posts = append(posts, strings.TrimPrefix(r.URL, url))
			}
		}
		return sockets, posts
	}
	// A chat that has just begun may ask once more what is new, where the first
	// answer came beside the socket's hello. Then the socket is enough.
	var last []string
	for _, text := range []string{"Two.", "Three.", "Four.", "Five."} {
		_, before := asked()
		goesOn(v, text)
		_, posts := asked()
		if last = posts[len(before):]; len(last) == 0 {
			break
		}
	}
	if sockets, _ := asked(); sockets != 1 || len(last) != 0 {
		t.Errorf("%d sockets, and for a message and its answer the requests %q", sockets, last)
	}
	for _, cookie := range computer.Cookies() {
		if strings.HasSuffix(cookie.Name, "-session") && (!strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HTTPOnly) {
			t.Errorf("the session's cookie is %+v", cookie)
		}
	}
}
