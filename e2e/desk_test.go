package e2e_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// askedBy leaves a message of each of the shop's customers, and one of somebody
// unknown.
func askedBy(t *testing.T, url string) {
	t.Helper()
	mia := people.Visit(browser.New(t), url)
	signIn(mia, url, "mia@example.com")
	mia.Say("Where is my parcel?")
	jonas := people.Visit(browser.New(t), url)
	signIn(jonas, url, "jonas@example.com")
	jonas.Say("I need an invoice.")
	jonas.Say("For the kettles.")
	stranger := people.Visit(browser.New(t), url)
	stranger.Say("Do you sell kettles?")
}

// showsOnly waits until the desk's list shows these conversations, the latest
// first. Of a visitor's name, as "Visitor · calm heron", the beginning is enough.
func showsOnly(desk people.Agent, names ...string) {
	desk.Find("list", "Conversations").Until("just "+strings.Join(names, ", "), `function() {
		return [...this.querySelectorAll('.entry-name')].map(e => e.innerText.replace(/ · .*/, '')).join() === `+browser.Quote(strings.Join(names, ","))+`
	}`)
}

// Agents see on which page a person is from the first message on, also where the
// person had signed in, and opened the chat, before there was a conversation.
func TestDeskShowsThePageOfAFirstMessage(t *testing.T) {
	_, url := startDemo(t)
	mia := people.Visit(browser.New(t), url)
	signIn(mia, url, "mia@example.com")
	mia.Say("Where is my parcel?")
	desk := anna(t, url)
	desk.Take("Mia Lindqvist")
	desk.FindBy("link", browser.Containing("Holm & Hatch"), "a link to the page")
}

// What the site says of a person is what the inbox can be filtered by, from the
// fields and from the person's own details; a reload keeps it, one step takes it
// off.
func TestDeskFilters(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	askedBy(t, url)
	showsOnly(desk, "Visitor", "Jonas Weber", "Mia Lindqvist")

	desk.Find("button", "Filter").Click()
	desk.Find("combobox", "Label").Fill("trade")
	desk.Press("Enter")
	showsOnly(desk, "Jonas Weber")
	desk.Find("button", "Remove filter trade").Click()
	showsOnly(desk, "Visitor", "Jonas Weber", "Mia Lindqvist")
	desk.Find("combobox", "Field").Press("p") // chooses "plan"
	desk.Find("combobox", "Value").Fill("Plus")
	desk.Press("Enter")
	showsOnly(desk, "Mia Lindqvist")
	desk.Screenshot("by-field")

	desk.Take("Mia Lindqvist")
	desk.Find("button", "regular").Click() // a label among her details
	showsOnly(desk, "Mia Lindqvist")
	desk.Find("textbox", "Reply")
	desk.Reload()
	showsOnly(desk, "Mia Lindqvist")
	desk.Find("button", "Remove filter plan: Plus")
	desk.Sees("Where is my parcel?")
	desk.Find("button", "Clear filters").Click()
	showsOnly(desk, "Visitor", "Jonas Weber", "Mia Lindqvist")

	// All three are Anna's or nobody's; the shop says that two are hers.
	desk.Find("combobox", "Assigned to whom").Press("U")
	showsOnly(desk, "Visitor")
	desk.Find("combobox", "Assigned to whom").Press("ArrowUp")
	showsOnly(desk, "Jonas Weber", "Mia Lindqvist")
}

