package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/webdriver"
)

// complaints keeps in window.complaints what a developer would find in red in the
// console.
const complaints = `<script>
	window.complaints = []
	addEventListener('error', event => complaints.push('error: ' + (event.message ?? event.target.outerHTML)), true)
	addEventListener('unhandledrejection', event => complaints.push('rejection: ' + event.reason))
	addEventListener('securitypolicyviolation', event => complaints.push('policy: ' + event.violatedDirective + ' ' + event.blockedURI))
	console.error = (...parts) => complaints.push('console: ' + parts)
</script>`

// account is an application at which one signs in and out by links.
func account(w http.ResponseWriter, r *http.Request) {
	const name = "account"
	switch r.URL.Path {
	case "/login":
		http.SetCookie(w, &http.Cookie{Name: name, Value: "mia", Path: "/", HttpOnly: true})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	case "/logout":
		http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; img-src 'self'")
	if cookie, err := r.Cookie(name); err == nil {
		w.Header().Set("X-User-Id", cookie.Value)
	}
	pages{"/": page("<title>Shop</title>"+complaints, `<h1>Shop</h1><a href="/login">Sign in</a> <a href="/logout">Sign out</a>`)}.ServeHTTP(w, r)
}

// The main way of a visitor, in the browsers that Chromium is not.
func TestOtherBrowsers(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(testing.TB) *webdriver.Browser
	}{{"Firefox", webdriver.Firefox}, {"WebKit", webdriver.WebKit}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := startSiteApart(t, "identity {\nid X-User-Id\n}\nlogout /logout", http.HandlerFunc(account))
			b := c.start(t)
			t.Log(webdriver.Eval[string](b, `navigator.userAgent`))
			untroubled := func(when string) {
				t.Helper()
				if got := webdriver.Eval[[]string](b, `complaints`); len(got) > 0 {
					t.Errorf("%s, the browser complains of %q", when, got)
				}
			}

			b.Go(s.local + "/")
			b.Find("button", "Open chat")
			const asked = `performance.getEntriesByType('resource').map(r => new URL(r.name).pathname).filter(p => p.startsWith('/_chat/'))`
			if got := webdriver.Eval[[]string](b, asked); len(got) != 1 || got[0] != "/_chat/widget.js" {
				t.Errorf("before the chat is opened, it has asked for %q, want its one script", got)
			}
			if n := webdriver.Eval[int](b, `document.cookie.length + localStorage.length + sessionStorage.length`); n != 0 {
				t.Errorf("before the chat is opened, the browser keeps %d things", n)
			}
			b.Screenshot("closed")
			b.Find("button", "Open chat").Click()
			b.HasText("We are online")
			b.Find("textbox", "Message").Type("From here.")
			b.Find("button", "Send").Click()
			b.HasText("FROM HERE.")
			b.Screenshot("answered")
			untroubled("after an answer")

			b.Reload()
			b.Find("textbox", "Message") // it is open as it was
			b.HasText("From here.")
			b.HasText("FROM HERE.")
			untroubled("after a reload")

			first := b.Tab()
			second := b.NewTab()
			b.Go(s.local + "/")
			b.Find("button", "Open chat").Click()
			b.HasText("FROM HERE.")

			// What was said before a sign-in is the person's, in every tab.
			b.Switch(first)
			b.Find("link", "Sign in").Click()
			b.Find("textbox", "Message").Type("And now as Mia.")
			b.Find("button", "Send").Click()
			b.HasText("AND NOW AS MIA.")
			b.HasText("FROM HERE.")
			untroubled("after the sign-in")
			b.Switch(second)
			b.HasText("AND NOW AS MIA.")

			b.Switch(first)
			b.Find("link", "Sign out").Click()
			b.Find("link", "Sign in")
			for _, tab := range []webdriver.Tab{first, second} {
				b.Switch(tab)
				b.LacksText("FROM HERE.")
				b.LacksText("And now as Mia.")
			}
			untroubled("in the other tab, after the sign-out")
			b.Switch(first)
			untroubled("after the sign-out")

			b.Find("link", "Sign in").Click()
			b.Wait(`document.readyState === 'complete' && window.Parley`)
			webdriver.Eval[any](b, `Parley.ready(() => Parley.open())`)
			b.HasText("FROM HERE.")
			b.HasText("AND NOW AS MIA.")
			b.Screenshot("back")
			untroubled("at the end")
			if got := webdriver.Eval[string](b, `document.body.innerText`); strings.Contains(got, "FROM HERE") {
				t.Errorf("the page itself says %q", got)
			}
		})
	}
}
