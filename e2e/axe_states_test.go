package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// chatState is something that a visitor may have before them.
type chatState struct {
	name string
	// site is what the chat's block of the Caddyfile has for it, and before what is
	// done to a page before any script of its own runs.
	site, before string
	// undecided has the reasons for which axe-core may leave something undecided here.
	undecided []string
	// reach gets there from a page with a closed chat. What it leaves is looked at.
	reach func(s chatStage)
}

// chatStage is where states are reached.
type chatStage struct {
	people.Visitor
	t    *testing.T
	desk func() people.Agent // signs in when it is first called
}

// refuse lets the server's answer to some requests be another.
func refuse(path, answer string) string {
	return `window.fetch = (ask => (url, ...rest) => String(url).endsWith(` + browser.Quote(path) + `)
		? Promise.resolve(new Response(` + browser.Quote(answer) + `, { headers: { 'Content-Type': 'application/json' } }))
		: ask(url, ...rest))(window.fetch)`
}

const cut = `window.fetch = (ask => (url, ...rest) => /start|send/.test(url) ? Promise.reject(new TypeError('no network')) : ask(url, ...rest))(window.fetch)`

func talk(s chatStage) {
	s.Say("Do you have these in blue? https://example.com/mugs")
	s.desk().Take("in blue?")
	s.desk().Reply("We have.\nThree are left: https://example.com/blue")
	s.Sees("Three are left")
	s.Say("Lovely.")
	s.Say("I take two.")
	s.HasText("Seen")
}

