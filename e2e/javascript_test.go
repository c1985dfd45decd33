package e2e_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// stub is the one of docs/javascript.md.
func stub(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("../docs/javascript.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "<!-- stub -->\n```html\n")
	script, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/javascript.md has no stub")
	}
	return script
}

// All that the types declare is there, on both names.
func TestParleyHasWhatItsTypesSay(t *testing.T) {
	types, err := os.ReadFile("../widget/parley.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	_, api, _ := strings.Cut(string(types), "interface ParleyAPI {")
	api, _, _ = strings.Cut(api, "\n}\n")
	names := regexp.MustCompile(`(?m)^  (?:readonly )?(\w+)`).FindAllStringSubmatch(api, -1)
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Find("button", "Open chat")
	for _, name := range names {
		if name[1] == "online" { // not yet
			continue
		}
		if got := browser.Eval[string](v.Tab, `typeof Parley.`+name[1]+` + typeof CV.`+name[1]); strings.Contains(got, "undefined") {
			t.Errorf("%s is %s", name[1], got)
		}
	}
	if len(names) < 14 {
		t.Errorf("the types have only %v", names)
	}
}

// Before the script is there, each method can be called by the stub.
func TestParleyBeforeItIsThere(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>"+stub(t)+`<script>
		window.heard = []
		for (const event of ['ready', 'open', 'close', 'message', 'unread', 'agent-online', 'online', 'reset', 'error'])
			Parley.on(event, () => heard.push(event))
		Parley.ready(() => heard.push('as ready'))
		Parley.user.tag({ labels: 'plus' })
		Parley.setLocale('de')
		Parley.prefill('Meine Bestellung')
		Parley.hide()
		Parley.toggle()
	</script>`, "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Find("textbox", "Nachricht").Until("filled in", `function() { return this.value === 'Meine Bestellung' }`)
	v.Find("button", "Chat schließen").Click()
	v.Gone("textbox", "Nachricht")
	v.Wait(`['ready', 'as ready', 'open', 'online', 'agent-online', 'close'].every((event) => heard.includes(event))`)
	v.Gone("button", "Chat öffnen") // as the page wanted
	browser.Eval[any](v.Tab, `void Parley.show()`)
	v.Find("button", "Chat öffnen")
	browser.Eval[any](v.Tab, `void Parley.user.reset()`)
	v.Wait(`heard.includes('reset')`)
}

// What the page sends is the visitor's, who sees it.
func TestParleySends(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", `<p>Shop <button onclick="Parley.send('Is it in stock?')">Ask</button>`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Find("button", "Ask").Click()
	v.Sees("Is it in stock?")
	v.Sees("IS IT IN STOCK?")
	browser.Eval[any](v.Tab, `void (Parley.send('  '), Parley.send('And in red?'))`)
	v.Sees("AND IN RED?")
}

// A text of the page never stands over what the visitor has begun, nor goes on to
// the next visitor, nor takes the focus.
func TestParleyPrefills(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", `<p>Shop <input aria-label="Search">`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.Find("textbox", "Search").Fill("boots")
	browser.Eval[any](v.Tab, `void Parley.prefill('One')`)
	box := v.Find("textbox", "Message")
	box.Until("filled in", `function() { return this.value === 'One' }`)
	v.Focused("Search")
	box.Fill("Mine")
	browser.Eval[any](v.Tab, `void Parley.prefill('Two')`)
	v.Reload()
	box.Until("kept", `function() { return this.value === 'Mine' }`)
	box.Fill("")
	v.CloseChat()
	v.Reload()
	v.Find("button", "Open chat")
	browser.Eval[any](v.Tab, `void (Parley.prefill('Three'), Parley.user.reset())`)
	v.OpenChat()
	if got := v.Find("textbox", "Message").Value(); got != "" {
		t.Errorf("the next visitor begins with %q", got)
	}
}

// The language changes at once, and back, with what is open as it was.
func TestParleyChangesItsLanguage(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.Find("button", "Open chat")
	speak := func(tag string) bool { return browser.Eval[bool](v.Tab, `Parley.setLocale('`+tag+`')`) }
	if !speak("fr-CA") {
		t.Error("there is no French")
	}
	v.Find("button", "Ouvrir le chat")
	if speak("xx") || speak("") {
		t.Error("there is a language without texts")
	}
	v.Find("button", "Ouvrir le chat").Click()
	v.Find("textbox", "Message").Fill("Bonjour")
	speak("ar")
	v.Find("button", "إرسال")
	v.Wait(`document.querySelector('parley-chat').dir === 'rtl'`)
	speak("en")
	v.Find("dialog", "Chat with us")
	v.Find("textbox", "Message").Until("as begun", `function() { return this.value === 'Bonjour' }`)
	v.Find("button", "Send").Click()
	v.Sees("BONJOUR")
	speak("de")
	v.HasText("Gelesen")
	v.HasText("Heute")
}

// A page that asks is told whether an agent is there, and nothing is kept for it.
func TestParleyTellsWhetherAnAgentIsThere(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	computer := browser.New(t)
	v := people.Visit(computer, s.local+"/")
	v.Wait(`window.CV && (window.asked ??= new Promise((told) => CV.api.isAgentOnline(told)).then((on) => window.there = on), window.there === true)`)
	if got := browser.Eval[string](v.Tab, `(CV.api.hasActionRuleMatched((names) => window.names = names), JSON.stringify(names))`); got != "[]" {
		t.Errorf("%s have matched", got)
	}
	if cookies := computer.Cookies(); len(cookies) > 0 {
		t.Errorf("there are cookies: %v", cookies)
	}
}