// Words are searched for in names and addresses, and in all messages, not only
// in the last ones that the list shows; what comes in meanwhile is found too.
func TestDeskSearch(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	askedBy(t, url)
	showsOnly(desk, "Visitor", "Jonas Weber", "Mia Lindqvist")

	desk.Press("/")
	desk.Focused("Search conversations")
	desk.Find("searchbox", "Search conversations").Fill("KETTLES") // in the place of the slash, which only a driven browser types
	showsOnly(desk, "Visitor", "Jonas Weber")
	desk.Find("searchbox", "Search conversations").Fill("jonas invoice")
	showsOnly(desk, "Jonas Weber")
	desk.Find("searchbox", "Search conversations").Fill("invoice@")
	desk.HasText("Nothing found")
	desk.Screenshot("nothing")

	desk.Find("searchbox", "Search conversations").Fill("teapot")
	desk.HasText("Nothing found")
	later := people.Visit(browser.New(t), url)
	later.Say("Is the teapot back?")
	showsOnly(desk, "Visitor")
	desk.Press("Escape")
	showsOnly(desk, "Visitor", "Visitor", "Jonas Weber", "Mia Lindqvist")

	// Visitors of whom nothing is known are told apart, by names that stay.
	names := func() []string {
		return browser.Eval[[]string](desk.Tab, `[...document.querySelectorAll('.entry-name')].map(e => e.innerText)`)
	}
	before := names()
	if before[0] == before[1] || !strings.HasPrefix(before[0], "Visitor · ") {
		t.Errorf("the desk shows %q", before)
	}
	desk.Reload()
	showsOnly(desk, "Visitor", "Visitor", "Jonas Weber", "Mia Lindqvist")
	if after := names(); !slices.Equal(after, before) {
		t.Errorf("after a reload %q, before %q", after, before)
	}
	if browser.Eval[bool](desk.Tab, `!!document.querySelector('.avatar[data-initials=false]')`) {
		t.Error("a picture says false")
	}
	desk.Take(before[1])
	desk.Find("main", "Conversation").FindBy("heading", browser.Is(before[1]), "the visitor's name")
	desk.Find("searchbox", "Search conversations").Fill(strings.TrimPrefix(before[1], "Visitor · "))
	showsOnly(desk, "Visitor")
}

// A view can be reached, left and returned to without a mouse.
func TestDeskFiltersByKeyboard(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	askedBy(t, url)
	showsOnly(desk, "Visitor", "Jonas Weber", "Mia Lindqvist")

	desk.Press("f")
	desk.Wait(`document.activeElement.closest('label')?.innerText.trim() === 'Label'`)
	desk.Press("invoice")
	desk.Press("Enter")
	showsOnly(desk, "Jonas Weber")
	desk.Press("Escape")
	desk.Focused("Filter")
	desk.Press("j")
	desk.Press("Enter")
	desk.Find("textbox", "Reply")
	desk.Back() // to the list, with the filter
	showsOnly(desk, "Jonas Weber")
	desk.Press("Escape")
	showsOnly(desk, "Visitor", "Jonas Weber", "Mia Lindqvist")

	// What was searched for is not for who signs in next.
	desk.Find("searchbox", "Search conversations").Fill("mia")
	showsOnly(desk, "Mia Lindqvist")
	desk.Find("button", "Account").Click()
	desk.Find("button", "Sign out").Click()
	desk.Find("button", "Sign in")
	if at := desk.URL(); strings.Contains(at, "mia") {
		t.Errorf("after signing out the address is %s", at)
	}
}

// A conversation is assigned only to who may see it. An attempt at another, from
// a menu that is older than what the site's configuration says, leaves it where
// it is.
func TestDeskAssignsToWhoMaySee(t *testing.T) {
	dir, caddyfile, url := demo(t)
	const others = "\t\tagent anna@example.com "
	caddyfile = strings.Replace(caddyfile, others, "\t\tagent ben@example.com "+hash(t, demoPassword)+" {\n\t\t\tname \"Ben Holm\"\n\t\t\tsites other\n\t\t}\n"+
		"\t\tagent cleo@example.com "+hash(t, demoPassword)+" {\n\t\t\tname \"Cleo Hatch\"\n\t\t\tsites shop\n\t\t}\n"+others, 1)
	server.Start(t, dir, caddyfile)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	desk.Take("Hello.")
	assigned := desk.Find("combobox", "Assigned to")
	assigned.Until("those who may see it", `function() {
		const all = [...this.options].map(o => o.label).join()
		return all.includes('Anna Berg') && all.includes('Cleo Hatch')
	}`)
	assigned.Until("none who may not", `function() { return ![...this.options].some(o => o.label.includes('Ben')) }`)

	browser.Eval[any](desk.Tab, `(() => {
		const select = document.querySelector('[aria-label="Assigned to"]')
		select.add(new Option('Ben Holm', 'ben@example.com'))
		select.value = 'ben@example.com'
		select.dispatchEvent(new Event('change', { bubbles: true }))
	})()`)
	desk.HasText("could not be done")
	assigned.Until("nobody", `function() { return this.value === '' }`)
	desk.Sees("Hello.")
	desk.Reply("I stay with you.")
	visitor.Sees("I stay with you.")
	assigned.Until("who answered", `function() { return this.value === 'anna@example.com' }`)
	desk.Lists("I stay with you.")
	worksWith(t, desk, people.SignIn(browser.New(t), url+"/desk/", "cleo@example.com", demoPassword), visitor)
}

