package e2e_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// calls is a page that calls methods of the chat before the script is there, each
// written as an array.
func calls(calls ...string) string {
	return page(`<title>Shop</title><script>window.Parley ||= []; Parley.push(`+strings.Join(calls, ", ")+`)</script>`, "<h1>Shop</h1>")
}

// holdHello has a page not ask who the visitor is before letGo is called in it.
const holdHello = `<script>{
	const real = fetch, held = new Promise((go) => window.letGo = go)
	window.fetch = async (url, options) => {
		if (String(url).endsWith('/hello')) await held
		return real(url, options)
	}
}</script>`

// What a page sends before the server has said who the visitor is goes on in their
// conversation, on the next page too.
func TestParleySendsInTheConversation(t *testing.T) {
	s := startSite(t, "", pages{"/": calls(), "/ask": holdHello + calls(`["send", "Two."]`), "/leave": holdHello + calls(`["send", "Three."]`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Say("One.")
	v.Sees("ONE.")
	v.CloseChat() // or it shows nothing before it knows
	v.Go(s.local + "/ask")
	v.Sees("Two.")
	browser.Eval[any](v.Tab, `void letGo()`)
	v.Sees("TWO.")
	v.Sees("ONE.")
	v.CloseChat()
	v.Go(s.local + "/leave")
	v.Sees("Three.")
	v.Go(s.local + "/")
	v.Sees("THREE.")
	v.Sees("ONE.")
}

// What is asked first is asked of who sends by the page's button too.
func TestParleySendsBehindTheForm(t *testing.T) {
	s, desk := startAlone(t, askedBefore, pages{"/": calls(`["send", "Is it in stock?"]`), "/next": calls()})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Find("textbox", "Name").Fill("Ada")
	v.Find("textbox", "E-mail").Fill("ada@example.com")
	if log := v.Find("log", "Messages").Text(); strings.Contains(log, "stock") {
		t.Errorf("before the form is filled in the chat shows %q", log)
	}
	browser.Eval[any](v.Tab, `void Parley.send('And in red?')`)
	v.Find("button", "Start chat").Click()
	v.Sees("Is it in stock?")
	v.Sees("And in red?")
	expectSaid(t, people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword), "And in red?", "Ada", "ada@example.com")

	// Who goes on before that has it to send.
	w := people.Visit(browser.New(t), s.local+"/")
	w.Find("textbox", "Name").Fill("Bea")
	w.Go(s.local + "/next")
	w.Find("textbox", "E-mail").Fill("bea@example.com")
	w.Find("button", "Start chat").Click()
	w.Find("textbox", "Message").Until("to be sent", `function() { return this.value === 'Is it in stock?' }`)
}

const askedWhileAway = `widget {
	quick_replies "Where is my order?" "Talk to sales"
	offline_form {
		email required
	}
}`

// A text that lacks an address stays where the visitor writes.
func TestParleySendsWithAnAddress(t *testing.T) {
	s, desk := startAlone(t, askedWhileAway, pages{"/": calls(), "/ask": calls(`["send", "Is it in stock?"]`)})
	computer := browser.New(t)
	for _, path := range []string{"/ask", "/"} {
		v := people.Visit(computer, s.local+path)
		if path == "/" {
			v.OpenChat()
			v.Find("textbox", "E-mail")
			browser.Eval[any](v.Tab, `void Parley.send('Is it in stock?')`)
		}
		v.HasText("Please fill this in")
		v.Focused("E-mail")
		v.Find("textbox", "Message").Until("to be sent", `function() { return this.value === 'Is it in stock?' }`)
		if path == "/ask" {
			v.Close()
			continue
		}
		v.Find("textbox", "E-mail").Fill("ada@example.com")
		v.Find("textbox", "E-mail").Press("Enter")
		v.Sees("Is it in stock?")
	}
	expectSaid(t, people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword), "Is it in stock?", "ada@example.com")
}

// A message that was chosen is sent as soon as the address is there that it lacks.
func TestQuickReplyWithAnAddress(t *testing.T) {
	s, desk := startAlone(t, askedWhileAway, shopPages)
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.Find("textbox", "E-mail")
	v.Find("button", "Where is my order?").Click()
	v.Focused("E-mail")
	v.Find("button", "Talk to sales").Click()
	v.Find("button", "Talk to sales").Until("chosen", `function() { return this.ariaPressed === 'true' }`)
	v.Find("textbox", "E-mail").Fill("ada@example.com")
	v.Screenshot("chosen")
	v.Find("button", "Start chat").Click()
	v.Sees("Talk to sales")
	v.Focused("Message")
	expectSaid(t, people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword), "Talk to sales", "ada@example.com")
}

