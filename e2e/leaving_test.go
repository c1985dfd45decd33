package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// countNotes counts what the page plays, in the variable notes.
const countNotes = `(() => {
	const { start } = OscillatorNode.prototype
	window.notes = 0
	OscillatorNode.prototype.start = function(...when) { notes++; start.apply(this, when) }
	return true
})()`

// A first message that is sent on the way to another page arrives, and the
// conversation is there on that page, where the visitor sees what agents do with
// it.
func TestFirstMessageWhileLeaving(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitors := browser.New(t)
	visitor := people.Visit(visitors, url)
	visitor.OpenChat()
	visitor.Find("textbox", "Message").Fill("On my way out.")
	browser.Eval[bool](visitor.Tab, `(addEventListener('click', () => location.href = '/story'), true)`)
	visitor.Follow(visitor.Find("button", "Send").Click)
	visitor.OpenChat()
	visitor.Sees("On my way out.")
	visitor.HasText("· Sent")
	desk.Take("On my way out.")
	visitor.HasText("· Seen")
	desk.Sees("On my way out.")
	const checked = `function() { return this.ariaChecked === 'true' }`
	// Two tabs sound as one, once the visitor has asked for it.
	second := people.Visitor{Tab: visitors.Tab()}
	tabs := []people.Visitor{visitor, second}
	second.Go(url)
	for _, v := range tabs {
		browser.Eval[bool](v.Tab, countNotes)
	}
	second.OpenChat()
	second.Menu("menuitemcheckbox", "Sound for new messages").Click()
	second.Wait(`notes === 2`)
	second.CloseChat()
	visitor.Find("textbox", "Message").Click() // which lets it sound
	sound := visitor.Menu("menuitemcheckbox", "Sound for new messages")
	sound.Until("checked", checked)
	sound.Press("Escape")
	hide := func(yes string) {
		for _, v := range tabs {
			browser.Eval[bool](v.Tab, `(Object.defineProperty(document, 'hidden', {value: `+yes+`, configurable: true}),
				document.dispatchEvent(new Event('visibilitychange')), true)`)
		}
	}
	hide("true")
	title := browser.Eval[string](visitor.Tab, `document.title`)
	desk.Reply("Come back.")
	visitor.Wait(`document.title === ` + browser.Quote("(1) "+title))
	for _, v := range tabs { // what rings has been set off by now, and plays while the agent goes on
		browser.Eval[bool](v.Tab, `new Promise((rung) => setTimeout(rung, 500, true))`)
	}
	hide("false")
	visitor.Wait(`document.title === ` + browser.Quote(title))
	visitor.Sees("Come back.")
	visitor.Say("Here I am.")
	desk.Sees("Here I am.")
	visitor.HasText("· Seen")
	desk.Find("button", "Resolve").Click()
	visitor.HasText("This conversation is resolved.")
	visitor.Screenshot("resolved")
	desk.Find("tab", "Resolved").Click()
	desk.Take("Here I am.")
	desk.Find("button", "Reopen").Click()
	visitor.HasText("This conversation is open again.")
	visitor.Say("Thanks.")
	visitor.Wait(`!document.querySelector('parley-chat').shadowRoot.textContent.includes('open again')`)
	played := browser.Eval[int](visitor.Tab, `notes`) + browser.Eval[int](second.Tab, `notes`)
	if played != 2+2 {
		t.Errorf("the tabs played %d notes, want 2 as the sound was turned on, and 2 for the one unseen message", played)
	}
	second.Reload()
	second.OpenChat()
	toggle := second.Menu("menuitemcheckbox", "Sound for new messages")
	toggle.Until("checked", checked)
	toggle.Click()
	second.Wait(`localStorage.length === 0`)
}

// A first message whose answer gets lost is sent again, and is there once.
func TestFirstMessageWhoseAnswerIsLost(t *testing.T) {
	_, behind := startDemo(t)
	desk := anna(t, behind)
	address, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(address)
	var starts atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/api/start") && starts.Add(1) <= 2 {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	visitor := people.Visit(browser.New(t), strings.Replace(front.URL, "127.0.0.1", "localhost", 1))
	visitor.AllowProblem("net::ERR_")
	visitor.Say("Is anybody there?")
	desk.Take("Is anybody there?")
	desk.Sees("Is anybody there?")
	desk.Reply("Yes.")
	visitor.Sees("Yes.")
	if n := starts.Load(); n < 3 {
		t.Errorf("the visitor asked %d times for a session", n)
	}
	desk.Find("list", "Conversations").Until("one conversation", `function() { return this.querySelectorAll('a, button').length === 1 }`)
}