// worksWith has two agents with one conversation, of whom the first has answered.
func worksWith(t *testing.T, anna, cleo people.Agent, visitor people.Visitor) {
	t.Helper()
	// What one has seen is unread to the other, and waits for both.
	visitor.Say("Are you still there?")
	anna.Sees("Are you still there?")
	anna.Find("button", "Mark as unread")
	for _, desk := range []people.Agent{anna, cleo} {
		desk.FindBy("tab", browser.Containing("Waiting 1"), "one that waits").Click()
		showsOnly(desk, "Visitor")
	}
	cleo.Wait(`document.title === '(1) Parley'`)
	anna.Wait(`document.title === 'Parley'`)
	anna.Screenshot("waiting")
	cleo.Take("Are you still there?")
	cleo.Wait(`document.title === 'Parley'`)

	// Each sees that the other is there, and writes.
	anna.HasText("Cleo Hatch is looking at this too")
	cleo.HasText("Anna Berg is looking at this too")
	anna.Find("textbox", "Reply").Fill("I am.")
	cleo.HasText("Anna Berg is writing a reply")
	cleo.Screenshot("another-writes")
	cleo.Find("textbox", "Reply").Fill("We both are.")
	anna.Find("button", "Send").Click()
	cleo.Sees("I am.")
	cleo.Find("button", "Send").Click()
	cleo.HasText("Anna Berg answered while you were writing")
	cleo.Screenshot("overtaken")
	cleo.Find("button", "Send").Click()
	visitor.Sees("We both are.")
	showsOnly(cleo) // of those who wait

	// Whoever is given a conversation is told, and finds it unread.
	cleo.Press("Escape")
	cleo.Press("Escape")
	anna.Find("combobox", "Assigned to").Press("C")
	cleo.HasText("Anna Berg assigned the conversation with Visitor")
	cleo.Wait(`document.title === '(1) Parley'`)
	cleo.Screenshot("assigned")
	cleo.Find("tab", "Open").Click()
	cleo.Take("We both are.")
	cleo.Wait(`document.title === 'Parley'`)
	cleo.Find("button", "Mark as unread").Click()
	cleo.Wait(`document.title === '(1) Parley'`)
	cleo.HasText("No conversation open")
	cleo.Take("We both are.")
	cleo.Find("button", "Resolve").Click()
	cleo.HasText("All caught up")
	cleo.Screenshot("caught-up")

	visitor.Say("Thank you!")
	for _, line := range []string{"You took this on", "You assigned this to Cleo Hatch", "Cleo Hatch resolved this", "The visitor’s message reopened this"} {
		anna.Log().Until(line, `function() { return this.innerText.includes(`+browser.Quote(line)+`) }`)
	}
	anna.Screenshot("trace")
	if shown := visitor.Transcript(); strings.Contains(shown, "Cleo Hatch resolved") || strings.Contains(shown, "assigned") {
		t.Errorf("the visitor sees %q", shown)
	}
	visitor.Sees("Thank you!")
}

// What was begun outlives a reload, for the one who wrote it; of what would not,
// the browser warns.
func TestDeskKeepsDrafts(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	desk.Take("Hello.")
	const leaves = `dispatchEvent(new Event('beforeunload', { cancelable: true }))`
	desk.Find("textbox", "Reply").Fill("I was about to say")
	desk.Wait(leaves)
	desk.Reload()
	desk.Find("textbox", "Reply").Until("the draft", `function() { return this.value === 'I was about to say' }`)
	desk.Reply("I was about to say this.")
	visitor.Sees("I was about to say this.")
	desk.Reload()
	desk.Sees("I was about to say this.")
	desk.Find("textbox", "Reply").Until("empty", `function() { return this.value === '' }`)

	desk.Find("button", "Attach files").Upload(textFile(t, "receipt.txt", "12.00"))
	desk.Wait(`!` + leaves)
	desk.Find("button", "Remove receipt.txt").Click()
	desk.Wait(leaves)
	desk.Find("textbox", "Reply").Fill("For my eyes only")
	desk.Find("button", "Account").Click()
	desk.Find("button", "Sign out").Click()
	desk.Find("button", "Sign in")
	if kept := browser.Eval[int](desk.Tab, `sessionStorage.length`); kept != 0 {
		t.Errorf("after signing out %d entries are kept", kept)
	}
}

// A reply that can't be sent just now is not lost without a word.
func TestDeskWarnsOfUnsentReplies(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	desk.Take("Hello.")
	browser.Eval[any](desk.Tab, offline)
	desk.Reply("Into the void.")
	desk.Wait(`!dispatchEvent(new Event('beforeunload', { cancelable: true }))`)
}
