package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/mediawiki"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// startMediaWiki serves the wiki with a chat that asks the wiki itself who is
// signed in, and an agent who answers.
func startMediaWiki(t *testing.T) (url string) {
	t.Helper()
	port, desk := server.FreePort(t), server.FreePort(t)
	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	wiki := mediawiki.Start(t, url)
	server.StartProcess(t, t.TempDir(), fmt.Sprintf(`{
	chat {
		agent anna@example.com %s
	}
}
%s {
	bind 127.0.0.1
%s
	%s}
http://127.0.0.1:%d {
	bind 127.0.0.1
	chat_console {
		path /desk
	}
}
`, hash(t, demoPassword), url, mediaWikiExample(t), wiki.Caddyfile(), desk))
	people.Answers(t, fmt.Sprintf("http://127.0.0.1:%d/desk/", desk), "anna@example.com", demoPassword)
	return url
}

// mediaWikiExample is what the README tells to write for a wiki.
func mediaWikiExample(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(text), mediawiki.WhoAmI)
	if !found {
		t.Fatalf("README.md has no example with %s", mediawiki.WhoAmI)
	}
	const fence = "```caddyfile\n"
	begin, end := strings.LastIndex(before, fence), strings.Index(after, "```")
	if begin < 0 || end < 0 {
		t.Fatal("README.md has its example for a wiki in no block of a Caddyfile")
	}
	return before[begin+len(fence):] + mediawiki.WhoAmI + after[:end]
}

// enterWiki signs in by the wiki's own form and comes to its main page.
func enterWiki(v people.Visitor, url string, user mediawiki.User) {
	v.Go(url + "/index.php?title=Special:UserLogin&returnto=Main_Page")
	v.Find("textbox", "Username").Fill(user.Name)
	v.Find("textbox", "Password").Fill(user.Password)
	v.Follow(v.Find("button", "Log in").Click)
	v.Find("link", user.Name)
}

// A wiki that nobody has changed tells the chat who is signed in, because the
// chat asks it: history on every device, and nothing left after the logout.
func TestMediaWikiTellsWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	url := startMediaWiki(t)
	shared, own := browser.New(t), browser.New(t)

	// To the wiki, who is not signed in is number 0. That is nobody, and not
	// one person for all.
	stranger := people.Visit(own, url+"/index.php")
	stranger.Say("Zero.")
	stranger.Sees("ZERO.")

	// Ada begins before she signs in, and takes that along.
	ada := begin(shared.Tab(), url+"/index.php")
	expectAlone(t, "who is not signed in either", ada.Transcript(), "Zero", "ZERO")
	enterWiki(ada, url, mediawiki.Ada)
	ada.OpenChat()
	goesOn(ada, "Two.")

	phone := browser.New(t).Tab()
	phone.UserAgent("Telephone/1.0") // else it might be the same browser, before its cookie arrived
	hers := people.Visitor{Tab: phone}
	enterWiki(hers, url, mediawiki.Ada)
	hers.OpenChat()
	goesOn(hers, "Three.")
	ada.Sees("THREE.")

	// She signs out by the wiki's own link. Who comes next is a new customer …
	other := people.Visit(shared, url+"/index.php")
	other.OpenChat()
	other.Sees("THREE.")
	ada.CloseChat()
	ada.Follow(ada.Find("link", "Log out").Click)
	ada.Find("link", "Log in")
	other.Wait(`!document.querySelector('parley-chat').shadowRoot.textContent.includes('ONE.')`)
	for _, tab := range []people.Visitor{ada, other} {
		tab.OpenChat()
		expectAlone(t, "who comes after the logout", tab.Transcript(), "ONE", "TWO", "THREE", "ZERO")
	}

	// … and Ben sees what is his.
	enterWiki(ada, url, mediawiki.Ben)
	ada.Say("Four.")
	ada.Sees("FOUR.")
	expectAlone(t, "Ben", ada.Transcript(), "ONE", "TWO", "THREE", "ZERO")
	goesOn(hers, "Five.")
	expectAlone(t, "Ada", hers.Transcript(), "FOUR", "ZERO")
}
