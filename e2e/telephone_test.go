package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// expectLargeFields fails where iOS would zoom into a field, as it does below 16
// pixels.
func expectLargeFields(t *testing.T, who string, tab *browser.Tab) {
	t.Helper()
	small := browser.Eval[[]string](tab, `(() => {
		`+throughout+`
		return throughout('textarea, select, input:not([type=file])')
			.filter(e => e.checkVisibility() && parseFloat(getComputedStyle(e).fontSize) < 16)
			.map(e => e.ariaLabel ?? e.name)
	})()`)
	if len(small) > 0 {
		t.Errorf("%s: small fields: %s", who, strings.Join(small, ", "))
	}
}

// A telephone on its side has little height: the open chat takes all of it, and
// nowhere is there a field that the browser would zoom into.
func TestTelephoneOnItsSide(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.Touch(844, 390)
	visitor.OpenChat()
	visitor.Find("dialog", "Ask us").Until("the whole screen", `function() {
		const r = this.getBoundingClientRect()
		return r.left <= 0 && r.top <= 0 && r.right >= innerWidth && r.bottom >= innerHeight
	}`)
	expectNewestInSight(t, visitor)
	visitor.Say("From my telephone.")
	visitor.Screenshot("said")
	expectLargeFields(t, "the visitor", visitor.Tab)
	visitor.CloseChat()

	desk := browser.New(t).Open(url + "/desk/")
	desk.Touch(844, 390)
	desk.Find("textbox", "E-mail")
	expectLargeFields(t, "the sign-in", desk)
	agent := anna(t, url)
	agent.Touch(844, 390)
	agent.Take("From my telephone.")
	agent.Find("button", "Filter").Click()
	agent.Find("combobox", "Field")
	expectLargeFields(t, "the desk", agent.Tab)
}

// expectNewestInSight takes room from the log, as the keyboard, a long text and
// chosen files do: who was at its end stays there, and who was not stays too.
func expectNewestInSight(t *testing.T, visitor people.Visitor) {
	t.Helper()
	visitor.Touch(390, 760)
	visitor.Say(strings.TrimSpace(strings.Repeat("On and on\n", 40)))
	log := visitor.FindBy("log", browser.Any, "the chat's messages")
	shrinks := func(what string, shrink func()) {
		t.Helper()
		before := browser.Eval[float64](visitor.Tab, paneHeight)
		shrink()
		log.Until("the newest message, after "+what, fmt.Sprintf(`function() {
			const pane = this.getBoundingClientRect()
			return pane.height < %f && Math.abs(this.lastElementChild.lastElementChild.getBoundingClientRect().bottom - pane.bottom) < 30
		}`, before))
	}
	shrinks("the keyboard", func() { visitor.Touch(390, 500) })
	shrinks("a long text", func() { visitor.Find("textbox", "Message").Fill("a\nb\nc\nd\ne") })
	shrinks("chosen files", func() { visitor.Find("button", "Attach files").Upload(textFile(t, "order.txt", "777")) })
	visitor.Screenshot("small")

	browser.Eval[any](visitor.Tab, `new Promise(done => {
		const pane = document.querySelector('parley-chat').shadowRoot.querySelector('[role=log]')
		pane.addEventListener('scroll', () => requestAnimationFrame(done), { once: true })
		pane.scrollTop = 100
	})`)
	visitor.Touch(390, 420)
	log.Until("further up, as before", fmt.Sprintf(`async function() {
		for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame)
		return this.clientHeight < %f && this.scrollTop === 100
	}`, browser.Eval[float64](visitor.Tab, paneHeight)+1))
	visitor.Find("button", "Remove order.txt").Click()
	visitor.Find("textbox", "Message").Fill("")
	visitor.Touch(844, 390)
}

const paneHeight = `document.querySelector('parley-chat').shadowRoot.querySelector('[role=log]').getBoundingClientRect().height`

// Where the open chat covers the page, it is all there is: for the keyboard, and
// for screen readers.
func TestTelephoneIsModal(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.OpenChat()
	visitor.Find("dialog", "Ask us").Until("beside the page", `function() { return this.ariaModal !== 'true' }`)
	visitor.Resize(390, 760)
	visitor.Find("dialog", "Ask us").Until("over the page", `function() { return this.ariaModal === 'true' }`)
	visitor.Find("textbox", "Message").Press("H")
	seen := make(map[string]bool)
	for range 12 {
		visitor.Press("Tab")
		if inside := browser.Eval[bool](visitor.Tab, `document.activeElement.matches('parley-chat')`); !inside {
			t.Fatalf("the Tab key leads to the page behind, by way of %v", seen)
		}
		seen[browser.Eval[string](visitor.Tab, `(at => at.ariaLabel ?? at.innerText)(document.activeElement.shadowRoot.activeElement)`)] = true
	}
	for _, name := range []string{"Close chat", "Message", "Attach files", "Send"} {
		if !seen[name] {
			t.Errorf("the Tab key doesn't lead to %q, only to %v", name, seen)
		}
	}
}

// The key that ends the composition of a character does nothing else. Safari
// tells it by its code alone.
func TestComposedCharactersLeaveTheChatOpen(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.OpenChat()
	const escape = `(() => {
		const event = new KeyboardEvent('keydown', { key: 'Escape', keyCode: 229, bubbles: true, composed: true })
		const root = document.activeElement.shadowRoot
		;(root ? root.activeElement : document.activeElement).dispatchEvent(event)
	})()`
	visitor.Find("textbox", "Message").Press("H")
	browser.Eval[any](visitor.Tab, escape)
	visitor.Find("dialog", "Ask us").Until("open", `function() { return this.checkVisibility() }`)
	visitor.Say("Hello.")

	desk := anna(t, url)
	desk.Take("Hello.")
	desk.Find("textbox", "Reply").Press("H")
	browser.Eval[any](desk.Tab, escape)
	desk.Focused("Reply")
	desk.Find("searchbox", "Search conversations").Press("H")
	browser.Eval[any](desk.Tab, escape)
	desk.Find("searchbox", "Search conversations").Until("as it was", `function() { return this.value === 'H' }`)
}
