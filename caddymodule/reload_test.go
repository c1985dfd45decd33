package caddymodule_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/internal/caddytest"
)

func TestReloadKeepsSocketsAndLosesNothing(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "one"})
	tab := b.Hello("")
	_, desk := w.Desk()
	for range 3 {
		w.Load(w.Caddyfile("", caddytest.ShopIdentity+"\nexclude /print/*"))
		w.Load(w.Caddyfile("", caddytest.ShopIdentity))
	}
	tab.Send(caddytest.Obj{"t": "send", "cid": "client-2", "text": "two"})
	tab.Expect("ack")
	desk.Until("two, at the desk", func(f caddytest.Frame) bool { return f.T == "conversation" && f.C.Unread == 2 })
	if got := b.History(""); got != "one|two" {
		t.Fatalf("after reloads: %q", got)
	}
}

func TestReloadThatFailsLeavesAllAsItWas(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	tab := b.Hello("")
	// It starts our app, perhaps, and then can't listen.
	bad := w.Caddyfile("", caddytest.ShopIdentity) + "http://192.0.2.1:1 {\n	bind 192.0.2.1\n}\n"
	if err := caddytest.TryLoad(bad); err == nil {
		t.Fatal("it was loaded")
	}
	tab.Send(caddytest.Obj{"t": "send", "cid": "client-1", "text": "still here"})
	tab.Expect("ack")
	w.Desk()
}

func TestSiteTakenOutClosesItsSockets(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	tab := b.Hello("")
	w.Load(w.Caddyfile("", strings.Replace(caddytest.ShopIdentity, "site shop", "site another", 1)))
	if code := tab.CloseCode(); code != 1001 {
		t.Fatalf("closed with %d", code)
	}
}

// What is told of the hours is told anew where they change, and only there.
func TestOpenSocketsHearOfOtherHours(t *testing.T) {
	const always, other = "\nhours {\n	zone UTC\n	mon-sun 0:00-24:00\n}", "\nhours {\n	zone UTC\n	mon 3:00-4:00\n}"
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity+always)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "one"})
	tab := b.Hello("")
	w.Load(w.Caddyfile("", caddytest.ShopIdentity+always+"\nexclude /print/*"))
	tab.Send(caddytest.Obj{"t": "send", "cid": "client-2", "text": "two"})
	tab.Expect("ack")
	w.Load(w.Caddyfile("", caddytest.ShopIdentity+other))
	if code := tab.CloseCode(); code != 1012 {
		t.Fatalf("with other hours it was closed with %d", code)
	}
}

// A configuration that is refused once its chats are there already changes nothing
// for open sockets, whatever hours it has, and nothing of what agents read.
func TestRefusedReloadChangesNoHoursAndNoLabels(t *testing.T) {
	const other = "\nhours {\n	zone UTC\n	mon 3:00-4:00\n}"
	form := func(label string) string {
		return "\nwidget {\npre_chat_form {\nfield order \"" + label + "\"\n}\n}"
	}
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity+form("Order"))
	b := w.Browser()
	b.Visit("/in?as=mia")
	tab := b.Hello("")
	agent, _ := w.Desk()
	label := func() string {
		return agent.Socket("/desk/socket").Expect("hello").Labels["shop"]["order"]
	}
	second := func(words string) string {
		return "http://" + caddytest.FreeAddress(t) + " {\n	chat {\n" + strings.Replace(words, "identity {", "path /_other\nidentity {", 1) + "\n}\n}\n"
	}
	refused := caddytest.ShopIdentity + other + form("Another")
	for what, after := range map[string]string{
		"it can't listen":       "http://192.0.2.1:1 {\n	bind 192.0.2.1\n}\n",
		"a later chat is wrong": second(strings.Replace(caddytest.ShopIdentity, "site shop", "site wiki\nwidget {\nlogo /nowhere/logo.svg\n}", 1)),
		"of two hours":          second(caddytest.ShopIdentity) + "http://192.0.2.1:1 {\n	bind 192.0.2.1\n}\n",
	} {
		if err := caddytest.TryLoad(w.Caddyfile("", refused) + after); err == nil {
			t.Fatalf("%s: it was loaded", what)
		}
		tab.Send(caddytest.Obj{"t": "send", "cid": fmt.Sprintf("client-%x", what), "text": "still here"})
		tab.Expect("ack")
		if got := label(); got != "Order" {
			t.Errorf("%s: agents read %q", what, got)
		}
	}
	w.Load(w.Caddyfile("", caddytest.ShopIdentity+form("Order number")))
	if got := label(); got != "Order number" {
		t.Errorf("with another label agents read %q", got)
	}
	w.Load(w.Caddyfile("", caddytest.ShopIdentity))
	if got := label(); got != "" {
		t.Errorf("without a form agents read %q", got)
	}
	tab.Send(caddytest.Obj{"t": "send", "cid": "client-last", "text": "still here"})
	tab.Expect("ack")
	w.Load(w.Caddyfile("", caddytest.ShopIdentity+other))
	if code := tab.CloseCode(); code != 1012 {
		t.Errorf("with other hours it was closed with %d", code)
	}
}

func TestAgentTakenOutIsSignedOut(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b, _ := w.Desk()
	w.Load(strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "agent anna@", "agent ben@", 1))
	if _, f := b.Post("/desk/api/me", caddytest.Obj{}); f.Code != "signed_out" {
		t.Fatalf("still %+v", f)
	}
}

