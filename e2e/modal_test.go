package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

const asking = `<h1>Shop</h1><button onclick="this.innerText='Bought'">Buy</button>
<button onclick="terms.showModal()">Read terms</button>
<dialog id="terms" style="width:60vw;height:50vh">Terms <button onclick="terms.close()">Agree</button> <input aria-label="Name"></dialog>`

// behind is true of what a modal dialog makes unreachable: of the page's button.
const behind = `(() => {
	const r = document.querySelector('body > button').getBoundingClientRect()
	const at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)
	document.querySelector('body > button').focus()
	return !at.matches('body > button') && !document.activeElement.matches('body > button')
})()`

// A modal dialog that is there before the chat is leaves it usable, and itself
// modal.
func TestModalBeforeTheChat(t *testing.T) {
	s := startSite(t, "", pages{
		"/":     page("<title>Shop</title>", asking+"<script>terms.showModal()</script>"),
		"/idle": page("<title>Shop</title>", asking+"<script>terms.showModal(); document.activeElement.blur()</script>"),
		"/two":  page("<title>Shop</title>", asking+`<dialog id="late">Late <button onclick="late.close()">Later</button></dialog>`+"<script>terms.showModal(); late.showModal(); document.activeElement.blur()</script>"),
	})
	computer := browser.New(t)
	for _, path := range []string{"/", "/idle", "/two"} {
		t.Run(path, func(t *testing.T) {
			v := people.Visitor{Tab: computer.Tab().In(t)}
			defer v.Close()
			v.Go(s.local + path)
			v.Find("button", "Open chat").Until("in sight", inSight)
			v.Say("In " + path)
			v.Screenshot("open")
			if !browser.Eval[bool](v.Tab, behind) {
				t.Error("the page behind its dialog can be reached")
			}
			if path == "/two" {
				v.Find("button", "Later").Click()
			}
			v.Find("button", "Agree").Click()
			v.Find("dialog", "Chat with us").Until("in sight", inSight)
			v.Say("After " + path)
			v.CloseChat()
			v.Find("button", "Buy").Click()
			v.Find("button", "Bought")
		})
	}
}

// What somebody is typing as a dialog opens, they can go on typing there, and
// so after it has closed.
func TestModalWhileTyping(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", asking)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.Find("textbox", "Message").Press("H")
	browser.Eval[any](v.Tab, `void terms.showModal()`)
	v.Find("textbox", "Name").Until("in front", `function() { return document.activeElement?.closest('dialog') === this.closest('dialog') }`)
	v.Find("dialog", "Chat with us").Until("in sight", inSight)
	v.Find("textbox", "Message").Click()
	v.Press("ey")
	v.Find("textbox", "Message").Until("all of it", `function() { return this.value === 'Hey' }`)
	if !browser.Eval[bool](v.Tab, behind) {
		t.Error("the page behind its dialog can be reached")
	}
	v.Find("textbox", "Name").Click()
	v.Press("Mia")
	v.Find("textbox", "Name").Until("hers", `function() { return this.value === 'Mia' }`)
	browser.Eval[any](v.Tab, `void terms.close()`)
	v.Find("dialog", "Chat with us").Until("in sight", inSight)
	v.Find("textbox", "Message").Click()
	v.Press("!")
	v.Find("textbox", "Message").Until("all of it", `function() { return this.value === 'Hey!' }`)
	v.Find("button", "Send").Click()
	v.Sees("Hey!")
}

// A menu of the page that closes at a click elsewhere, and a library that takes
// wheel and touch for itself, leave the chat's log scrollable.
func TestPageThatTakesTheWheel(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", `<h1 style="margin-bottom:3000px">Shop</h1><script>
		for (const type of ['wheel', 'touchmove']) {
			document.addEventListener(type, event => event.preventDefault(), { passive: false })
			addEventListener(type, event => event.preventDefault(), { passive: false })
		}
	</script>`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Say("All of it:" + longText)
	log := v.FindBy("log", browser.Any, "the chat's messages")
	log.Until("at its end", `function() { return this.scrollTop > 100 }`)
	log.Wheel(-5000)
	log.Until("at its beginning", `function() { return this.scrollTop === 0 }`)
}
