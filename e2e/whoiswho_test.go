package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// emptied waits until a tab shows nothing with a text any more.
func emptied(v people.Visitor, text string) {
	v.Wait(`!(document.querySelector('parley-chat')?.shadowRoot?.textContent ?? '').includes(` + browser.Quote(text) + `)`)
}

// signedInAndSaid is Mia with a message and its answer on the screen.
func signedInAndSaid(c *browser.Computer, url string) people.Visitor {
	v := people.Visitor{Tab: c.Tab()}
	signIn(v, url, "mia@example.com")
	v.Say("One.")
	v.Sees("ONE.")
	return v
}

// A logout holds also where the page that follows never runs the chat's script,
// since the visitor is gone by then.
func TestDemoLogoutBeforeTheScriptRuns(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	shared := browser.New(t)
	mia := signedInAndSaid(shared, url)
	mia.AllowProblem("ERR_BLOCKED_BY_CLIENT")
	mia.Block("*://*:*/_chat/*")
	signOut(mia)
	mia.Close()

	next := people.Visit(shared, url)
	next.OpenChat()
	expectAlone(t, "who comes next", next.Transcript(), "One", "ONE")
	next.Say("Two.")
	next.Sees("TWO.")
	expectAlone(t, "who comes next", next.Transcript(), "One", "ONE")
}

// Where the application's own session is over without a logout, so is the
// chat's, with the next page and in all tabs.
func TestDemoApplicationEndsItsSession(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	shared := browser.New(t)
	mia := signedInAndSaid(shared, url)
	other := people.Visit(shared, url+"/story")
	other.OpenChat()
	other.Sees("ONE.")

	mia.DropCookie("shop_session")
	mia.Go(url + "/shipping")
	mia.Find("link", "Sign in")
	emptied(other, "ONE.")
	for _, tab := range []people.Visitor{mia, other} {
		tab.OpenChat()
		expectAlone(t, "who comes after the application's session", tab.Transcript(), "One", "ONE")
	}
}

// Who signs in where someone else is still signed in has their own chat, in
// the tabs that were open before as well, and live.
func TestDemoSwitchWithoutALogout(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	shared := browser.New(t)
	before := signedInAndSaid(shared, url)
	jonas := people.Visitor{Tab: shared.Tab()}
	signIn(jonas, url, "jonas@example.com")

	emptied(before, "ONE.")
	before.Say("Two.")
	before.Sees("TWO.")
	expectAlone(t, "Jonas in the tab of before", before.Transcript(), "One", "ONE")
	jonas.OpenChat()
	jonas.Sees("TWO.")
	jonas.Say("Three.")
	before.Sees("THREE.")

	phone := browser.New(t).Tab()
	phone.UserAgent("Telephone/1.0")
	mia := people.Visitor{Tab: phone}
	signIn(mia, url, "mia@example.com")
	mia.OpenChat()
	goesOn(mia, "Four.")
	expectAlone(t, "Mia", mia.Transcript(), "TWO", "THREE")
	expectAlone(t, "Jonas", before.Transcript(), "ONE", "FOUR")
}

// Two ids are two people, also where both have one e-mail address.
func TestSameEmailIsNotTheSamePerson(t *testing.T) {
	t.Parallel()
	s := startSiteApart(t, accountsChat, http.HandlerFunc(accounts))
	mia := begin(browser.New(t).Tab(), s.local+"/?in=mia")
	jonas := people.Visit(browser.New(t), s.local+"/?in=jonas")
	jonas.Say("Two.")
	jonas.Sees("TWO.")
	expectAlone(t, "Jonas", jonas.Transcript(), "One", "ONE")
	goesOn(mia, "Three.")
	expectAlone(t, "Mia", mia.Transcript(), "TWO")
	expectAlone(t, "Jonas", jonas.Transcript(), "THREE")
}

// What a page's script says of the visitor opens nobody's history, whatever it
// says, and agents see that it is only said.
func TestDemoForgedTag(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	mia := signedInAndSaid(browser.New(t), url)
	stranger := people.Visit(browser.New(t), url)
	browser.Eval[bool](stranger.Tab, `(Parley.user.tag({id: '1042', email: 'mia@example.com', firstname: 'Mia', lastname: 'Lindqvist'}), true)`)
	stranger.Say("Two.")
	stranger.Sees("TWO.")
	expectAlone(t, "who says to be Mia", stranger.Transcript(), "One", "ONE")
	stranger.Reload()
	stranger.OpenChat()
	stranger.Sees("TWO.")
	expectAlone(t, "who says to be Mia", stranger.Transcript(), "One", "ONE")
	goesOn(mia, "Three.")
	expectAlone(t, "Mia", mia.Transcript(), "TWO")

	desk := anna(t, url)
	desk.Take("TWO.")
	desk.HasText("unverified")
	expectAlone(t, "the desk, of who says to be Mia,", desk.Transcript(), "One", "ONE", "THREE")
}

// What opens a session is in no address that the browser asks for, from the
// first message to the logout, nor where scripts read cookies.
func TestDemoTokenIsInNoAddress(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	computer := browser.New(t)
	var secrets []string
	note := func(tab *browser.Tab) {
		for _, cookie := range computer.Cookies() {
			if strings.HasSuffix(cookie.Name, "-session") {
				secrets = append(secrets, cookie.Value)
			}
		}
		secrets = append(secrets, browser.Eval[[]string](tab, `Object.values(sessionStorage).flatMap(v => v.match(/[\w-]{16,}/g) ?? [])`)...)
		if read := browser.Eval[string](tab, `document.cookie`); strings.Contains(read, secrets[0]) {
			t.Errorf("scripts can read the session's token: %s", read)
		}
	}
	first := begin(computer.Tab(), url+"/")
	note(first.Tab)
	signIn(first, url, "mia@example.com")
	first.OpenChat()
	goesOn(first, "Two.")
	note(first.Tab)
	second := people.Visit(computer, url+"/story")
	second.OpenChat()
	second.Sees("TWO.")
	signOut(first)
	emptied(second, "ONE.")
	if len(secrets) < 3 {
		t.Fatalf("found %d secrets, want two cookies and a mark", len(secrets))
	}
	for _, tab := range []people.Visitor{first, second} {
		for _, request := range tab.Requests() {
			for _, secret := range secrets {
				if strings.Contains(request.URL, secret) {
					t.Errorf("the token is in %s", request.URL)
				}
			}
		}
	}
}
