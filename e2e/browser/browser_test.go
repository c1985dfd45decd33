package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Quit()
	os.Exit(code)
}

const shadowPage = `<!doctype html><meta charset=utf-8><title>A page</title>
<h1>Above</h1>
<x-box></x-box>
<script>
class Box extends HTMLElement {
	connectedCallback() {
		const root = this.attachShadow({mode: 'open'})
		root.innerHTML = '<button aria-label="Open box">+</button>' +
			'<div hidden><label>Words <textarea></textarea></label>' +
			'<button>Send</button><div role="log" aria-label="Said"></div></div>'
		const [open, send] = root.querySelectorAll('button')
		open.onclick = () => setTimeout(() => { root.querySelector('div').hidden = false; open.remove() }, 100)
		send.onclick = () => {
			const line = document.createElement('p')
			line.textContent = root.querySelector('textarea').value
			root.querySelector('[role=log]').append(line)
		}
	}
}
customElements.define('x-box', Box)
</script>`

func serve(t *testing.T, pages map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		if !ok {
			w.Header().Set("Content-Type", "text/javascript")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if strings.HasPrefix(page, "POLICY") {
			w.Header().Set("Content-Security-Policy", "script-src 'none'")
		}
		fmt.Fprint(w, page)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFindsThingsByRoleAndName(t *testing.T) {
	url := serve(t, map[string]string{"/": shadowPage, "/next": "<h1>Next</h1>"})
	tab := browser.New(t).Open(url)
	tab.Find("heading", "Above")
	if tab.Has("button", "Send") {
		t.Error("what is hidden was found")
	}
	tab.Find("button", "Open box").Click()
	tab.Find("textbox", "Words").Fill("too early")
	tab.Find("textbox", "Words").Fill("hello <there>")
	tab.Find("button", "Send").Click()
	tab.Gone("button", "Open box")
	if got := tab.Find("log", "Said").Text(); strings.TrimSpace(got) != "hello <there>" {
		t.Errorf("said: %q", got)
	}
	tab.HasText("hello <there>")
	tab.Follow(func() { browser.Eval[bool](tab, `(location.href = '/next', true)`) })
	tab.Find("heading", "Next")
	tab.Back()
	tab.Find("heading", "Above")
}

func TestTellsWhatTheBrowserComplainsOf(t *testing.T) {
	url := serve(t, map[string]string{
		"/error":     `<script>console.error('red', {a: 1}); console.warn('yellow')</script>`,
		"/exception": `<script>throw new Error('oh')</script>`,
		"/promise":   `<script>Promise.reject(new Error('unkept'))</script>`,
		"/missing":   `<script src="/none.js"></script>`,
		"/policy":    `POLICY<script>document.title = 'ran'</script>`,
	})
	for path, want := range map[string]string{
		"/error":     "red",
		"/exception": "oh",
		"/promise":   "unkept",
		"/missing":   "404",
		"/policy":    "Content Security Policy",
	} {
		tab := browser.New(t).Open(url + path)
		problems := tab.Problems()
		if len(problems) != 1 || !strings.Contains(problems[0], want) {
			t.Errorf("%s: got %q, want one with %q", path, problems, want)
		}
		tab.AllowProblem(want)
		if problems := tab.Problems(); len(problems) > 0 {
			t.Errorf("%s: %q although allowed", path, problems)
		}
	}
}

func TestComputersShareNothingAndTabsDo(t *testing.T) {
	url := serve(t, map[string]string{"/": "<h1>Here</h1>"})
	one, two := browser.New(t), browser.New(t)
	tab := one.Open(url)
	browser.Eval[string](tab, `(localStorage.mark = 'one', document.cookie = 'mark=one; max-age=1000')`)
	if got := browser.Eval[string](one.Open(url), `localStorage.mark + document.cookie`); got != "onemark=one" {
		t.Errorf("another tab has %q", got)
	}
	if got := browser.Eval[string](two.Open(url), `String(localStorage.mark) + document.cookie`); got != "undefined" {
		t.Errorf("another computer has %q", got)
	}
	if got := len(one.Cookies()); got != 1 {
		t.Errorf("%d cookies on the first computer", got)
	}
	if got := len(two.Cookies()); got != 0 {
		t.Errorf("%d cookies on the second computer", got)
	}
	if got := tab.Requests(); len(got) == 0 || got[0].Type != "Document" || got[0].URL != url+"/" {
		t.Errorf("requests: %v", got)
	}
}

func TestRestartEndsTheSession(t *testing.T) {
	url := serve(t, map[string]string{"/": "<h1>Here</h1>"})
	c := browser.NewProcess(t)
	tab := c.Open(url)
	browser.Eval[string](tab, `(localStorage.kept = 'a', sessionStorage.gone = 'b',
		document.cookie = 'session=c', document.cookie = 'kept=d; max-age=1000')`)
	tab.Reload()
	const all = `[localStorage.kept, sessionStorage.gone, document.cookie].join()`
	if got := browser.Eval[string](tab, all); got != "a,b,session=c; kept=d" {
		t.Fatalf("before the restart: %q", got)
	}
	c.Restart()
	if got := browser.Eval[string](c.Open(url), all); got != "a,,kept=d" {
		t.Errorf("after the restart: %q", got)
	}
}