// chatStates are all states of the chat. What is new in it gets a line here.
var chatStates = []chatState{
	{name: "closed", reach: func(s chatStage) { s.Find("button", "Open chat") }},
	{name: "preview", reach: func(s chatStage) {
		s.Say("Hello.")
		s.CloseChat()
		s.desk().Take("Hello.")
		s.desk().Reply("Good morning. How can we help?")
		// It goes by itself, unless somebody is on it.
		s.FindBy("button", browser.Containing("Good morning."), "the message").Until("on it", `function() { this.focus(); return true }`)
	}},
	{name: "unread", reach: func(s chatStage) {
		s.Say("Hello.")
		s.CloseChat()
		s.desk().Take("Hello.")
		s.desk().Reply("Good morning.")
		s.FindBy("button", browser.Containing("Good morning."), "the message")
		s.Reload()
		s.Find("image", "1 unread")
	}},
	{name: "empty", reach: func(s chatStage) {
		s.OpenChat()
		s.HasText("We are online")
	}},
	{name: "out of hours", site: closedToday(), reach: func(s chatStage) {
		s.OpenChat()
		s.HasText("We are away")
	}},
	{name: "messages", reach: talk},
	{name: "messages, light colour", site: "widget {\ncolor \"#ffd43b\"\n}", reach: talk},
	{name: "messages, middling colour", site: "widget {\ncolor \"#808080\"\n}", reach: talk},
	{name: "files", reach: func(s chatStage) {
		s.OpenChat()
		s.Find("button", "Attach files").Upload(picture(s.t), textFile(s.t, "receipt.txt", "12.00"))
		s.Say("My receipt.")
		s.FindBy("button", browser.Containing("Download receipt.txt"), "the receipt")
		s.desk().Take("My receipt.")
		s.desk().Find("button", "Attach files").Upload(picture(s.t), textFile(s.t, "label.txt", "To: us"))
		s.desk().Reply("Send it back with this.")
		s.FindBy("button", browser.Containing("Download label.txt"), "the label")
	}},
	{name: "files chosen, one refused", reach: func(s chatStage) {
		s.OpenChat()
		s.Find("button", "Attach files").Upload(textFile(s.t, "a.txt", "a"), textFile(s.t, "film.mp4", string(make([]byte, 11<<20))))
		s.HasText("film.mp4 is larger than 10 MB")
	}},
	// Below the sheet that says where to drop them there is nothing to be read.
	{name: "files dragged over", undecided: []string{"bgOverlap", "emptyValue"}, reach: func(s chatStage) {
		s.OpenChat()
		s.Find("dialog", "Chat with us").Until("dragged over", `function() {
			const data = new DataTransfer()
			data.items.add(new File(['a'], 'a.txt'))
			return !this.dispatchEvent(new DragEvent('dragover', { dataTransfer: data, bubbles: true, composed: true, cancelable: true }))
		}`)
		s.HasText("Drop files to send them")
	}},
	{name: "uploading", before: hang(true), reach: func(s chatStage) {
		s.OpenChat()
		s.Find("button", "Attach files").Upload(textFile(s.t, "plan.txt", "a plan"))
		s.Say("This is the plan.")
		s.Find("progressbar", "Upload")
	}},
	{name: "waiting for the network", before: cut, reach: func(s chatStage) {
		s.Say("Into the void.")
		s.HasText("Not sent yet")
	}},
	{name: "not sent", before: refuse("/start", `{"t":"error","code":"forbidden","text":"no"}`), reach: func(s chatStage) {
		s.Say("Into the void.")
		s.HasText("Not sent")
	}},
	{name: "unavailable", before: refuse("/hello", `{"t":"error","code":"unavailable","text":"no"}`), reach: func(s chatStage) {
		s.OpenChat()
		s.HasText("Chat is unavailable right now")
	}},
	{name: "not to be had", reach: func(s chatStage) {
		s.AllowProblem("ERR_BLOCKED_BY_CLIENT")
		s.Block("*://*:*/*chat.js*")
		s.Find("button", "Open chat").Click()
		s.HasText("⚠")
	}},
	{name: "near the limit", reach: func(s chatStage) {
		s.OpenChat()
		s.Find("textbox", "Message").Fill(strings.Repeat("a", 3990))
		s.HasText("characters left")
	}},
	{name: "too long", reach: func(s chatStage) {
		s.OpenChat()
		s.Find("textbox", "Message").Fill(strings.Repeat("a", 4010))
		s.HasText("characters too many")
	}},
	{name: "agent types", reach: func(s chatStage) {
		talk(s)
		s.desk().Find("textbox", "Reply").Fill("Now")
		s.HasText("is typing")
	}},
	{name: "resolved", reach: func(s chatStage) {
		talk(s)
		s.desk().Find("button", "Resolve").Click()
		s.HasText("This conversation is resolved.")
	}},
	{name: "asked how it was", reach: func(s chatStage) {
		talk(s)
		s.desk().Find("button", "Resolve").Click()
		s.Find("radio", "Good").Click()
		s.Find("button", "Send rating")
	}},
	{name: "rated", reach: func(s chatStage) {
		talk(s)
		s.desk().Find("button", "Resolve").Click()
		s.Find("radio", "Bad").Click()
		s.Find("textbox", "Would you like to add something? (optional)").Fill("Too slow.")
		s.Find("button", "Send rating").Click()
		s.HasText("Thank you for your rating!")
	}},
	// Below the menu there is nothing to be read.
	{name: "menu", undecided: []string{"bgOverlap"}, reach: func(s chatStage) {
		talk(s)
		s.Find("button", "More").Click()
		s.Find("menuitem", "Download this chat")
	}},
	{name: "emoji", reach: func(s chatStage) {
		s.OpenChat()
		s.Find("button", "Insert emoji").Click()
		s.Focused("Search emoji")
	}},
	{name: "form, with errors", site: "widget {\npre_chat_form {\ntext \"So that we know whom to answer\"\nname\nemail required\nfield order \"Order number\"\n}\n}", reach: func(s chatStage) {
		s.Find("button", "Open chat").Click()
		s.Find("textbox", "E-mail").Press("Enter")
		s.HasText("Please fill this in")
	}},
	{name: "quick replies", site: "widget {\nquick_replies \"Where is my order?\" \"Talk to sales\"\n}", reach: func(s chatStage) {
		s.OpenChat()
		s.Find("button", "Talk to sales")
	}},
	{name: "rule", site: "widget {\nlauncher pill\nrule help {\ntime 1s\nshow \"Can we help?\"\n}\n}", reach: func(s chatStage) {
		s.HasText("Can we help?")
	}},
	{name: "tab", site: "widget {\nlauncher tab\noffset 24px 0\n}", reach: func(s chatStage) {
		s.Find("button", "Open chat")
	}},
	{name: "news below", reach: func(s chatStage) {
		talk(s)
		s.Say(strings.TrimSpace(strings.Repeat("On and on\n", 60)))
		s.FindBy("log", browser.Any, "the chat's messages").Until("scrolled up", `function() { this.scrollTop = 0; return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))) }`)
		s.desk().Reply("Do you mean that?")
		s.Find("button", "New messages ↓")
	}},
	{name: "telephone", reach: func(s chatStage) {
		s.Touch(390, 760)
		talk(s)
	}},
	{name: "telephone on its side", reach: func(s chatStage) {
		s.Touch(844, 390)
		talk(s)
	}},
	{name: "enlarged four times", reach: func(s chatStage) {
		s.Resize(320, 256)
		talk(s)
	}},
	{name: "forced colours", reach: func(s chatStage) {
		talk(s)
		s.Media("screen", "forced-colors", "active")
	}},
}

