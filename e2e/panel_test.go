package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// begins types a text and does not send it.
func begins(v people.Visitor, text string) {
	v.OpenChat()
	v.Find("textbox", "Message").Fill(text)
}

// hasBegun waits until a text stands in the open chat's text box.
func hasBegun(v people.Visitor, text string) {
	v.Find("textbox", "Message").Until("the draft "+text, `function() { return this.value === `+browser.Quote(text)+` }`)
}

// An open panel is open on the tab's next page, with what was begun, from the
// first moment on; and no draft comes to anybody else.
func TestDemoOpenPanelStaysOpen(t *testing.T) {
	_, url := startDemo(t)
	computer := browser.New(t)
	tab := computer.Tab()
	tab.OnEveryPage(`new MutationObserver((_, observer) => {
		const root = document.querySelector('parley-chat')?.shadowRoot
		if (!root) return
		observer.disconnect()
		window.atFirst = root.querySelector('[aria-expanded]').ariaExpanded
		requestAnimationFrame(() => { window.moving = root.getAnimations?.().length ?? document.getAnimations().length })
	}).observe(document, {childList: true, subtree: true})`)
	v := people.Visitor{Tab: tab}
	v.Go(url)
	begins(v, "Half a")
	v.Go(url + "/story")
	hasBegun(v, "Half a")
	v.Wait(`window.moving !== undefined`)
	if first := browser.Eval[string](tab, `atFirst + ' ' + moving`); first != "true 0" {
		t.Errorf("when the button came, the chat was open and moved: %s", first)
	}
	if n := browser.Eval[int](tab, `sessionStorage.length + localStorage.length`); n != 0 || len(computer.Cookies()) != 0 {
		t.Errorf("the browser keeps %d things of who has sent nothing, and cookies %v", n, computer.Cookies())
	}
	v.CloseChat()
	v.Reload()
	v.Find("button", "Open chat")
	v.OpenChat()
	hasBegun(v, "Half a")

	// It goes along when its writer signs in …
	v.Say("One.")
	begins(v, "Two and")
	signIn(v, url, "mia@example.com")
	v.Sees("One.")
	hasBegun(v, "Two and")
	v.Go(url + "/story")
	v.Sees("One.")
	hasBegun(v, "Two and")
	// … back to a page that the browser has kept as it was …
	v.Find("textbox", "Message").Fill("Three")
	v.Back()
	hasBegun(v, "Three")

	// … and to nobody who comes after a logout, in this tab or another one, …
	v.Go("about:blank") // the tab is away, with its draft, while the other one signs out
	other := people.Visit(computer, url)
	begins(other, "Other")
	signOut(other)
	v.Go(url)
	for _, tab := range []people.Visitor{v, other} {
		tab.OpenChat()
		hasBegun(tab, "")
	}
	// … nor to who signs in where somebody else is still signed in.
	signIn(v, url, "mia@example.com")
	begins(v, "Mine")
	other.Go(url)
	begins(other, "Mine too")
	v.Go("about:blank")
	signIn(other, url, "jonas@example.com")
	hasBegun(other, "")
	v.Go(url)
	v.OpenChat()
	hasBegun(v, "")
	if kept := browser.Eval[string](tab, `JSON.stringify(sessionStorage)`); kept != "{}" {
		t.Errorf("the tab keeps %s", kept)
	}
}