// Whoever was taken out, or sees other sites now, reads and does nothing more with
// the open console, from the end of the reload on.
func TestOpenConsolesEndWithTheReload(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	otherHash := strings.Replace(caddytest.AnnaHash, "$2a$", "$2b$", 1) // of the same password
	is := w.Caddyfile("", caddytest.ShopIdentity)
	for name, c := range map[string]struct {
		will string
		ends bool
	}{
		"taken out":     {strings.Replace(is, "agent anna@", "agent ben@", 1), true},
		"narrowed":      {strings.Replace(is, `name "Anna Berg"`, "name \"Anna Berg\"\nsites wiki", 1), true},
		"new password":  {strings.Replace(is, caddytest.AnnaHash, otherHash, 1), true},
		"as before":     {w.Caddyfile("", caddytest.ShopIdentity+"\nexclude /print/*"), false},
		"somebody else": {w.Caddyfile("agent ben@example.com "+caddytest.AnnaHash, caddytest.ShopIdentity), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.T = t
			w.Load(is)
			visitor := w.Browser()
			visitor.Visit("/in?as=" + strings.ReplaceAll(name, " ", ""))
			visitor.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "before"})
			_, desk := w.Desk()
			desk.Send(caddytest.Obj{"t": "inbox", "status": "open"})
			id := desk.Expect("inbox").Conversations[0].ID
			w.Load(c.will)
			desk.Send(caddytest.Obj{"t": "reply", "conv": id, "cid": "desk-0001", "text": "from the desk"})
			visitor.Call("send", "ack", caddytest.Obj{"cid": "client-2", "text": "after"})
			if c.ends {
				if code := desk.CloseCode(); code != 1012 {
					t.Errorf("closed with %d", code)
				}
			} else {
				desk.Expect("ack")
			}
			if got := strings.Contains(visitor.History(""), "from the desk"); got == c.ends {
				t.Errorf("the reply is in the chat: %v", got)
			}
		})
	}
}

func TestRestartKeepsHistoryAndSessions(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "before"})
	tab := b.Hello("")
	anonymous := w.Browser()
	mark := anonymous.StartChat("anonymous, before")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	if code := tab.CloseCode(); code != 1012 {
		t.Fatalf("closed with %d", code)
	}
	w.Load(w.Caddyfile("", caddytest.ShopIdentity))
	if got := b.History(""); got != "before" {
		t.Fatalf("mia: %q", got)
	}
	if got := anonymous.History(mark); got != "anonymous, before" {
		t.Fatalf("anonymous: %q", got)
	}
}

func TestRestartRightAfterLoginLosesNothing(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	mark := b.StartChat("before the login")
	b.Visit("/in?as=mia")
	other := w.Browser()
	other.Visit("/in?as=noa")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	w.Load(w.Caddyfile("", caddytest.ShopIdentity))
	if got := b.History(mark); got != "before the login" {
		t.Fatalf("mia: %q", got)
	}
	if who := other.Call("hello", "hello", caddytest.Obj{}).Who; who != "person" {
		t.Fatalf("noa is %s", who)
	}
}

// What an open console knows of the other agents, among it the sites that both may
// see, is told again where a reload changes the sites or the agents.
func TestOpenConsolesHearOfSitesAndAgents(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	_, desk := w.Desk()
	is := w.Caddyfile("", caddytest.ShopIdentity)
	other := caddytest.FreeAddress(t)
	another := fmt.Sprintf("http://%s {\n\tchat {\n\t\tsite another\n\t}\n}\n", other)
	for _, step := range []struct{ what, caddyfile, want string }{
		{"a site more", is + another, "anna@example.com another,shop"},
		{"a site less", is, "anna@example.com shop"},
		{"an agent more", w.Caddyfile("agent ben@example.com "+caddytest.AnnaHash, caddytest.ShopIdentity), "anna@example.com shop; ben@example.com shop"},
		{"an agent who sees less", w.Caddyfile("agent ben@example.com "+caddytest.AnnaHash+" {\nsites wiki\n}", caddytest.ShopIdentity), "anna@example.com shop; ben@example.com "},
		{"an agent less", is, "anna@example.com shop"},
	} {
		w.Load(step.caddyfile)
		desk.Until(step.what, func(f caddytest.Frame) bool { return f.T == "agents" && f.Seen() == step.want })
	}
}

// The log says what is served and from where, and what a reload has changed of it.
func TestLogSaysWhatIsServed(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	serves := func(texts ...string) {
		t.Helper()
		if n := w.Logged(append(texts, `"level":"info"`, "the chat serves these sites", `"agents":1`, `"store":"badger `+w.Dir)...); n != 1 {
			t.Errorf("%d lines have %q", n, texts)
		}
	}
	opened := func(want int, texts ...string) {
		t.Helper()
		texts = append(texts, "the chat's store is open", `"path":"`+w.Dir, `"bytes_on_disk":`, `"schema":`)
		caddytest.Eventually(t, "the log tells of the store", func() bool { return w.Logged(texts...) == want })
	}
	serves(`"sites":["shop"]`)
	opened(1, `"conversations":0`)
	b := w.Browser()
	b.StartChat("hello")
	w.Load(strings.Replace(w.Loaded, "site shop", "site other", 1))
	serves(`"sites_added":["other"]`, `"sites_removed":["shop"]`)
	another := strings.Replace(w.Loaded, w.Dir+"/store", w.Dir+"/another", 1)
	w.Load(another)
	serves(`"store_before":"badger ` + w.Dir + `/store"`)
	opened(1, w.Dir+"/another", `"conversations":0`)
	opened(1, w.Dir+"/store") // a reload counts nothing
	w.Load(strings.Replace(another, w.Dir+"/another", w.Dir+"/store", 1))
	opened(1, w.Dir+"/store", `"conversations":1`, `"messages":1`)
	if w.Logged("the chat serves these sites", "anna@") > 0 {
		t.Error("an e-mail address is logged")
	}
}
