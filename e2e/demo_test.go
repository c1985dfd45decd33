package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
	"golang.org/x/crypto/bcrypt"
)

// demo prepares a directory to run the repository's own demo in, on ports of the
// test's own, and returns the shop's address.
func demo(t *testing.T) (dir, caddyfile, url string) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "Caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.Symlink(filepath.Join(root, "demo"), filepath.Join(dir, "demo")); err != nil {
		t.Fatal(err)
	}
	caddyfile, ports := server.RemapPorts(t, string(text))
	// The agent's hash is meant to be slow, and is far slower under the race
	// detector. TestDemoPassword tells that it is the right one.
	caddyfile = slowHash.ReplaceAllLiteralString(caddyfile, hash(t, demoPassword))
	return dir, caddyfile, "http://localhost:" + ports["8080"]
}

// demoPassword is the agent's, as the Caddyfile and the README tell it.
const demoPassword = "parley-demo"

var slowHash = regexp.MustCompile(`\$2[aby]\$\d\d\$\S+`)

func TestDemoPassword(t *testing.T) {
	text, err := os.ReadFile("../Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	hashes := slowHash.FindAll(text, -1)
	if len(hashes) != 1 {
		t.Fatalf("the demo has %d hashes of passwords, want one", len(hashes))
	}
	if err := bcrypt.CompareHashAndPassword(hashes[0], []byte(demoPassword)); err != nil {
		t.Errorf("the demo's password is not %s: %v", demoPassword, err)
	}
}

// startDemo runs the demo until the test ends.
func startDemo(t *testing.T) (s *server.Server, url string) {
	t.Helper()
	dir, caddyfile, url := demo(t)
	return server.Start(t, dir, caddyfile), url
}

// startDemoApart is startDemo with a server of its own process, so that it can
// run beside others, and with an agent who answers.
func startDemoApart(t *testing.T) (url string) {
	t.Helper()
	dir, caddyfile, url := demo(t)
	server.StartProcess(t, dir, caddyfile)
	people.Answers(t, url+"/desk/", "anna@example.com", demoPassword)
	return url
}

// anna is the demo's agent, at a computer of her own.
func anna(t *testing.T, url string) people.Agent {
	t.Helper()
	return people.SignIn(browser.New(t), url+"/desk/", "anna@example.com", demoPassword)
}

// signIn signs in to the shop by its own form.
func signIn(v people.Visitor, url, email string) {
	v.Go(url + "/login")
	v.Find("textbox", "E-mail").Fill(email)
	v.Find("textbox", "Password").Fill("demo")
	v.Follow(v.Find("button", "Sign in").Click)
	v.Find("link", "Sign out")
}

// signOut signs out of the shop. An open chat lies over the link.
func signOut(v people.Visitor) {
	if v.Has("button", "Close chat") {
		v.CloseChat()
	}
	v.Follow(v.Find("link", "Sign out").Click)
	v.Find("link", "Sign in")
}

// expectAlone fails where a transcript has anything of what others said.
func expectAlone(t *testing.T, who, transcript string, others ...string) {
	t.Helper()
	for _, text := range others {
		if strings.Contains(transcript, text) {
			t.Errorf("%s sees %q in:\n%s", who, text, transcript)
		}
	}
}

// Whoever is not signed in starts with a fresh, empty chat in a new browser
// session.
func TestDemoAnonymousStartsFreshInANewSession(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	computer := browser.NewProcess(t)

	first := people.Visit(computer, url)
	first.Screenshot("shop")
	first.Say("Do you have blue mugs?")
	desk.Take("Do you have blue mugs?")
	desk.Reply("Three are left.")
	first.Sees("Three are left.")
	first.Screenshot("answered")
	desk.Screenshot("desk")

	// It is one session as long as a tab is open: in other tabs, after a reload,
	// on other pages.
	second := people.Visit(computer, url+"/story")
	second.OpenChat()
	second.Sees("Three are left.")
	first.Reload()
	first.OpenChat()
	first.Sees("Do you have blue mugs?")
	first.Go(url + "/shipping")
	first.OpenChat()
	first.Sees("Three are left.")

	// Another computer never has a part in it.
	stranger := people.Visit(browser.New(t), url)
	stranger.Say("Is linen dear?")
	desk.Take("Is linen dear?")
	desk.Reply("It lasts.")
	stranger.Sees("It lasts.")
	expectAlone(t, "a stranger", stranger.Transcript(), "mugs", "Three")
	expectAlone(t, "the first visitor", first.Transcript(), "linen", "It lasts")

	// The session ends with the last tab …
	first.Close()
	second.Close()
	next := people.Visit(computer, url)
	next.Say("Do kettles rust?")
	desk.Take("Do kettles rust?")
	expectAlone(t, "the desk, of a new visitor,", desk.Transcript(), "mugs", "Three")
	desk.Reply("Not ours.")
	next.Sees("Not ours.")
	expectAlone(t, "who comes after the last tab closed", next.Transcript(), "mugs", "Three")

	// … and with the browser.
	computer.Restart()
	last := people.Visit(computer, url)
	last.Say("Are lamps in stock?")
	desk.Take("Are lamps in stock?")
	desk.Reply("In green.")
	last.Sees("In green.")
	expectAlone(t, "who comes after the browser was quit", last.Transcript(), "mugs", "Three", "kettles", "Not ours")
}

// Whoever signs in sees their own history, on any device.
func TestDemoHistoryFollowsWhoSignsIn(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)

	// Mia begins before she signs in, and takes that along.
	laptop := people.Visit(browser.New(t), url)
	laptop.Say("How long is delivery?")
	desk.Take("How long is delivery?")
	signIn(laptop, url, "mia@example.com")
	laptop.OpenChat()
	laptop.Sees("How long is delivery?")
	desk.Lists("Mia Lindqvist")
	desk.Take("Mia Lindqvist")
	desk.Reply("Two days.")
	laptop.Sees("Two days.")
	desk.HasText("mia@example.com")

	// Her history is on her phone too, and both stay in step.
	phone := people.Visit(browser.New(t), url)
	signIn(phone, url, "mia@example.com")
	phone.OpenChat()
	phone.Sees("How long is delivery?")
	phone.Sees("Two days.")
	phone.Say("And on Saturdays?")
	laptop.Sees("And on Saturdays?")
	desk.Sees("And on Saturdays?")
	desk.Reply("On Saturdays as well.")
	laptop.Sees("On Saturdays as well.")
	phone.Sees("On Saturdays as well.")
	laptop.Screenshot("laptop")
	phone.Screenshot("phone")
	desk.Screenshot("desk")

	// Jonas has his own.
	other := people.Visit(browser.New(t), url)
	signIn(other, url, "jonas@example.com")
	other.Say("I need an invoice.")
	desk.Take("Jonas Weber")
	expectAlone(t, "the desk, of Jonas,", desk.Transcript(), "delivery", "Two days", "Saturdays")
	desk.Reply("It is in the post.")
	other.Sees("It is in the post.")
	expectAlone(t, "Jonas", other.Transcript(), "delivery", "Two days", "Saturdays")
	expectAlone(t, "Mia", laptop.Transcript(), "invoice", "in the post")
}

