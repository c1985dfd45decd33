package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// A page that the browser brings back as it was left is live again.
func TestBackForwardCache(t *testing.T) {
	s := startSite(t, "", pages{
		"/":       page(`<title>First</title>`, `<h1>First</h1>`),
		"/second": page(`<title>Second</title>`, `<h1>Second</h1>`),
	})
	computer := browser.New(t)
	tab := computer.Tab()
	v := begin(tab, s.local+"/")
	v.Go(s.local + "/second")
	v.Say("Two.")
	v.Sees("TWO.")
	v.Back()
	v.Find("heading", "First")
	expectOneWidget(t, tab, "brought back") // firstChat is a variable of the page as it was left
	v.Sees("TWO.")
	goesOn(v, "Three.")

	// What ended meanwhile is not shown again.
	v.Go(s.local + "/second")
	other := people.Visit(computer, s.local+"/second")
	other.OpenChat()
	other.Sees("ONE.")
	browser.Eval[bool](other.Tab, `(Parley.user.reset(), true)`)
	other.Wait(`!document.cookie.includes('parley-shop')`)
	v.Back()
	v.Find("heading", "First")
	v.Wait(`window.firstChat && !firstChat.shadowRoot.textContent.includes('ONE.')`)
	v.Say("Four.")
	v.Sees("FOUR.")
	expectAlone(t, "who comes after the logout", v.Transcript(), "ONE", "TWO", "THREE")
}

// A page that is prepared ahead, and may never be seen, asks nothing of the
// chat before it is.
func TestPrerender(t *testing.T) {
	app := http.NewServeMux()
	var state, early atomic.Value
	state.Store("")
	app.Handle("/", pages{
		"/": page(`<title>First</title>`, `<h1>First</h1>`),
		"/begin": page(`<title>Begin</title>
			<script type="speculationrules">{"prerender": [{"source": "list", "urls": ["/second"], "eagerness": "immediate"}]}</script>`,
			`<h1>Begin</h1><script>
			(async () => {
				while (await (await fetch('/state')).text() !== 'prepared') await new Promise(done => setTimeout(done, 100))
				location.href = '/second'
			})()
			</script>`),
		"/second": page(`<title>Second</title>`, `<h1>Second</h1><script>
			// Behind all that others do once the page is loaded and the browser idle.
			const idle = () => new Promise(done => requestIdleCallback(done))
			if (document.prerendering) addEventListener('load', async () => { await idle(); await idle(); await idle(); fetch('/set?prepared') })
			addEventListener('load', () => Parley.ready(() => {
				const shown = performance.getEntriesByType('navigation')[0].activationStart > 0
				fetch('/set?' + (shown ? 'shown' : 'loaded') + document.querySelectorAll('parley-chat').length)
			}))
		</script>`),
	})
	app.HandleFunc("/state", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, state.Load()) })

	var asked atomic.Int32 // by the second page, of the chat
	app.HandleFunc("/set", func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "prepared" {
			early.Store(asked.Load())
		}
		state.Store(r.URL.RawQuery)
	})
	s := startSite(t, "", app)
	behind, err := url.Parse(s.local)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_chat/api/") && strings.HasSuffix(r.Referer(), "/second") {
			asked.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)

	// Browsers prerender where there is memory to spare, which a test can't
	// promise, and not in a tab that is driven from outside.
	tab := browser.NewProcess(t, "disable-features=Prerender2MemoryControls", "disable-popup-blocking").Tab()
	begin(tab, front.URL)
	browser.Eval[bool](tab, `(open('/begin', '_blank', 'noopener'), true)`)
	const end = `(async () => {
		for (let tries = 0; tries < 300; tries++) {
			const said = await (await fetch('/state')).text()
			if (/\d/.test(said)) return said
			await new Promise(done => setTimeout(done, 100))
		}
		return 'nothing'
	})()`
	if got := browser.Eval[string](tab, end); got != "shown1" {
		t.Fatalf("of itself, and of the chats on it, the page said %q", got)
	}
	if n := early.Load(); n != int32(0) {
		t.Errorf("a page that nobody sees asked the chat %v times", n)
	}
}

// An application shell that a service worker keeps has the chat where force
// says so.
func TestServiceWorkerShell(t *testing.T) {
	app := http.NewServeMux()
	app.Handle("/", pages{
		"/":           page(`<title>Start</title>`, `<h1>Start</h1><script>navigator.serviceWorker.register('/worker.js')</script>`),
		"/shell.html": page(`<title>Shell</title>`, `<h1>Shell</h1>`),
	})
	app.HandleFunc("/worker.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `
			addEventListener('install', e => e.waitUntil(caches.open('shell').then(c => c.add('/shell.html'))))
			addEventListener('activate', e => e.waitUntil(clients.claim()))
			addEventListener('fetch', e => { if (e.request.mode === 'navigate') e.respondWith(caches.match('/shell.html')) })`)
	})
	s := startSite(t, "force /shell.html", app)
	tab := browser.New(t).Open(s.local)
	tab.Wait(`navigator.serviceWorker.controller`)
	v := begin(tab, s.local+"/anywhere")
	v.Find("heading", "Shell")
	goesOn(v, "Two.")
	v.Go(s.local + "/elsewhere")
	v.OpenChat()
	v.Sees("TWO.")
}
