package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

var longText = strings.Repeat("\nOn and on, and on.", 40)

// Nothing of the chat comes on paper, be it open or closed.
func TestPrint(t *testing.T) {
	body := `<h1 style="margin-bottom:1500px">Shop</h1><p>On paper.</p>`
	app := pages{"/": page("<title>Shop</title>", body)}
	s := startSite(t, "exclude /plain", pages{"/": app["/"], "/plain": app["/"]})
	tab := browser.New(t).Tab()
	tab.Go(s.local + "/plain")
	tab.Media("print")
	want, paper := browser.Eval[[]string](tab, boxes), len(tab.PDF())
	tab.Media("screen")
	tab.Go(s.local + "/")
	for _, open := range []bool{false, true} {
		settle(t, tab, open)
		tab.Media("print")
		if browser.Eval[bool](tab, `document.querySelector('parley-chat').checkVisibility()`) {
			t.Errorf("with the chat open %t, some of it comes on paper", open)
		}
		expectSame(t, "on paper", browser.Eval[[]string](tab, boxes), want)
		if got := len(tab.PDF()); got != paper {
			t.Errorf("with the chat open %t, what is printed has %d bytes, want %d", open, got, paper)
		}
		tab.Media("screen")
	}
}

// controls are those of the open chat, by name.
var controls = []string{"Close chat", "Attach files", "Send"}

// expectWhole fails unless all that can be used of the open chat is in sight.
func expectWhole(v people.Visitor) {
	v.Find("dialog", "Chat with us").Until("in the window", `function() {
		const r = this.getBoundingClientRect()
		return r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight && this.scrollWidth <= this.clientWidth && this.scrollHeight <= this.clientHeight
	}`)
	for _, name := range controls {
		v.Find("button", name).Until("in sight", inSight)
	}
	v.Find("textbox", "Message").Until("in sight", inSight)
}

