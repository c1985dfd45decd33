package e2e_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// noteCopied notes in window.copied what a page copies, in the new way or the old.
const noteCopied = `(() => {
	if (navigator.clipboard) {
		const write = navigator.clipboard.writeText.bind(navigator.clipboard)
		navigator.clipboard.writeText = text => write(text).then(() => { window.copied = text })
	}
	document.addEventListener('copy', event => {
		const from = event.composedPath()[0]
		window.copied = from.value.slice(from.selectionStart, from.selectionEnd)
	})
})()`

// A message is copied as it was written, by keyboard, mouse or finger; without HTTPS
// too.
func TestCopyMessages(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	for where, address := range map[string]string{"secure": s.local, "plain": s.plain} {
		v := people.Visitor{Tab: browser.New(t).Tab()}
		v.OnEveryPage(noteCopied)
		v.Go(address + "/")
		const first = "Look at https://example.com/a,\nplease."
		v.OpenChat()
		v.Find("textbox", "Message").Fill(first)
		v.Find("button", "Send").Click()
		v.Sees("PLEASE.")
		v.Say("And this.")
		v.Sees("AND THIS.")

		v.TabTo("Copy message")
		v.Focused("Copy message")
		v.Press("Enter")
		v.Wait(`window.copied === 'AND THIS.'`)
		v.HasText("Copied")
		for range 3 {
			v.Press("ArrowUp")
		}
		v.Screenshot(where + "-keyboard")
		v.Press("Enter")
		v.Wait(`window.copied === ` + browser.Quote(first))
		v.Focused("Copy message")

		v.Find("textbox", "Message").Click()
		v.CSSIn("parley-chat", ".row:last-child .bubble").Click() // under the mouse
		v.Screenshot(where + "-mouse")
		v.Find("button", "Copy message").Click()
		v.Wait(`window.copied === 'AND THIS.'`)
	}
}

// A selection over several messages says who wrote what and when, once.
func TestCopySelection(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Say("One.")
	v.Sees("ONE.")
	v.CSSIn("parley-chat", ".theirs .bubble").Click()
	v.Find("button", "Copy message")
	got := browser.Eval[string](v.Tab, `(() => {
		const root = document.querySelector('parley-chat').shadowRoot, rows = root.querySelector('.rows')
		const selection = root.getSelection()
		selection.selectAllChildren(rows)
		return selection.toString().replace(/\d+:\d+\s[AP]M/g, 'TIME')
	})()`)
	t.Logf("selected: %q", got)
	for _, once := range []string{"One.", "ONE.", "You", "anna"} {
		if strings.Count(got, once) != 1 {
			t.Errorf("%q is there %d times in %q", once, strings.Count(got, once), got)
		}
	}
	if strings.Count(got, "TIME") != 2 || strings.Contains(got, "Seen") {
		t.Errorf("times are there twice, or more than what was written: %q", got)
	}
}
