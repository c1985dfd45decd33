package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// fetchedScripts are the names of the chat's scripts that a page has.
const fetchedScripts = `performance.getEntriesByType('resource').map(e => e.name.match(/_chat\/(\w+)\.js/)?.[1]).filter(Boolean).sort().join()`

// Whoever only opens the chat fetches what the first view needs. What shows messages
// comes as one is written, and where it can't be had the chat says that it waits.
func TestPartsComeAsTheyAreWanted(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.HasText("We are online")
	if got := browser.Eval[string](v.Tab, fetchedScripts); got != "chat,session,widget" {
		t.Errorf("an opened chat has fetched %s", got)
	}
	v.Say("Hello.")
	v.Wait(fetchedScripts + ` === 'chat,log,session,widget'`)

	other := people.Visit(browser.New(t), s.local+"/")
	other.AllowProblem("ERR_BLOCKED_BY_CLIENT")
	other.Block("*://*:*/*log.js*")
	other.OpenChat()
	other.Find("textbox", "Message").Fill("Is anybody there?")
	other.Press("Enter")
	other.HasText("Loading…")
	if browser.Eval[string](other.Tab, `document.querySelector('parley-chat').shadowRoot.querySelector('.note').textContent`) != "" {
		t.Error("the chat is open, and its button says that it can't be had")
	}
}

// The language that was asked for last is the chat's, also of what was on its way.
func TestLastLanguageCounts(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	browser.Eval[any](v.Tab, `void (Parley.setLocale('de'), Parley.setLocale('fr'))`)
	v.Find("textbox", "Message").Until("in French", `function() { return this.getRootNode().host.lang === 'fr' }`)
	browser.Eval[any](v.Tab, `void (document.querySelector('parley-chat').shadowRoot.querySelector('#more').click(), Parley.setLocale('de'))`)
	v.Find("menuitemcheckbox", "Ton bei neuen Nachrichten")
	if got := browser.Eval[string](v.Tab, `document.querySelector('parley-chat').lang`); got != "de" {
		t.Errorf("the chat speaks %q", got)
	}
}

// Where a page has a button of its own, the focus comes back to that.
func TestFocusComesBackToThePagesButton(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", `<button onclick="Parley.open()">Ask us</button>`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Find("button", "Open chat")
	browser.Eval[any](v.Tab, `void Parley.hide()`)
	v.Find("button", "Ask us").Press("Enter")
	v.Focused("Message")
	v.Press("Escape")
	v.Wait(`document.activeElement.innerText === 'Ask us'`)
}
