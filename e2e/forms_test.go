package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// startAlone is startSite with nobody at the desk, whose address it returns.
func startAlone(t *testing.T, directives string, app http.Handler) (s site, desk string) {
	t.Helper()
	s, caddyfile, desk := planSite(t, directives, app)
	s.Server = server.Start(t, t.TempDir(), caddyfile)
	return s, desk
}

var shopPages = pages{"/": page("<title>Shop</title>", `<h1>Shop</h1><a href="/basket">Basket</a>`), "/basket": page("<title>Basket</title>", "<h1>Basket</h1>")}

const askedBefore = `widget {
	pre_chat_form {
		text "So that we can find your order"
		name required
		email required
		field order "Order number"
	}
	quick_replies "Where is my order?" "Talk to sales"
	offline_form off
}`

// formsFetched is whether a page has what draws the forms.
const formsFetched = `performance.getEntriesByType('resource').some(e => e.name.includes('/forms.js') && e.responseEnd)`

// openForm opens the chat of somebody who is asked first.
func openForm(v people.Visitor) {
	v.Find("button", "Open chat").Click()
	v.Find("textbox", "Name")
	if v.Has("textbox", "Message") {
		v.Find("textbox", "Message").Fail("is there beside the form")
	}
}

// expectSaid fails unless an agent who takes a conversation reads what its visitor
// has said of themselves, with the mark.
func expectSaid(t *testing.T, desk people.Agent, message string, said ...string) {
	t.Helper()
	desk.Take(message)
	desk.HasText("Unverified")
	for _, text := range said {
		desk.HasText(text)
	}
}

// Who is asked before the chat fills it in by keyboard, may go on on the next page,
// and is asked once. Agents read it beside the first message.
func TestFormBeforeTheChat(t *testing.T) {
	s, desk := startAlone(t, askedBefore, shopPages)
	computer := browser.New(t)
	v := people.Visit(computer, s.local+"/")
	openForm(v)
	v.Focused("Name")
	v.Screenshot("empty")
	if cookies := computer.Cookies(); len(cookies) > 0 {
		t.Errorf("who only looks has cookies: %v", cookies)
	}
	v.Press("Enter")
	v.HasText("Please fill this in")
	v.Find("textbox", "Name").Fill("Ada Lovelace")
	v.Find("textbox", "E-mail").Fill("ada@example")
	v.Find("textbox", "E-mail").Press("Enter")
	v.HasText("This is not a complete e-mail address")
	v.Focused("E-mail")
	v.Screenshot("wrong")

	v.Go(s.local + "/basket")
	if got := v.Find("textbox", "Name").Value(); got != "Ada Lovelace" {
		t.Errorf("on the next page the name is %q", got)
	}
	v.Find("textbox", "E-mail").Fill("ada@example.com")
	v.Find("textbox", "Order number (optional)").Fill("17-4")
	v.Find("button", "Start chat").Click()
	v.Find("textbox", "Message")
	v.Focused("Message")
	v.Gone("textbox", "Name")
	v.Screenshot("answered")
	v.Reload()
	v.Say("Where is my order?")
	v.Gone("button", "Talk to sales")
	v.Reload()
	v.Sees("Where is my order?")
	v.Gone("textbox", "Name")

	agent := people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword)
	expectSaid(t, agent, "Where is my order?", "Ada Lovelace", "ada@example.com", "Order number", "17-4")
	agent.Screenshot("desk")
}

// A message that is chosen before the form is filled in is sent behind it, with
// what was filled in.
func TestQuickReply(t *testing.T) {
	s, desk := startAlone(t, askedBefore, shopPages)
	v := people.Visit(browser.New(t), s.local+"/")
	openForm(v)
	v.Find("button", "Talk to sales").Click()
	v.Focused("Name")
	v.Find("textbox", "Name").Fill("Ada")
	v.Find("textbox", "E-mail").Fill("ada@example.com")
	v.Screenshot("chosen")
	v.Find("textbox", "E-mail").Press("Enter")
	v.Sees("Talk to sales")
	v.Gone("button", "Where is my order?")
	v.Focused("Message")
	expectSaid(t, people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword), "Talk to sales", "Ada", "ada@example.com")
}