// In no state of the chat, light or dark, from left to right or from right to left, does
// axe-core find what keeps people from using it.
func TestChatIsAccessibleInEachState(t *testing.T) {
	t.Parallel()
	const body = `<main><h1>Shop</h1><p>Mugs and more.</p></main>`
	app := pages{
		"/ltr": page("<title>Shop</title>"+narrow, body),
		"/rtl": strings.Replace(page("<title>Shop</title>"+narrow, body), `lang="en"`, `lang="ar" dir="rtl"`, 1),
	}
	stages := make(map[string]func(t *testing.T, path string) chatStage)
	for _, state := range chatStates {
		if stages[state.site] == nil {
			stages[state.site] = startStage(t, state.site, app)
		}
		for _, direction := range []string{"ltr", "rtl"} {
			t.Run(state.name+" "+direction, func(t *testing.T) {
				s := stages[state.site](t, "/"+direction)
				if state.before != "" {
					s.OnEveryPage(state.before)
					s.Reload()
				}
				state.reach(s)
				for _, scheme := range []string{"light", "dark"} {
					t.Run(scheme, func(t *testing.T) {
						tab := s.In(t)
						tab.Media("screen", "prefers-color-scheme", scheme)
						expectAccessible(t, tab, state.undecided...)
						tab.Screenshot("state")
					})
				}
			})
		}
	}
}

const narrow = `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><style>html { background: Canvas; color: CanvasText }</style>`

// startStage serves an application with a chat, and returns what opens a page of
// it. What the Arabic chat says is English here: so its tests find their way.
func startStage(t *testing.T, directives string, app pages) func(t *testing.T, path string) chatStage {
	t.Helper()
	s, caddyfile, desk := planSite(t, directives+arabicIn(t, "en"), app)
	server.StartProcess(t, t.TempDir(), caddyfile)
	agent := browser.New(t)
	var anna people.Agent
	return func(t *testing.T, path string) chatStage {
		if anna.Tab == nil {
			anna = people.SignIn(agent, desk, "anna@example.com", demoPassword)
		}
		return chatStage{
			Visitor: people.Visit(browser.New(t), s.local+path),
			t:       t,
			desk:    func() people.Agent { return people.Agent{Tab: anna.In(t)} },
		}
	}
}

// arabicIn is what a Caddyfile has to say so that the Arabic chat speaks a language.
func arabicIn(t *testing.T, code string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(libraries, "..", "..", "..", "widget", "texts", code+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var sections map[string]map[string]any
	if err := json.Unmarshal(text, &sections); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for section, texts := range sections {
		if section == "agent" || section == "errors" {
			continue
		}
		for name, text := range texts {
			if forms, ok := text.(map[string]any); ok {
				text = forms["other"]
			}
			fmt.Fprintf(&b, "\ntext ar %s %s", name, browser.Quote(text.(string)))
		}
	}
	return b.String()
}

// closedToday are hours without today and tomorrow: midnight may pass.
func closedToday() string {
	now := time.Now().UTC()
	return "hours {\nzone UTC\nmon-sun 0:00-24:00\nclosed " + now.Format(time.DateOnly) + " " + now.AddDate(0, 0, 1).Format(time.DateOnly) + "\n}"
}