// Whoever signs out sees nothing of it any more, and is a new customer: the
// computer may be a shared one.
func TestDemoNothingRemainsOnASharedComputer(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	shared, own := browser.New(t), browser.New(t)

	mia := people.Visit(shared, url)
	signIn(mia, url, "mia@example.com")
	mia.Say("My cup came broken.")
	desk.Take("Mia Lindqvist")
	desk.Reply("A new one is on its way.")
	mia.Sees("A new one is on its way.")
	otherTab := people.Visit(shared, url+"/story")
	otherTab.OpenChat()
	otherTab.Sees("A new one is on its way.")

	// She signs out in one tab; the other one empties by itself.
	signOut(mia)
	const gone = `!(document.querySelector('parley-chat')?.shadowRoot?.textContent ?? '').includes('on its way')`
	otherTab.Wait(gone)
	mia.Wait(gone)

	// Going back in the browser brings nothing back.
	mia.Back()
	mia.Wait(gone)

	// The next customer at this computer is a new one, for everyone.
	next := people.Visit(shared, url)
	next.Say("Do you sell gift cards?")
	desk.Lists("Visitor")
	desk.Take("Do you sell gift cards?")
	expectAlone(t, "the desk, of the next customer,", desk.Transcript(), "cup", "on its way")
	desk.Reply("From ten euros.")
	next.Sees("From ten euros.")
	for _, tab := range []people.Visitor{next, mia, otherTab} {
		tab.OpenChat()
		tab.Sees("From ten euros.")
		expectAlone(t, "the next customer", tab.Transcript(), "cup", "on its way")
	}
	next.Screenshot("next")

	// Jonas, too, when he signs in there, has only what is his.
	signIn(next, url, "jonas@example.com")
	next.Say("I want to pay by invoice.")
	desk.Take("Jonas Weber")
	desk.Reply("You can.")
	next.Sees("You can.")
	expectAlone(t, "Jonas", next.Transcript(), "cup", "on its way")
	signOut(next)

	// Mia has lost nothing: it is all there where she signs in again.
	home := people.Visit(own, url)
	signIn(home, url, "mia@example.com")
	home.OpenChat()
	home.Sees("My cup came broken.")
	home.Sees("A new one is on its way.")
	expectAlone(t, "Mia", home.Transcript(), "gift cards", "From ten", "invoice")
}