// customers is an application in which the path /in signs in, and /out logs out.
func customers(w http.ResponseWriter, r *http.Request) {
	in, _ := r.Cookie("in")
	switch r.URL.Path {
	case "/in":
		http.SetCookie(w, &http.Cookie{Name: "in", Value: "7", Path: "/"})
		in = &http.Cookie{Value: "7"}
	case "/out":
		http.SetCookie(w, &http.Cookie{Name: "in", Path: "/", MaxAge: -1})
		in = nil
	}
	if in != nil {
		w.Header().Set("X-User-Id", in.Value)
		w.Header().Set("X-User-Firstname", "Grace")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page("<title>Shop</title>", "<h1>Shop</h1>")))
}

// Who is signed in is not asked, and what somebody else began to fill in, before
// or after, is not theirs to read.
func TestFormIsForNobodyElse(t *testing.T) {
	s, _ := startAlone(t, askedBefore+`
		identity {
			id X-User-Id
			firstname X-User-Firstname
		}
		logout /out`, http.HandlerFunc(customers))
	v := people.Visit(browser.New(t), s.local+"/")
	openForm(v)
	v.Find("textbox", "Name").Fill("Ada")
	v.Go(s.local + "/in")
	v.HasText("Hi Grace")
	v.Find("button", "Talk to sales")
	v.Find("textbox", "Message")
	v.Gone("textbox", "Name")
	v.Go(s.local + "/out")
	if got := v.Find("textbox", "Name").Value(); got != "" {
		t.Errorf("after the logout the form says %q", got)
	}
	v.Find("textbox", "Name").Fill("Ada")
	v.Reload()
	if got := v.Find("textbox", "Name").Value(); got != "Ada" {
		t.Errorf("after a reload the form says %q", got)
	}
	browser.Eval[any](v.Tab, `void Parley.user.reset()`)
	v.Find("textbox", "Name").Until("empty", `function() { return !this.value }`)
}

// What was filled in is kept with the first message, though its answer is lost and
// the page is left at once; and once.
func TestFormOutlivesALostAnswer(t *testing.T) {
	s, desk := startAlone(t, askedBefore, shopPages)
	tab := browser.New(t).Tab()
	// The first request that starts a chat is answered to nobody.
	tab.OnEveryPage(`{
		const real = fetch
		window.fetch = async (url, options) => {
			const answer = await real(url, options)
			if (!String(url).endsWith('/start') || sessionStorage.lost) return answer
			sessionStorage.lost = 'yes'
			throw new TypeError('Failed to fetch')
		}
	}`)
	tab.Go(s.local + "/")
	v := people.Visitor{Tab: tab}
	openForm(v)
	v.Find("textbox", "Name").Fill("Ada")
	v.Find("textbox", "E-mail").Fill("ada@example.com")
	v.Find("button", "Start chat").Click()
	v.Find("textbox", "Message").Fill("Hello.")
	v.Find("textbox", "Message").Press("Enter")
	v.Go(s.local + "/basket")
	v.Sees("Hello.")
	v.Gone("textbox", "Name")
	agent := people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword)
	expectSaid(t, agent, "Hello.", "Ada", "ada@example.com")
	agent.Sees("Hello.")
}

// Who writes while nobody is there may leave an address, which agents read, and is
// not asked again.
func TestAddressIsOfferedWhereNobodyIsThere(t *testing.T) {
	s, desk := startAlone(t, "", shopPages)
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.HasText("We are away")
	if browser.Eval[bool](v.Tab, formsFetched) {
		t.Error("the part that asks is fetched before there is something to ask")
	}
	const offer = "Leave your e-mail so that we can reach you"
	v.Say("Are you there?")
	v.Find("textbox", offer).Fill("ada@")
	v.Find("button", "Save").Click()
	v.HasText("This is not a complete e-mail address")
	v.Focused(offer)
	v.Screenshot("wrong")
	v.Find("textbox", offer).Fill("ada@example.com")
	v.Reload()
	if got := v.Find("textbox", offer).Value(); got != "ada@example.com" {
		t.Errorf("after a reload the address is %q", got)
	}
	v.Find("textbox", offer).Press("Enter")
	v.HasText("We can reach you at ada@example.com")
	v.Focused("Message")
	v.Screenshot("saved")
	v.Reload()
	v.Sees("Are you there?")
	v.Say("Hello?")
	v.Wait(formsFetched)
	v.Gone("textbox", offer)
	if strings.Contains(v.Text(), "ada@example.com") {
		t.Error("the thanks are on the next page too")
	}
	expectSaid(t, people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword), "Hello?", "ada@example.com")
}

