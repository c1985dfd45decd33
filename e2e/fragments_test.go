package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
)

// everywhere runs a test in a browser that says what it asks for, and in one
// that does not, since the site has no TLS.
func everywhere(t *testing.T, s site, test func(t *testing.T, tab *browser.Tab, origin string)) {
	t.Helper()
	computer := browser.New(t)
	for name, origin := range map[string]string{"with Sec-Fetch": s.local, "without Sec-Fetch": s.plain} {
		t.Run(name, func(t *testing.T) { test(t, computer.Tab().In(t), origin) })
	}
}

// expectNoTag asks as a library of the page does and fails if the answer is
// not as the application sent it.
func expectNoTag(t *testing.T, tab *browser.Tab, path, options string) {
	t.Helper()
	got := browser.Eval[string](tab, fmt.Sprintf(`fetch(%q, %s).then(r => r.text())`, path, options))
	if got == "" || strings.Contains(got, "_chat") {
		t.Errorf("%s, asked for with %s: %q", path, options, got)
	}
}

func TestHTMX(t *testing.T) {
	head := `<title>htmx</title><script src="/lib/htmx.org/dist/htmx.js"></script>`
	s := startSite(t, "", pages{
		"/": page(head, `<div hx-boost="true"><h1>First</h1><a href="/second">On</a>
			<button hx-get="/part" hx-target="#out">Load</button><div id="out"></div></div>`),
		"/second": page(head, `<div hx-boost="true"><h1>Second</h1><a href="/">Back to the first</a></div>`),
		"/part":   `<p>A part of a page</p>`,
	})
	everywhere(t, s, func(t *testing.T, tab *browser.Tab, origin string) {
		v := begin(tab, origin)
		v.Find("button", "Load").Click()
		v.HasText("A part of a page")
		if got := browser.Eval[string](tab, `document.querySelector('#out').innerHTML`); strings.Contains(got, "_chat") {
			t.Errorf("the part became %q", got)
		}
		v.Find("link", "On").Click()
		v.Find("heading", "Second")
		expectOneWidget(t, tab, "after a boosted link")
		goesOn(v, "Two.")
		v.Back()
		v.Find("heading", "First")
		expectOneWidget(t, tab, "after going back")
		goesOn(v, "Three.")
		v.Find("link", "On").Click()
		v.Find("heading", "Second")
		expectOneWidget(t, tab, "after the boosted link again")
		expectNoTag(t, tab, "/", `{headers: {'HX-Request': 'true', accept: 'text/html'}}`)
	})
}

func TestTurboDrive(t *testing.T) {
	head := `<title>Turbo</title><meta name="turbo-refresh-method" content="morph"><script src="/lib/@hotwired/turbo/dist/turbo.es2017-umd.js"></script>`
	s := startSite(t, "", pages{
		"/":       page(head, `<h1>First</h1><a href="/second">On</a>`),
		"/second": page(head, `<h1>Second</h1><a href="/">To the first</a>`),
	})
	everywhere(t, s, func(t *testing.T, tab *browser.Tab, origin string) {
		v := begin(tab, origin+"/")
		v.Find("link", "On").Click()
		v.Find("heading", "Second")
		expectOneWidget(t, tab, "after a visit")
		goesOn(v, "Two.")

		// A page seen before is shown from Turbo's cache first, then anew.
		v.Find("link", "To the first").Click()
		v.Find("heading", "First")
		v.Wait(`!document.documentElement.hasAttribute('data-turbo-preview') && !document.documentElement.hasAttribute('aria-busy')`)
		expectOneWidget(t, tab, "after a preview")

		v.Back()
		v.Find("heading", "Second")
		expectOneWidget(t, tab, "after going back")
		browser.Eval[bool](tab, `(history.forward(), true)`)
		v.Find("heading", "First")
		expectOneWidget(t, tab, "after going forward")
		goesOn(v, "Three.")

		// A visit to the page itself morphs it.
		browser.Eval[bool](tab, `new Promise(done => {
			document.addEventListener('turbo:morph', () => done(true), {once: true})
			Turbo.visit(location.href, {action: 'replace'})
		})`)
		v.Wait(`!document.documentElement.hasAttribute('aria-busy')`)
		expectOneWidget(t, tab, "after a morph")
		goesOn(v, "Four.")
	})
}

func TestTurboFramesAndStreams(t *testing.T) {
	head := `<title>Turbo</title><script src="/lib/@hotwired/turbo/dist/turbo.es2017-umd.js"></script>`
	app := http.NewServeMux()
	app.Handle("/", pages{
		"/": page(head, `<h1>Frames</h1><turbo-frame id="inner"><a href="/inner">Fill</a></turbo-frame>
			<form action="/add" method="post"><button>Add</button></form><ul id="list"></ul>`),
		"/inner": page(head, `<p>Around</p><turbo-frame id="inner"><p>Filled</p></turbo-frame>`),
	})
	app.HandleFunc("POST /add", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/vnd.turbo-stream.html; charset=utf-8")
		fmt.Fprint(w, `<turbo-stream action="append" target="list"><template><li>Added</li></template></turbo-stream>`)
	})
	s := startSite(t, "", app)
	everywhere(t, s, func(t *testing.T, tab *browser.Tab, origin string) {
		v := begin(tab, origin)
		v.Find("link", "Fill").Click()
		v.HasText("Filled")
		v.Find("button", "Add").Click()
		v.HasText("Added")
		expectOneWidget(t, tab, "after a frame and a stream")
		if got := browser.Eval[string](tab, `document.querySelector('#list').innerHTML`); got != "<li>Added</li>" {
			t.Errorf("the list became %q", got)
		}
		expectNoTag(t, tab, "/inner", `{headers: {'Turbo-Frame': 'inner', accept: 'text/html'}}`)
		goesOn(v, "Two.")
	})
}

