package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
	_, _, _, _ = fmt.Sprint, slices.Sort[[]string], strings.Join, time.Now
}
