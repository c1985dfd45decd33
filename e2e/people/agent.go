package people

import "github.com/parley-chat/parley/e2e/browser"

// Agent is someone who answers, with the desk before them.
type Agent struct {
	*browser.Tab
}

// SignIn opens the desk in a new tab of a computer and signs in.
func SignIn(c *browser.Computer, url, email, password string) Agent {
	a := Agent{c.Open(url)}
	a.Find("textbox", "E-mail").Fill(email)
	a.Find("textbox", "Password").Fill(password)
	a.Find("button", "Sign in").Click()
	a.Find("list", "Conversations")
	return a
}

// Take opens the conversation that shows a text in the list: a name, or the
// last message.
func (a Agent) Take(text string) {
	a.entry(text).Click()
	a.Find("textbox", "Reply")
	a.Log().Until("the conversation", `function() { return this.innerText.trim() !== '' }`)
}

// entry is a conversation in the list. Whether it is a link or a button is the
// desk's business.
func (a Agent) entry(text string) *browser.Element {
	return a.Find("list", "Conversations").FindBy("link|button", browser.Containing(text), "a conversation with "+text)
}

// Lists waits until the list shows a conversation with a text.
func (a Agent) Lists(text string) { a.entry(text) }

// Reply answers in the conversation that is open.
func (a Agent) Reply(text string) {
	a.Find("textbox", "Reply").Fill(text)
	a.Find("button", "Send").Click()
	a.Sees(text)
}

// Sees waits until a message stands in the open conversation, once.
func (a Agent) Sees(text string) { seesOnce(a.Log(), text) }

// Transcript is what the open conversation shows now.
func (a Agent) Transcript() string { return a.Log().Text() }

// Log is where the messages of the open conversation are.
func (a Agent) Log() *browser.Element { return a.Find("log", "Messages") }
