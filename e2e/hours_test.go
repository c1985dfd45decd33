package e2e_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// TestClosedByItsHours: a visitor who comes on a day off reads when the chat is
// answered again, though an agent is at the console, and can write all the same.
func TestClosedByItsHours(t *testing.T) {
	now := time.Now().UTC()
	s := startSite(t, `
			hours {
				zone UTC
				mon-sun 0:00-24:00
				closed `+now.Format(time.DateOnly)+` `+now.AddDate(0, 0, 1).Format(time.DateOnly)+`
			}`, pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.HasText("We are away")
	v.HasText("Back: ")
	v.HasText(now.AddDate(0, 0, 2).Format("Monday"))
	v.Screenshot("closed")
	v.Say("Are you there?")
	if browser.Eval[bool](v.Tab, `Parley.online`) {
		t.Error("the page reads that an agent is there")
	}
}
