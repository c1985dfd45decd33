package caddymodule_test

import (
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

func TestReloadKeepsSocketsAndLosesNothing(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	b.say("send", "ack", obj{"cid": "client-1", "text": "one"})
	tab := b.hello("")
	_, desk := w.desk()
	for range 3 {
		w.load(w.caddyfile("", shopIdentity+"\nexclude /print/*"))
		w.load(w.caddyfile("", shopIdentity))
	}
	tab.say(obj{"t": "send", "cid": "client-2", "text": "two"})
	tab.expect("ack")
	desk.until("two, at the desk", func(f frame) bool { return f.T == "conversation" && f.C.Unread == 2 })
	if got := b.history(""); got != "one|two" {
		t.Fatalf("after reloads: %q", got)
	}
}

func TestReloadThatFailsLeavesAllAsItWas(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	tab := b.hello("")
	// It starts our app, perhaps, and then can't listen.
	bad := w.caddyfile("", shopIdentity) + "http://192.0.2.1:1 {\n	bind 192.0.2.1\n}\n"
	if err := tryLoad(bad); err == nil {
		t.Fatal("it was loaded")
	}
	tab.say(obj{"t": "send", "cid": "client-1", "text": "still here"})
	tab.expect("ack")
	w.desk()
}

func TestSiteTakenOutClosesItsSockets(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	tab := b.hello("")
	w.load(w.caddyfile("", strings.Replace(shopIdentity, "site shop", "site another", 1)))
	if code := tab.closed(); code != 1001 {
		t.Fatalf("closed with %d", code)
	}
}

func TestAgentTakenOutIsSignedOut(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b, _ := w.desk()
	w.load(strings.Replace(w.caddyfile("", shopIdentity), "agent anna@", "agent ben@", 1))
	if _, f := b.post("/desk/api/me", obj{}); f.Code != "signed_out" {
		t.Fatalf("still %+v", f)
	}
}

func TestRestartKeepsHistoryAndSessions(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	b.say("send", "ack", obj{"cid": "client-1", "text": "before"})
	tab := b.hello("")
	anonymous := w.browser()
	mark := anonymous.start("anonymous, before")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	if code := tab.closed(); code != 1012 {
		t.Fatalf("closed with %d", code)
	}
	w.load(w.caddyfile("", shopIdentity))
	if got := b.history(""); got != "before" {
		t.Fatalf("mia: %q", got)
	}
	if got := anonymous.history(mark); got != "anonymous, before" {
		t.Fatalf("anonymous: %q", got)
	}
}

func TestRestartRightAfterLoginLosesNothing(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	mark := b.start("before the login")
	b.visit("/in?as=mia")
	other := w.browser()
	other.visit("/in?as=noa")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	w.load(w.caddyfile("", shopIdentity))
	if got := b.history(mark); got != "before the login" {
		t.Fatalf("mia: %q", got)
	}
	if who := other.say("hello", "hello", obj{}).Who; who != "person" {
		t.Fatalf("noa is %s", who)
	}
}
