// Package people does with the chat what people do: visitors on a site's pages
// and agents at the desk. It knows the pages by what a screen reader would tell
// of them, not by how they are made.
package people

import (
	"strings"

	"github.com/parley-chat/parley/e2e/browser"
)

// Visitor is someone with a page of a site before them.
type Visitor struct {
	*browser.Tab
}

// Visit opens a page in a new tab of a computer.
func Visit(c *browser.Computer, url string) Visitor {
	return Visitor{c.Open(url)}
}

// OpenChat opens the chat, unless it is open, or is as the page comes.
func (v Visitor) OpenChat() {
	either := func(name string) bool { return name == "Open chat" || name == "Close chat" }
	v.FindBy("button", either, "the button of the chat")
	if !v.Has("textbox", "Message") {
		v.Find("button", "Open chat").Click()
	}
	v.Find("textbox", "Message")
}

// CloseChat closes the chat.
func (v Visitor) CloseChat() {
	v.Find("button", "Close chat").Click()
	v.Gone("textbox", "Message")
}

// Menu opens the open chat's menu and returns one of its items.
func (v Visitor) Menu(role, item string) *browser.Element {
	v.Find("button", "More").Click()
	return v.Find(role, item)
}

// Say opens the chat if need be and sends a message. It returns once the
// message stands in the chat.
func (v Visitor) Say(text string) {
	v.OpenChat()
	v.Find("textbox", "Message").Fill(text)
	v.Find("button", "Send").Click()
	v.Sees(text)
}

// Sees waits until a message stands in the open chat, once.
func (v Visitor) Sees(text string) {
	seesOnce(v.log(), text)
}

// Transcript is what the open chat shows now.
func (v Visitor) Transcript() string { return v.log().Text() }

// log is the list of messages; its name is the widget's business.
func (v Visitor) log() *browser.Element {
	return v.FindBy("log", browser.Any, "the chat's messages")
}

// seesOnce waits until a log has a message in it and fails if it has it twice.
func seesOnce(log *browser.Element, text string) {
	log.Until("the message "+text, `function() { return this.innerText.includes(`+browser.Quote(text)+`) }`)
	if n := strings.Count(log.Text(), text); n != 1 {
		log.Fail("%q is there %d times", text, n)
	}
}
