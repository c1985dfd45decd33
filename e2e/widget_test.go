package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// A site that says nothing of it has the widget's own title and greeting.
// Its script may call the chat before that is there, and read how it stands.
func TestTitleAndGreetingByDefault(t *testing.T) {
	const script = `<script>
		window.heard = []
		window.Parley = window.Parley || []
		Parley.push(['nonsense'], ['on', 'online', (on) => heard.push('online ' + on)])
		Parley.push(['on', 'open', () => heard.push('open')], ['user.tag', { additionalTaggingData: { plan: 'plus' } }], ['ready', () => heard.push('ready')], ['open'])
		window.early = Array.isArray(Parley)
	</script>`
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop"), "/early": page("<title>Early</title>"+script, "<p>Early")})
	v := people.Visit(browser.New(t), s.local+"/")
	if got := browser.Eval[string](v.Tab, `[Parley.isOpen, Parley.unread, Parley.online].join()`); got != "false,0," {
		t.Errorf("before the chat is opened, the page reads %s", got)
	}
	v.OpenChat()
	v.Find("dialog", "Chat with us")
	v.HasText("Hi, how can we help?")

	early := people.Visitor{Tab: browser.New(t).Tab()}
	early.AllowProblem("nonsense")
	early.AllowProblem("is not a function")
	early.Go(s.local + "/early")
	early.Wait(`heard.includes('online true')`)
	if got := browser.Eval[string](early.Tab, `heard.sort().join() + ' ' + [Parley.isOpen, Parley.unread, Parley.online].join()`); got != "online true,open,ready true,0,true" {
		t.Errorf("the page heard and reads %s", got)
	}
	early.Say("One.")
	early.Wait(`performance.getEntriesByType('resource').some((r) => r.name.endsWith('/api/tag'))`)
	browser.Eval[bool](early.Tab, `(Parley.push(['close']), true)`)
	early.Wait(`!Parley.isOpen`)
}

// inSight is true of what is whole in the window, with nothing on top of it.
const inSight = `function() {
	const chat = this.getRootNode().host, top = chat.getRootNode()
	const r = this.getBoundingClientRect()
	const at = [[2, 2], [2, -2], [-2, 2], [-2, -2]].map(([x, y]) => [x < 0 ? r.right + x : r.left + x, y < 0 ? r.bottom + y : r.top + y])
	at.push([r.x + r.width / 2, r.y + r.height / 2])
	const round = parseFloat(getComputedStyle(this).borderTopLeftRadius) > 2 // corners are not its own
	return r.width > 10 && r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight &&
		(round ? at.slice(4) : at).every(([x, y]) => top.elementFromPoint(x, y) === chat)
}`

// expectInSight opens the chat, says something, and closes it.
func expectInSight(v people.Visitor, text string) {
	v.Find("button", "Open chat").Until("in sight", inSight)
	v.OpenChat()
	v.Find("dialog", "Chat with us").Until("in sight", inSight)
	v.Say(text)
	v.Screenshot("open")
	v.CloseChat()
}

// Whatever a page does with its body, and whatever it puts above everything, the
// chat is where it belongs.
func TestChatIsAboveThePage(t *testing.T) {
	app := pages{}
	for name, css := range map[string]string{
		"transform":       "body{transform:scale(1)}",
		"transform-html":  "html{transform:translateZ(0);perspective:1px}",
		"will-change":     "body{will-change:transform;container-type:inline-size}",
		"filter":          "html,body{filter:saturate(.5);position:relative;z-index:-1}",
		"contain":         "body{contain:paint}",
		"clipped":         "body{height:100px;overflow:hidden;transform:scale(1)}html{overflow:auto}",
		"zoom":            "body{zoom:1.5}",
		"zoom-html":       "html{zoom:0.6}",
		"overlay":         "#over{position:fixed;inset:0;z-index:2147483647;background:#def}",
		"top-layer-rules": "[popover]{opacity:0;transform:scale(0)}::backdrop{background:red!important;opacity:1!important;display:block!important;pointer-events:auto!important}",
	} {
		app["/"+name] = page("<title>"+name+"</title><style>"+css+"</style>", `<h1 style="margin-bottom:3000px">Above</h1><button onclick="this.innerText='Bought'">Buy</button><div id="over"></div>`)
	}
	s := startSite(t, "", app)
	computer := browser.New(t)
	for path := range app {
		t.Run(path[1:], func(t *testing.T) {
			v := people.Visitor{Tab: computer.Tab().In(t)}
			defer v.Close()
			v.Go(s.local + path)
			expectInSight(v, "On "+path)
			if path == "/overlay" {
				return
			}
			v.Find("button", "Buy").Click()
			v.Find("button", "Bought").Until("in sight", `function() {
				const r = this.getBoundingClientRect()
				return document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === this
			}`)
			v.Find("button", "Open chat").Until("in sight", inSight)
		})
	}
}

