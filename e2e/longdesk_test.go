package e2e_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/widget"
)

// busyDesk serves the console over a store with many conversations, one of them
// long, in which the 400th message is about a kettle.
func busyDesk(t *testing.T, conversations, messages int) (*apitest.World, chat.ConversationID) {
	t.Helper()
	w := apitest.New(t)
	w.Limits.Enable(false)
	script := transport.NewAsset("text/javascript; charset=utf-8", widget.ConsoleJS())
	page := bytes.ReplaceAll(widget.ConsoleHTML(), []byte("__JS__"), []byte("console.js"))
	w.Console.Script = script
	w.Console.Style = transport.NewAsset("text/css; charset=utf-8", widget.ConsoleCSS())
	w.Console.Page = transport.NewAsset("text/html; charset=utf-8", bytes.ReplaceAll(page, []byte("__CSS__"), []byte("console.css")))
	atOnce(conversations, func(n int) {
		w.Save(chat.Profile{ID: fmt.Sprint(n), Firstname: "Person", Lastname: fmt.Sprint(n)})
	})
	const id = chat.ConversationID("c1")
	say := func(text string) {
		ch := chat.Change{Message: &chat.Draft{Text: text, Author: chat.Author{Side: chat.Visitor, ID: "id:1"}}}
		if _, _, err := w.Store.ChangeConversation(t.Context(), id, ch, time.Now()); err != nil {
			t.Error(err)
		}
	}
	more := func(n int) { say(fmt.Sprint("Something, and something more ", n)) }
	atOnce(398, more)
	say("Der Kessel ist viel zu groß, isn’t it?")
	atOnce(messages-401, more)
	say("That was all.")
	return w, id
}

// atOnce calls f with 1 to n, all at once.
func atOnce(n int, f func(n int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i + 1) })
	}
	all.Wait()
}

// messageInSight waits until a message of the open conversation can be seen.
func messageInSight(desk people.Agent, text string) {
	desk.Log().Until(text+" in sight", `function() {
		const said = [...this.querySelectorAll('[role=article]')].find(e => e.innerText.includes(`+browser.Quote(text)+`))
		if (!said) return false
		const pane = this.getBoundingClientRect(), at = said.getBoundingClientRect()
		return at.top >= pane.top - 1 && at.bottom <= pane.bottom + 1
	}`)
}

// However many conversations and messages there are, what is seen of them stands
// in the page, and keys, searches and scrolling reach the others.
func TestDeskWithThousands(t *testing.T) {
	w, id := busyDesk(t, 1000, 998)
	desk := people.SignIn(browser.New(t), w.URL+"/desk/", apitest.Anna.Email, "secret")
	list := desk.Find("list", "Conversations")
	few := func(what, selector string, most int) {
		t.Helper()
		if n := browser.Eval[int](desk.Tab, `document.querySelectorAll('`+selector+`').length`); n == 0 || n > most {
			t.Errorf("%s: %d in the page, want at most %d", what, n, most)
		}
	}
	desk.Lists("That was all.")
	few("entries", "#list li", 60)

	// Keys go on where nothing has been drawn yet.
	for range 40 {
		desk.Press("j")
	}
	desk.Wait(`document.activeElement.closest('li')?.ariaPosInSet === '40'`)
	list.Until("the end", `function() {
		const pane = this.parentElement
		pane.scrollTop = pane.scrollHeight
		return [...this.children].some(li => li.ariaPosInSet === '1000' && li.ariaSetSize === '1000')
	}`)
	few("entries at the end", "#list li", 60)

	// What a search finds is shown, marked and jumped to, by what is on the keyboard.
	desk.Find("searchbox", "Search conversations").Fill(`"zu gross, isn't"`)
	list.Until("just what was found", `function() { return [...this.querySelectorAll('mark')].map(e => e.innerText).join() === 'zu groß, isn’t' }`)
	desk.Screenshot("hit")
	desk.Take("Der Kessel")
	messageInSight(desk, "Der Kessel")
	desk.Log().Until("the mark", `function() { return [...this.querySelectorAll('mark')].map(e => e.innerText).join() === 'zu groß, isn’t' }`)
	desk.Screenshot("jump")
	few("messages", "[role=article]", 200)
	desk.Reload()
	messageInSight(desk, "Der Kessel")

	desk.Find("log", "Messages").Press("Home")
	messageInSight(desk, "hello")
	few("messages at the beginning", "[role=article]", 200)
	desk.Find("button", "To the latest").Click()
	messageInSight(desk, "That was all.")

	// What is read stays where it is as something new comes.
	desk.Log().Until("somewhere above", `function() { this.scrollTop -= 900; return true }`)
	desk.Find("button", "To the latest")
	const place = `(() => {
		const pane = document.querySelector('[role=log]')
		const first = [...pane.querySelectorAll('[role=article]')].find(e => e.getBoundingClientRect().top > pane.getBoundingClientRect().top)
		return first.innerText + Math.round(first.getBoundingClientRect().top)
	})()`
	before := browser.Eval[string](desk.Tab, place)
	ch := chat.Change{Message: &chat.Draft{Text: "And one thing more", Author: chat.Author{Side: chat.Visitor}}}
	if _, _, err := w.Store.ChangeConversation(t.Context(), id, ch, time.Now()); err != nil {
		t.Fatal(err)
	}
	desk.Find("button", "New messages")
	if now := browser.Eval[string](desk.Tab, place); now != before {
		t.Errorf("%q was read, now %q is in its place", before, now)
	}
	desk.Find("button", "New messages").Click()
	messageInSight(desk, "And one thing more")

	// What comes at once is drawn at once, and not one after the other.
	desk.Find("button", "Clear filters").Click()
	desk.Lists("And one thing more")
	browser.Eval[any](desk.Tab, `(() => {
		window.drawings = 0
		new MutationObserver(() => window.drawings++).observe(document.getElementById('list'), { subtree: true, childList: true, attributes: true, characterData: true })
	})()`)
	const many = 300
	atOnce(many, func(n int) {
		ch := chat.Change{Message: &chat.Draft{Text: "Everybody at once", Author: chat.Author{Side: chat.Visitor}}}
		if _, _, err := w.Store.ChangeConversation(t.Context(), chat.ConversationID(fmt.Sprint("c", n+1)), ch, time.Now()); err != nil {
			t.Error(err)
		}
	})
	list.Until("all of them", `function() { return [...this.children].slice(0, 8).every(li => li.innerText.includes('Everybody at once')) }`)
	if n := browser.Eval[int](desk.Tab, `window.drawings`); n > many/2 {
		t.Errorf("%d messages at once were drawn in %d steps", many, n)
	}
}