// At 400 % a window of 1280 by 1024 pixels has 320 by 256: all of the chat is
// in it, also with a long text and files, and some of the conversation.
func TestZoom(t *testing.T) {
	s := startSite(t, "", pages{"/": page(`<title>Shop</title><meta name="viewport" content="width=device-width">`, `<h1>Shop</h1>`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Resize(320, 256)
	v.Find("button", "Open chat").Until("in sight", inSight)
	v.OpenChat()
	expectWhole(v)
	v.Screenshot("open")
	v.Say("Hello.")
	v.Sees("HELLO.")
	v.Screenshot("said")
	v.Find("textbox", "Message").Fill(longText)
	var files []string
	for i := range 4 {
		files = append(files, textFile(t, fmt.Sprintf("a-rather-long-name-of-a-file-%d.txt", i), "1"))
	}
	v.Find("button", "Attach files").Upload(files...)
	v.Find("button", "Remove a-rather-long-name-of-a-file-3.txt")
	v.Screenshot("full")
	expectWhole(v)
	v.FindBy("log", browser.Any, "the chat's messages").Until("in sight", `function() { return this.clientHeight >= 24 }`)
	v.Find("button", "Send").Click()
	v.FindBy("button", browser.Containing("file-3.txt"), "the last file")
}

// view stands in for a telephone's keyboard, which no browser for desks has: it
// covers the page, whose own size stays.
const view = `{
	const view = Object.assign(new EventTarget(), { offsetTop: 0, scale: 1, width: 390, height: 760 })
	Object.defineProperty(window, 'visualViewport', { value: view })
	window.see = (offsetTop, height) => (Object.assign(view, { offsetTop, height }), view.dispatchEvent(new Event('resize')), view.dispatchEvent(new Event('scroll')))
}`

// The open chat takes what the keyboard leaves of the window, also where the
// browser has moved the page under it, and all again when it is gone.
func TestKeyboardOnTheScreen(t *testing.T) {
	s := startSite(t, "", pages{"/": page(`<title>Shop</title><meta name="viewport" content="width=device-width">`, `<h1>Shop</h1>`)})
	v := people.Visitor{Tab: browser.New(t).Tab()}
	v.OnEveryPage(view)
	v.Touch(390, 760)
	v.Go(s.local + "/")
	v.Say("Hello.")
	v.Sees("HELLO.")
	for _, seen := range [][2]int{{0, 420}, {200, 420}, {340, 420}, {0, 760}} {
		browser.Eval[any](v.Tab, fmt.Sprintf(`void see(%d, %d)`, seen[0], seen[1]))
		within := fmt.Sprintf(`function() {
			const r = this.getBoundingClientRect()
			return r.top >= %[1]d && r.bottom <= %[1]d + %[2]d
		}`, seen[0], seen[1])
		v.Find("dialog", "Chat with us").Until("all that can be seen", fmt.Sprintf(`function() {
			const r = this.getBoundingClientRect()
			return r.left === 0 && r.right === innerWidth && r.top === %d && r.height === %d
		}`, seen[0], seen[1]))
		for _, name := range controls {
			v.Find("button", name).Until("above the keyboard", within)
		}
		v.Find("textbox", "Message").Until("above the keyboard", within)
		v.FindBy("log", browser.Any, "the chat's messages").Until("at its end", `function() {
			const pane = this
			return pane.scrollHeight - pane.clientHeight - pane.scrollTop < 2
		}`)
	}
}

// Who enlarges the page with two fingers sees more of less of it: the chat stays
// as large as it was, or nothing in it could ever be enlarged.
func TestPinch(t *testing.T) {
	s := startSite(t, "", pages{"/": page(`<title>Shop</title><meta name="viewport" content="width=device-width">`, `<h1>Shop</h1>`)})
	v := people.Visitor{Tab: browser.New(t).Tab()}
	v.Touch(390, 760)
	v.Go(s.local + "/")
	v.OpenChat()
	v.Pinch(2)
	v.Wait(`visualViewport.scale === 2 && new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	v.Find("dialog", "Chat with us").Until("as it was", `function() {
		const r = this.getBoundingClientRect()
		return r.top === 0 && r.left === 0 && r.width === 390 && r.height === 760
	}`)
	v.Pinch(1)
	v.Wait(`visualViewport.scale === 1`)
	expectWhole(v)
}

// Where the system sets the colours, the parts of the chat have edges, and its
// signs the colour of text.
func TestForcedColors(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", `<h1>Shop</h1>`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Media("screen", "forced-colors", "active", "prefers-color-scheme", "dark")
	const edges = `function() {
		const style = getComputedStyle(this)
		return style.borderTopStyle === 'solid' && parseFloat(style.borderTopWidth) >= 1 && style.borderTopColor !== style.backgroundColor
	}`
	v.Find("button", "Open chat").Until("with an edge", edges)
	v.Screenshot("closed")
	v.Say("Hello.")
	v.Sees("HELLO.")
	v.Find("dialog", "Chat with us").Until("with an edge", edges)
	for _, name := range []string{"Close chat", "Send"} {
		v.Find("button", name).Until("with an edge", edges)
	}
	if got := browser.Eval[[]string](v.Tab, `[...document.querySelector('parley-chat').shadowRoot.querySelectorAll('.bubble, textarea, .composer svg, #more svg, .dot')].filter(e => {
		const style = getComputedStyle(e), ground = getComputedStyle(e.closest('.panel')).backgroundColor
		const line = e.localName === 'svg' ? style.stroke : style.borderTopColor
		return line === ground || (e.localName !== 'svg' && style.borderTopWidth === '0px')
	}).map(e => e.localName + '.' + e.className)`); len(got) > 0 {
		t.Errorf("without an edge: %q", got)
	}
	v.Screenshot("open")
}

// Where the system asks for it, nothing of the chat moves.
func TestReducedMotion(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", `<h1>Shop</h1>`)})
	v := people.Visitor{Tab: browser.New(t).Tab()}
	v.OnEveryPage(`window.moved = []; for (const type of ['animationstart', 'transitionstart']) addEventListener(type, e => moved.push(type + ' ' + e.composedPath()[0].className), true)`)
	v.Media("screen", "prefers-reduced-motion", "reduce")
	v.Go(s.local + "/")
	v.OpenChat()
	v.Say("Hello.")
	v.Sees("HELLO.")
	v.CloseChat()
	v.OpenChat()
	if moved := browser.Eval[[]string](v.Tab, `moved`); len(moved) > 0 {
		t.Errorf("moved: %q", moved)
	}
}

// On a page that is written from right to left the chat is where the operator
// has put it, whole, and each text reads in its own direction.
func TestRightToLeft(t *testing.T) {
	s := startSite(t, "", pages{"/": `<!doctype html><html lang="en" dir="rtl"><head><meta charset="utf-8"><title>Shop</title></head><body><h1>Shop</h1></body></html>`})
	v := people.Visit(browser.New(t), s.local+"/")
	right := `function() { return innerWidth - this.getBoundingClientRect().right === 20 }`
	v.Find("button", "Open chat").Until("on the right", right)
	v.Say("Hello, is it open?")
	v.Sees("HELLO, IS IT OPEN?")
	v.Find("textbox", "Message").Fill("שלום, זה פתוח?")
	v.Find("button", "Send").Click()
	v.Find("dialog", "Chat with us").Until("on the right", right)
	expectWhole(v)
	v.Screenshot("open")
	v.FindBy("log", browser.Any, "the chat's messages").Until("in their own directions", `function() {
		const bubbles = [...this.querySelectorAll('.bubble')]
		return bubbles.length === 4 && bubbles.every(e => getComputedStyle(e).direction === (/[א-ת]/.test(e.innerText) ? 'rtl' : 'ltr'))
	}`)
	v.Touch(360, 740)
	expectWhole(v)
	v.Screenshot("phone")
}