const opens = `<h1>Shop</h1>
<button onclick="drawer.showPopover()">Open drawer</button>
<div id="drawer" popover="manual" style="inset:0;width:100%;height:100%;margin:0;background:#fed"><button onclick="drawer.hidePopover()">Close drawer</button></div>
<style>html{background:#fff}</style><div id="app" style="background:#efd"><button onclick="app.requestFullscreen()">Fill the screen</button> <button onclick="document.exitFullscreen()">Leave</button></div>
<button onclick="document.documentElement.requestFullscreen()">Fill it with all</button> <button onclick="document.exitFullscreen()">Back</button>
<div id="film"><video></video><button onclick="film.requestFullscreen()">Watch</button> <button onclick="document.exitFullscreen()">Stop</button></div>
<dialog id="inner" style="width:90vw;height:50vh">Really?<button onclick="inner.close()">Really</button></dialog>
<button onclick="outer.showModal()">Open dialog</button>
<dialog id="outer" style="width:90vw;height:80vh">Terms <button onclick="outer.close()">Agree</button> <button onclick="inner.showModal()">Ask</button></dialog>
<button onclick="component.open()">Open component</button><x-dialog id="component"></x-dialog>
<script>
	film.addEventListener('fullscreenchange', () => film.dataset.chat = document.querySelector('parley-chat').parentNode.localName)
	outer.addEventListener('click', event => { // as those do who want clicks beside it to close it
		const r = outer.getBoundingClientRect()
		if (event.clientX < r.left || event.clientX > r.right || event.clientY < r.top || event.clientY > r.bottom) outer.close()
	})
	customElements.define('x-dialog', class extends HTMLElement {
		connectedCallback() {
			const root = this.attachShadow({mode: 'open'})
			root.innerHTML = '<dialog style="width:90vw;height:80vh">Part <button>Close component</button></dialog>'
			this.open = () => root.querySelector('dialog').showModal()
			root.querySelector('button').onclick = () => root.querySelector('dialog').close()
		}
	})
</script>`

// The chat comes above what the page opens later, films aside, and can be used
// there: a modal dialog stays what it is, and open.
func TestChatComesAboveWhatOpensLater(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", opens)})
	v := people.Visit(browser.New(t), s.local+"/")
	for _, step := range []string{"Open drawer", "Close drawer", "Fill the screen", "Leave", "Fill it with all", "Back", "Open dialog", "Ask", "Really", "Agree", "Open component", "Close component"} {
		v.Find("button", step).Click()
		expectInSight(v, "After "+step)
	}

	v.Find("button", "Watch").Click()
	v.Wait(`film.dataset.chat === 'html'`)
	v.Gone("button", "Open chat")
	v.Find("button", "Stop").Click()
	expectInSight(v, "A good film.")

	v.Find("button", "Open dialog").Click()
	v.Find("button", "Agree").Until("in its dialog", `function() { return document.activeElement === this }`)
	v.OpenChat()
	v.Find("textbox", "Message").Press("Escape")
	v.Gone("textbox", "Message")
	v.OpenChat()
	log := v.FindBy("log", browser.Any, "the chat's messages")
	log.Until("read further up", `function() {
		return new Promise(done => {
			this.addEventListener('scroll', () => requestAnimationFrame(() => done(true)), { once: true })
			this.scrollTop = this.scrollTop === 100 ? 101 : 100
		})
	}`)
	v.Find("button", "Ask").Click()
	v.Find("dialog", "Chat with us").Until("in sight", inSight)
	log.Until("where it was", `function() { return this.scrollTop >= 100 && this.scrollTop <= 101 }`)
	browser.Eval[any](v.Tab, `void (inner.remove(), outer.remove())`)
	v.Find("heading", "Shop")
	v.Find("dialog", "Chat with us").Until("in sight", inSight)
	v.Say("Where has it gone?")
}