// Who wants to leave no address is left alone, on the next page too.
func TestAddressIsDeclined(t *testing.T) {
	s, _ := startAlone(t, "", shopPages)
	v := people.Visit(browser.New(t), s.local+"/")
	v.Say("Are you there?")
	v.Find("button", "No, thanks").Click()
	v.Gone("button", "No, thanks")
	v.Focused("Message")
	v.Go(s.local + "/basket")
	v.Sees("Are you there?")
	v.Say("Hello?")
	v.Wait(formsFetched)
	v.Gone("button", "No, thanks")
}

// A site may want the address with the first message; while somebody is there,
// nobody is asked.
func TestAddressIsAskedForWithTheFirstMessage(t *testing.T) {
	const asks = `widget {
		offline_form {
			email required
			phone
		}
		quick_replies "Where is my order?"
	}`
	s, desk := startAlone(t, asks, shopPages)
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.HasText("Where can we answer you?")
	v.Find("textbox", "Message").Fill("Hello.")
	v.Find("textbox", "Message").Press("Enter")
	v.Focused("E-mail")
	v.HasText("Please fill this in")
	v.Find("textbox", "E-mail").Fill("ada@example.com")
	v.Find("textbox", "Phone (optional)").Fill("+44 20 7946 0000")
	v.Screenshot("asked")
	v.Find("textbox", "Phone (optional)").Press("Enter")
	v.Sees("Hello.")
	v.Focused("Message")
	v.Gone("textbox", "E-mail")
	agent := people.SignIn(browser.New(t), desk, "anna@example.com", demoPassword)
	expectSaid(t, agent, "Hello.", "ada@example.com", "Phone", "+44 20 7946 0000")

	w := people.Visit(browser.New(t), s.local+"/")
	w.OpenChat()
	w.HasText("We are online")
	w.Find("button", "Where is my order?")
	w.Gone("textbox", "E-mail")
	w.Find("button", "Where is my order?").Click()
	w.Sees("Where is my order?")
}

// On a telephone, upright and on its side, with more fields than there is room
// for, each can be reached and none makes the browser zoom in; in Arabic too, from
// right to left.
func TestFormsOnATelephone(t *testing.T) {
	const modern = `<title>Shop</title><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">`
	s, _ := startAlone(t, askedBefore, pages{"/": page(modern, "<h1>Shop</h1>"),
		"/ar": strings.Replace(page(modern, "<h1>متجر</h1>"), `lang="en"`, `lang="ar" dir="rtl"`, 1)})
	for _, c := range []struct{ path, open, name, start string }{
		{"/", "Open chat", "Name", "Start chat"}, {"/ar", "فتح المحادثة", "الاسم", "بدء المحادثة"},
	} {
		for _, size := range [][2]int64{{390, 760}, {844, 390}, {1200, 760}} {
			v := people.Visitor{Tab: browser.New(t).Tab()}
			v.Dark()
			if size[0] < 1000 {
				v.Touch(size[0], size[1])
			}
			v.Go(s.local + c.path)
			v.Find("button", c.open).Click()
			v.Focused(c.name)
			v.Find("textbox", c.name).Until("in sight", inSight)
			v.Screenshot("form")
			expectLargeFields(t, "the form", v.Tab)
			v.Find("button", c.start).Click()
			v.Focused(c.name)
			v.Find("button", c.start).Until("reached", `function() { this.scrollIntoView(); return true }`)
			v.Find("button", c.start).Until("in sight", inSight)
			v.Screenshot("end")
			if browser.Eval[bool](v.Tab, `document.documentElement.scrollWidth > innerWidth`) {
				t.Errorf("%s, %d wide: the page can be scrolled sideways", c.path, size[0])
			}
		}
	}
}
