package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// Where no agent is there, the chat says so, takes the message all the same, and
// the answer arrives.
func TestChatWithNobodyThere(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.OpenChat()
	visitor.HasText("leave a message")
	visitor.Screenshot("away")
	visitor.Say("Is anybody there?")

	desk := anna(t, url)
	desk.Take("Is anybody there?")
	desk.Sees("Is anybody there?")
	visitor.Wait(`!document.querySelector('parley-chat').shadowRoot.textContent.includes('leave a message')`)
	desk.Reply("Now there is.")
	visitor.Sees("Now there is.")
}

// Each side sees that the other one is typing, and that they have stopped.
func TestChatTyping(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	desk.Take("Hello.")

	visitor.Find("textbox", "Message").Fill("I would")
	desk.Log().Until("the visitor typing", `function() { return this.innerText.includes('typing') }`)
	visitor.Find("textbox", "Message").Fill("")
	desk.Log().Until("the visitor no longer typing", `function() { return !this.innerText.includes('typing') }`)

	desk.Find("textbox", "Reply").Fill("Well")
	visitor.HasText("Anna Berg is typing")
	desk.Reply("Well?")
	visitor.Sees("Well?")
	visitor.Wait(`!document.querySelector('parley-chat').shadowRoot.textContent.includes('is typing')`)
}

// What came while nobody looked is counted, on both sides, until they look.
func TestChatUnread(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	desk.Wait(`/\b1\b/.test(document.title)`)
	desk.Screenshot("unread")
	desk.Take("Hello.")
	desk.Wait(`!/\d/.test(document.title)`)

	visitor.CloseChat()
	desk.Reply("Good morning.")
	visitor.FindBy("img|image", browser.Containing("1 unread"), "the count of unread messages")
	visitor.Screenshot("unread")
	visitor.OpenChat()
	visitor.Sees("Good morning.")
	visitor.CloseChat()
	visitor.Wait(`!document.querySelector('parley-chat').shadowRoot.querySelector('[role=img][aria-label*=unread]:not([hidden])')`)
}

// A resolved conversation comes back when the visitor writes again.
func TestChatResolved(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Thank you.")
	desk.Take("Thank you.")
	desk.Find("button", "Resolve").Click()
	desk.HasText("All caught up")
	desk.Find("link", "Show").Click()
	desk.Find("button", "Reopen").Click()
	desk.Find("button", "Resolve").Click()
	desk.HasText("All caught up")
	visitor.Say("One more thing.")
	desk.Take("One more thing.")
	desk.Find("button", "Resolve")
	desk.Sees("Thank you.")
	desk.Sees("One more thing.")
}

// What people write is text, whatever it looks like; addresses in it are links.
func TestChatTextIsText(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	const text = `<img src=x onerror="document.title='run'"> & "{firstname}" https://example.com/a?b=c&d=<e>`
	visitor.Say(text)
	desk.Take("onerror")
	desk.Sees(text)
	const answer = `<script>document.title='run'</script> https://example.org/help.`
	desk.Reply(answer)
	visitor.Sees(answer)
	for who, tab := range map[string]*browser.Tab{"the desk": desk.Tab, "the visitor": visitor.Tab} {
		if browser.Eval[bool](tab, `document.title === 'run'`) {
			t.Errorf("%s ran what was written", who)
		}
	}
	visitor.Find("link", "https://example.org/help").Until("opening elsewhere, and telling nothing", `function() {
		return this.href === 'https://example.org/help' && this.target === '_blank' && this.relList.contains('noopener')
	}`)
	desk.Find("link", "https://example.com/a?b=c&d=")
}

// All of it can be done without a mouse.
func TestChatByKeyboard(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Find("button", "Open chat")
	visitor.TabTo("Open chat")
	visitor.Press("Enter")
	visitor.Focused("Message")
	visitor.Press("Hello from the keyboard.")
	visitor.Press("Enter")
	visitor.Sees("Hello from the keyboard.")
	visitor.Focused("Message")
	visitor.Press("Escape")
	visitor.Find("button", "Open chat")
	visitor.Focused("Open chat")

	desk.Take("Hello from the keyboard.")
	desk.Find("textbox", "Reply").Press("H")
	desk.Press("i there.")
	desk.Press("Enter")
	desk.Sees("Hi there.")
	visitor.Press("Enter")
	visitor.Sees("Hi there.")
}

// On a telephone the open chat has the whole screen.
func TestChatOnANarrowScreen(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.Resize(390, 760)
	visitor.Screenshot("closed")
	visitor.OpenChat()
	visitor.Find("dialog", "Ask us").Until("the whole screen", `function() {
		const r = this.getBoundingClientRect()
		return r.left <= 0 && r.top <= 0 && r.right >= innerWidth && r.bottom >= innerHeight
	}`)
	visitor.Screenshot("open")
	visitor.Say("From my telephone.")
	visitor.Screenshot("said")
	visitor.CloseChat()
}

// Who doesn't know the password doesn't get in, and is told why.
func TestDeskWrongPassword(t *testing.T) {
	_, url := startDemo(t)
	desk := browser.New(t).Open(url + "/desk/")
	desk.AllowProblem("401 (Unauthorized)") // what a refusal is over HTTP
	desk.Find("textbox", "E-mail").Fill("anna@example.com")
	desk.Find("textbox", "Password").Fill("a guess")
	desk.Find("button", "Sign in").Click()
	desk.FindBy("alert", browser.Any, "a word on what was wrong").Until("saying something", `function() { return this.innerText.trim() !== '' }`)
	desk.Screenshot("refused")
	if desk.Has("list", "Conversations") {
		t.Error("a wrong password opened the desk")
	}
	desk.Find("textbox", "Password").Fill(demoPassword)
	desk.Find("button", "Sign in").Click()
	desk.Find("list", "Conversations")
}
