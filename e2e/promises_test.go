package e2e_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// Before a visitor opens the chat, a page has cost them one script, and the chat
// knows nothing of them.
func TestDemoCostsNothingBeforeItIsOpened(t *testing.T) {
	_, url := startDemo(t)
	computer := browser.New(t)
	tab := people.Visit(computer, url)
	tab.Find("button", "Open chat")
	tab.Go(url + "/story")
	tab.Find("button", "Open chat")

	var asked []string
	for _, request := range tab.Requests() {
		if strings.Contains(request.URL, "/_chat/") {
			asked = append(asked, request.Method+" "+strings.TrimPrefix(request.URL, url))
		}
		if request.Type == "WebSocket" || request.Type == "EventSource" {
			t.Errorf("the page holds a connection: %v", request)
		}
	}
	// One per page; from the second page on, out of the browser's cache.
	if len(asked) != 2 || asked[0] != asked[1] || !strings.HasPrefix(asked[0], "GET /_chat/widget.js?v=") {
		t.Errorf("the chat asked for %q, want its one script on both pages", asked)
	}
	if cookies := computer.Cookies(); len(cookies) != 0 {
		t.Errorf("there are cookies: %v", cookies)
	}
	const kept = `(async () => localStorage.length + sessionStorage.length +
		(await indexedDB.databases()).length + (await caches.keys()).length +
		(await navigator.serviceWorker.getRegistrations()).length)()`
	if n := browser.Eval[int](tab.Tab, kept); n != 0 {
		t.Errorf("the browser keeps %d things", n)
	}
	if n := strings.Count(tab.Source(), "/_chat/"); n != 1 {
		t.Errorf("the page speaks of the chat %d times", n)
	}
}

// The names by which the shop tells who is signed in are no visitor's business.
func TestDemoHeadersOfIdentityStayInside(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	signIn(visitor, url, "mia@example.com")
	const names = `(async () => [...(await fetch('/account', {headers: {accept: 'text/html'}})).headers.keys()].join())()`
	got := browser.Eval[string](visitor.Tab, names)
	if strings.Contains(got, "x-user") || strings.Contains(got, "x-account") {
		t.Errorf("a browser gets the headers %s", got)
	}
}

// A conversation goes on where it was after the server was restarted, without a
// reload on either side.
func TestDemoGoesOnAfterARestart(t *testing.T) {
	s, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	for _, tab := range []*browser.Tab{desk.Tab, visitor.Tab} {
		// Browsers write failed attempts to connect into the console.
		tab.AllowProblem("ERR_CONNECTION_REFUSED")
		tab.AllowProblem("WebSocket connection")
		tab.AllowProblem("502")
	}
	signIn(visitor, url, "mia@example.com")
	visitor.Say("Before the restart.")
	desk.Take("Mia Lindqvist")
	s.Restart()
	desk.Reply("After the restart.")
	visitor.Sees("After the restart.")
	visitor.Say("Still here.")
	desk.Sees("Still here.")
	for _, text := range []string{"Before the restart.", "After the restart.", "Still here."} {
		desk.Sees(text)
		visitor.Sees(text)
	}
}

// sockets counts those that a tab has opened so far.
func sockets(tab *browser.Tab) (n int) {
	for _, request := range tab.Requests() {
		if request.Type == "WebSocket" {
			n++
		}
	}
	return n
}

// A reload of the configuration is nothing that anybody in a chat would notice:
// the connections stay.
func TestDemoReloadIsNotNoticed(t *testing.T) {
	dir, caddyfile, url := demo(t)
	s := server.Start(t, dir, caddyfile)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Before the reload.")
	desk.Take("Before the reload.")
	atVisitor, atDesk := sockets(visitor.Tab), sockets(desk.Tab)
	if atVisitor == 0 || atDesk == 0 {
		t.Fatalf("the visitor holds %d sockets, the desk %d", atVisitor, atDesk)
	}

	s.Load(caddyfile + "\n# changed\n")
	desk.Reply("After the reload.")
	visitor.Sees("After the reload.")
	visitor.Say("Indeed.")
	desk.Sees("Indeed.")
	if sockets(visitor.Tab) != atVisitor || sockets(desk.Tab) != atDesk {
		t.Errorf("the visitor has connected %d times, the desk %d; before the reload it was %d and %d",
			sockets(visitor.Tab), sockets(desk.Tab), atVisitor, atDesk)
	}
}

// What a visitor or an agent saw as said survives a crash of the server.
func TestDemoKeepsWhatWasSaidThroughACrash(t *testing.T) {
	dir, caddyfile, url := demo(t)
	p := server.StartProcess(t, dir, caddyfile)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	for _, tab := range []*browser.Tab{desk.Tab, visitor.Tab} {
		tab.AllowProblem("ERR_CONNECTION_")
		tab.AllowProblem("WebSocket connection")
		tab.AllowProblem("502")
	}
	signIn(visitor, url, "mia@example.com")
	visitor.Say("Said before the crash.")
	desk.Take("Mia Lindqvist")
	desk.Reply("Answered before the crash.")
	visitor.Sees("Answered before the crash.")
	p.Kill()
	p.Start()

	// Both come back by themselves.
	visitor.Say("Said after the crash.")
	desk.Sees("Said after the crash.")
	for _, text := range []string{"Said before the crash.", "Answered before the crash.", "Said after the crash."} {
		desk.Sees(text)
		visitor.Sees(text)
	}

	// And a browser that comes anew finds it all.
	again := people.Visit(browser.New(t), url)
	signIn(again, url, "mia@example.com")
	again.OpenChat()
	for _, text := range []string{"Said before the crash.", "Answered before the crash.", "Said after the crash."} {
		again.Sees(text)
	}
}
