package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// The menu is worked by keyboard as menus are: its items by arrows, Escape closes
// it and not the chat, and the focus is where it was.
func TestMenuByKeyboard(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.OpenChat()
	more := visitor.Find("button", "More")
	more.Press("Enter")
	visitor.Find("menu", "More")
	visitor.Focused("Sound for new messages")
	if visitor.Has("menuitem", "Download this chat") {
		t.Error("there is nothing yet to download")
	}
	visitor.Press("Escape")
	visitor.Gone("menu", "More")
	visitor.Focused("More")
	visitor.Say("Hello.")
	more.Click()
	visitor.Find("menuitem", "Download this chat")
	visitor.Screenshot("open")
	for _, step := range [][2]string{{"ArrowDown", "Download this chat"}, {"ArrowDown", "Sound for new messages"},
		{"ArrowUp", "Download this chat"}, {"Home", "Sound for new messages"}, {"End", "Download this chat"}} {
		visitor.Press(step[0])
		visitor.Focused(step[1])
	}
	visitor.Press("Tab")
	visitor.Gone("menu", "More")
	visitor.Focused("Messages")
	more.Click()
	visitor.Find("menu", "More")
	more.Click()
	visitor.Gone("menu", "More")
	more.Click()
	visitor.Find("menu", "More")
	browser.Eval[any](visitor.Tab, `void document.body.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true, composed: true}))`)
	visitor.Gone("menu", "More")
	visitor.Find("textbox", "Message")
}

// The download has all of the conversation, of which the chat has but the end.
func TestDownloadOfTheChat(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visitor{Tab: browser.New(t).Tab()}
	visitor.OnEveryPage(keepSaved)
	visitor.Go(url)
	const many = 33
	for n := range many {
		visitor.Say(fmt.Sprintf("Question %d.", n))
	}
	desk.Take("Question")
	desk.Reply("<b>Answer</b>")
	visitor.Reload()
	visitor.OpenChat()
	visitor.Sees("<b>Answer</b>")
	visitor.Find("button", "More").Click()
	visitor.Find("menuitem", "Download this chat").Click()
	visitor.Gone("menu", "More")
	visitor.Focused("More")
	visitor.Wait(`window.savedText`)
	if name := browser.Eval[string](visitor.Tab, `window.saved`); name != "Ask us "+time.Now().Format(time.DateOnly)+".html" {
		t.Errorf("it is called %q", name)
	}
	text := browser.Eval[string](visitor.Tab, `window.savedText`)
	at := 0
	for n := range many {
		i := strings.Index(text[at:], fmt.Sprintf(">Question %d.<", n))
		if i < 0 {
			t.Fatalf("question %d is missing, or out of order:\n%s", n, text)
		}
		at += i
	}
	for _, want := range []string{"<h1>Ask us</h1>", "<bdi>You</bdi>", "<bdi>Anna Berg</bdi>", "&lt;b&gt;Answer&lt;/b&gt;"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s:\n%s", want, text)
		}
	}

	// What can't be had is said, and can be asked for again.
	visitor.AllowProblem("net::ERR_")
	visitor.Block("*://*:*/*/api/transcript")
	visitor.Find("button", "More").Click()
	visitor.Find("menuitem", "Download this chat").Click()
	visitor.Find("menuitem", "The download failed – try again")
	visitor.Block()
	visitor.Find("menuitem", "The download failed – try again").Click()
	visitor.Gone("menu", "More")
}

// A page that may not have downloads goes on as it was.
func TestDownloadInASandbox(t *testing.T) {
	s := startSite(t, "", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "sandbox allow-scripts allow-same-origin")
		pages{"/": page("<title>Shop</title>", "<p>Shop")}.ServeHTTP(w, r)
	}))
	visitor := people.Visit(browser.New(t), s.local+"/")
	visitor.AllowProblem("Download is disallowed")
	visitor.Say("Hello.")
	visitor.Menu("menuitem", "Download this chat").Click()
	visitor.Gone("menu", "More")
	visitor.Say("And on.")
}
