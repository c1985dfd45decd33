package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// A site that says nothing of it has the widget's own title and greeting.
func TestTitleAndGreetingByDefault(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.Find("dialog", "Chat with us")
	v.HasText("Hi, how can we help?")
}