// So it is where one form comes behind the other.
func TestQuickReplyBehindTwoForms(t *testing.T) {
	s, desk := startAlone(t, strings.Replace(askedWhileAway, "widget {", "widget {\npre_chat_form {\nname required\n}", 1), shopPages)
	w := people.Visit(browser.New(t), s.local+"/")
	openForm(w)
	w.Find("button", "Talk to sales").Click()
	w.Find("textbox", "Name").Fill("Bea")
	w.Find("textbox", "Name").Press("Enter")
	w.Focused("E-mail")
	w.Find("textbox", "E-mail").Fill("bea@example.com")
	w.Find("textbox", "E-mail").Press("Enter")
	w.Sees("Talk to sales")
	w.Focused("Message")
	expectSaid(t, people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword), "Talk to sales", "Bea", "bea@example.com")
}

// Nobody sends what a page had of the visitor before; what it has of the next one
// stays.
func TestParleySendsForNobodyElse(t *testing.T) {
	s, _ := startAlone(t, askedBefore, pages{"/": calls(), "/ask": calls(`["send", "Mine."]`, `["user.reset"]`, `["prefill", "Yours."]`, `["open"]`)})
	v := people.Visit(browser.New(t), s.local+"/")
	begins := func() {
		v.Find("textbox", "Name").Fill("Ada")
		v.Find("textbox", "E-mail").Fill("ada@example.com")
		v.Find("button", "Start chat").Click()
		v.Say("Yours.")
		if log := v.Transcript(); strings.Contains(log, "Mine") {
			t.Errorf("the next visitor has sent %q", log)
		}
	}
	openForm(v)
	browser.Eval[any](v.Tab, `void (Parley.send('Mine.'), Parley.user.reset())`)
	begins()

	v = people.Visit(browser.New(t), s.local+"/ask")
	begins()

	// With a session that the reset ends, before its script is there.
	v.Go(s.local + "/ask")
	v.Find("textbox", "Name").Fill("Ada")
	v.Find("textbox", "E-mail").Fill("ada@example.com")
	v.Find("button", "Start chat").Click()
	v.Find("textbox", "Message").Until("filled in", `function() { return this.value === 'Yours.' }`)
}

// A page's text that nobody has touched is none on the next page.
func TestParleyPrefillsForOnePage(t *testing.T) {
	s := startSite(t, "", pages{"/": calls(), "/one": calls(`["prefill", "About one: "]`), "/two": calls(`["prefill", "About two: "]`)})
	v := people.Visit(browser.New(t), s.local+"/one")
	v.OpenChat()
	box := v.Find("textbox", "Message")
	says := func(text string) {
		box.Until("at "+text, `function() { return this.value === `+browser.Quote(text)+` }`)
	}
	says("About one: ")
	v.Go(s.local + "/two")
	says("About two: ")
	v.Back()
	says("About one: ")
	browser.Eval[any](v.Tab, `void Parley.prefill('More of one: ')`)
	says("More of one: ")
	v.Go(s.local + "/")
	if got := box.Value(); got != "" {
		t.Errorf("a page without a text begins with %q", got)
	}
}

// Nobody writes past the form while it is not known whether it is for them; then
// the focus is where they write.
func TestFormWaitsForWhoTheVisitorIs(t *testing.T) {
	s, _ := startAlone(t, askedBefore, pages{"/": calls(), "/held": holdHello + calls()})
	computer := browser.New(t)
	v := people.Visit(computer, s.local+"/")
	openForm(v)
	v.Find("textbox", "Name").Fill("Ada")
	v.Find("textbox", "E-mail").Fill("ada@example.com")
	v.Find("button", "Start chat").Click()
	v.Say("Hello.")
	v.CloseChat()
	v.Go(s.local + "/held")
	v.Find("button", "Open chat").Click()
	v.Wait(formsFetched)
	v.Gone("textbox", "Message")
	browser.Eval[any](v.Tab, `void letGo()`)
	v.Sees("Hello.")
	v.Focused("Message")
}

// Who asks whether an agent is there is told, whoever the visitor is meanwhile, and
// the names of rules that are handed out are a page's own.
func TestParleyTellsBehindAReset(t *testing.T) {
	s := startSite(t, "", pages{"/": calls(), "/ask": calls(`["api.isAgentOnline", (on) => window.there = on]`, `["user.reset"]`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Say("Hello.")
	v.CloseChat()
	v.Go(s.local + "/ask")
	v.Wait(`window.there === true`)
	if got := browser.Eval[string](v.Tab, `(CV.api.hasActionRuleMatched((names) => names.push('mine')), CV.api.hasActionRuleMatched((names) => window.names = names), JSON.stringify(names))`); got != "[]" {
		t.Errorf("%s have matched", got)
	}
}
