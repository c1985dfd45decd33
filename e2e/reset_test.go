package e2e_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// TestResetWithoutTheSessionsScript: a page that logs its visitor out and is left
// at once ends the chat, though what knows of the session could not be fetched.
func TestResetWithoutTheSessionsScript(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop"), "/after": page("<title>After</title>", "<p>After")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Say("For your eyes only.")
	v.CloseChat()

	v.Block("*://*:*/*session.js*")
	v.AllowProblem("session.js")
	v.Go(s.local + "/")
	v.Follow(func() {
		browser.Eval[bool](v.Tab, `(Parley.ready(() => { Parley.user.reset(); location.assign('/after') }), true)`)
	})
	v.Wait(`location.pathname === '/after' && !document.cookie.includes('parley')`)
	if kept := browser.Eval[int](v.Tab, `sessionStorage.length`); kept != 0 {
		t.Errorf("the tab keeps %d things after the logout", kept)
	}
	v.Block()
	v.Go(s.local + "/after")
	v.OpenChat()
	v.HasText("how can we help")
	if log := v.Transcript(); strings.Contains(log, "eyes") {
		t.Errorf("after the logout the chat shows %q", log)
	}
}
