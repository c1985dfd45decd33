package e2e_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
	"github.com/parley-chat/parley/storage/badger"
)

// Whoever had a conversation that is resolved says how it was, by keyboard too, may
// think again, and agents read it, until it goes on.
func TestRating(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitors := browser.New(t)
	visitor := people.Visit(visitors, url)
	visitor.Say("Which lamp is brighter?")
	second := people.Visit(visitors, url)
	second.OpenChat()
	second.Sees("Which lamp is brighter?")
	desk.Take("Which lamp is brighter?")
	desk.Reply("The tall one.")
	visitor.Sees("The tall one.")
	if visitor.Has("radiogroup", "How was this chat?") {
		t.Error("it is asked before the conversation is resolved")
	}
	desk.Find("button", "Resolve").Click()
	visitor.Find("radiogroup", "How was this chat?").Until("in sight", inSight)
	visitor.Screenshot("asked")
	visitor.Find("radio", "Okay").Press(" ")
	visitor.Find("radio", "Okay").Press("ArrowRight")
	visitor.Find("radio", "Good").Until("chosen", `function() { return this.checked }`)
	visitor.Find("textbox", "Would you like to add something? (optional)").Fill("Quick, thanks.")
	visitor.Find("button", "Send rating").Until("in sight", inSight)
	visitor.Screenshot("chosen")
	visitor.Find("button", "Send rating").Press("Enter")
	for _, v := range []people.Visitor{visitor, second} {
		v.HasText("Thank you for your rating!")
		v.HasText("Quick, thanks.")
	}
	visitor.Focused("Change rating")
	visitor.Screenshot("thanks")
	desk.Find("tab", "Resolved").Click()
	desk.Lists("rated 4/5")
	desk.Take("The tall one.")
	desk.Log().Until("the rating", `function() { return this.innerText.includes('The visitor rated this 4/5') && this.innerText.includes('“Quick, thanks.”') }`)
	desk.Screenshot("desk")

	visitor.Find("button", "Change rating").Click()
	visitor.Find("radio", "Very good").Click()
	visitor.Find("button", "Send rating").Click()
	desk.Lists("rated 5/5")
	second.Reload()
	second.OpenChat()
	second.HasText("Very good")
	second.HasText("Quick, thanks.")

	visitor.Say("One more thing.")
	visitor.Gone("button", "Change rating")
	second.Gone("button", "Change rating")
	desk.Sees("One more thing.")
	desk.Log().Until("the rating where it was given", `function() {
		const text = this.innerText
		return text.includes('5/5') && text.indexOf('5/5') < text.indexOf('One more thing.')
	}`)
	desk.Find("button", "Resolve").Click()
	visitor.Find("radiogroup", "How was this chat?")
	if visitor.Has("button", "Send rating") {
		t.Error("the next time has the rating of the last one")
	}
}

// What is begun stays while one reads back, and is nobody's once its visitor is
// signed out.
func TestRatingThatIsBegun(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	desk.Take("Hello.")
	desk.Find("button", "Resolve").Click()
	visitor.Find("radio", "Bad").Click()
	visitor.Find("textbox", "Would you like to add something? (optional)").Fill("Mine alone.")
	browser.Eval[any](visitor.Tab, `void Parley.user.reset()`)
	visitor.Gone("radiogroup", "How was this chat?")
	visitor.Say("Somebody else.")
	desk.Take("Somebody else.")
	desk.Find("button", "Resolve").Click()
	visitor.Find("radiogroup", "How was this chat?")
	visitor.Find("radio", "Very bad").Click()
	visitor.Find("textbox", "Would you like to add something? (optional)").Until("empty", `function() { return this.value === '' }`)
}

// Whoever comes back to what was resolved by a version that didn't count that is
// not asked how it was, until it is resolved again.
func TestRatingOfBeforeResolvesWereCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	store, err := badger.Open(t.Context(), badger.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().AddDate(0, -1, 0)
	_, err = store.OpenConversation(t.Context(), chat.Owner{Site: "shop", Person: "id:mia"},
		chat.Conversation{ID: "c1", Site: "shop", Person: "id:mia", Profile: chat.Profile{ID: "mia"}, Status: chat.Resolved, Created: long, Active: long})
	if err == nil {
		draft := &chat.Draft{Author: chat.Author{Side: chat.Agent, ID: "anna@example.com", Name: "Anna Berg"}, Text: "The tall one."}
		_, _, err = store.ChangeConversation(t.Context(), "c1", chat.Change{Message: draft}, long)
	}
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	mia, url := miaOn(t, path)
	mia.OpenChat()
	mia.Sees("The tall one.")
	mia.HasText("This conversation is resolved.")
	if asks := browser.Eval[bool](mia.Tab, `performance.getEntriesByType('resource').some(e => e.name.includes('/rating.js'))`); asks || mia.Has("radiogroup", "How was this chat?") {
		t.Error("it is asked")
	}
	mia.Say("One more thing.")
	desk := people.SignIn(browser.New(t), url+"/desk/", "anna@example.com", demoPassword)
	desk.Take("One more thing.")
	desk.Find("button", "Resolve").Click()
	mia.Find("radiogroup", "How was this chat?")
}

// A site that doesn't want to know asks nobody, and fetches nothing for it.
func TestRatingOff(t *testing.T) {
	s, caddyfile, address := planSite(t, `
			widget {
				rating off
			}`, pages{"/": page("<title>Shop</title>", "<p>Shop")})
	server.Start(t, t.TempDir(), caddyfile)
	visitor := people.Visit(browser.New(t), s.local+"/")
	visitor.Say("Hello.")
	desk := people.SignIn(browser.New(t), address, "anna@example.com", demoPassword)
	desk.Take("Hello.")
	desk.Find("button", "Resolve").Click()
	visitor.HasText("This conversation is resolved.")
	if visitor.Has("radiogroup", "How was this chat?") {
		t.Error("it is asked")
	}
}