func TestPjax(t *testing.T) {
	head := `<title>Pjax</title><script src="/lib/pjax/pjax.js"></script>
		<script>addEventListener('DOMContentLoaded', () => new Pjax({selectors: ['title', '#main'], cacheBust: false}))</script>`
	s := startSite(t, "", pages{
		"/":       page(head, `<main id="main"><h1>First</h1><a href="/second">On</a></main>`),
		"/second": page(head, `<main id="main"><h1>Second</h1></main>`),
	})
	everywhere(t, s, func(t *testing.T, tab *browser.Tab, origin string) {
		v := begin(tab, origin+"/")
		v.Find("link", "On").Click()
		v.Find("heading", "Second")
		expectOneWidget(t, tab, "after a link")
		goesOn(v, "Two.")
		expectNoTag(t, tab, "/", `{headers: {'X-PJAX': 'true', accept: 'text/html'}}`)
		expectNoTag(t, tab, "/", `{headers: {'X-Requested-With': 'XMLHttpRequest', accept: 'text/html'}}`)
		expectNoTag(t, tab, "/", `{}`)
	})
}

// Pages in pages, downloads, AMP and what the operator excludes have no chat.
func TestPagesWithoutAChat(t *testing.T) {
	app := http.NewServeMux()
	app.Handle("/", pages{
		"/":           page(`<title>Frame</title>`, `<h1>Around</h1><iframe src="/framed"></iframe><object data="/object" type="text/html"></object>`),
		"/framed":     page(`<title>Framed</title>`, `<h1>Framed</h1>`),
		"/object":     page(`<title>Object</title>`, `<h1>Object</h1>`),
		"/amp":        `<!doctype html><html amp lang="en"><head><meta charset="utf-8"><title>AMP</title></head><body><h1>AMP</h1></body></html>`,
		"/print/page": page(`<title>Print</title>`, `<h1>Print</h1>`),
	})
	file := page(`<title>File</title>`, `<h1>File</h1>`)
	app.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="file.html"`)
		fmt.Fprint(w, file)
	})
	s := startSite(t, "exclude /print/*", app)
	tab := browser.New(t).Open(s.local)
	tab.Find("button", "Open chat")
	for i := range 2 {
		const facts = `[frames[%[1]d].document.querySelector('h1').innerText, frames[%[1]d].document.querySelectorAll('parley-chat, script').length].join()`
		if got := browser.Eval[string](tab, fmt.Sprintf(facts, i)); got != "Framed,0" && got != "Object,0" {
			t.Errorf("frame %d: %s", i, got)
		}
	}
	for _, path := range []string{"/amp", "/print/page"} {
		tab.Go(s.local + path)
		if browser.Eval[bool](tab, `!!document.querySelector('parley-chat, script')`) {
			t.Errorf("%s has a chat", path)
		}
	}
	if _, body := fetch(t, navigation(t, http.MethodGet, s.local+"/file")); string(body) != file {
		t.Errorf("the download became %q", body)
	}
}

// Over plain HTTP the server knows neither frames nor what a script asks for:
// a page in a frame shows no second chat, and parts of pages stay as they are.
func TestPlainHTTPHasOneChat(t *testing.T) {
	const part = `<div class="part"><h2>Part</h2><script>1</script></div>`
	s := startSite(t, "", pages{
		"/":       page(`<title>Around</title>`, `<h1>Around</h1><iframe src="/framed"></iframe>`),
		"/framed": page(`<title>Framed</title>`, `<h1>Framed</h1>`),
		"/part":   part,
	})
	everywhere(t, s, func(t *testing.T, tab *browser.Tab, origin string) {
		tab.Go(origin + "/")
		tab.Find("button", "Open chat")
		// What the frame's loader would do, it does when the frame is idle.
		const framed = `new Promise(done => frames[0].requestIdleCallback(() => frames[0].requestIdleCallback(() =>
			done([frames[0].document.querySelector('h1').innerText, frames[0].document.querySelectorAll('parley-chat').length, typeof frames[0].Parley].join()))))`
		if got := browser.Eval[string](tab, framed); got != "Framed,0,undefined" {
			t.Errorf("in the frame: %s", got)
		}
		const ask = `fetch('/part', {headers: {accept: 'text/html'}}).then(r => r.text())`
		if got := browser.Eval[string](tab, ask); got != part {
			t.Errorf("the part became %q", got)
		}
	})
}
