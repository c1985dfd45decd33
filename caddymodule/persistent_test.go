package caddymodule_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

const persistent = shopIdentity + "\nvisitor_id persistent 30d\n"

func TestPersistentChatIsReadByItsCookieAlone(t *testing.T) {
	w := newWorld(t, shop, persistent)
	b := w.browser()
	mark := b.start("last week")
	// The browser was closed: marks are gone, the cookie is not. So was the server.
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	w.load(w.caddyfile("", persistent))
	f := b.say("hello", "hello", obj{})
	if f.Who != "anonymous" || f.texts() != "last week" || f.Mark != "" {
		t.Fatalf("by the cookie alone: %+v", f)
	}
	tab := b.hello("")
	b.say("send", "ack", obj{"cid": "client-2", "text": "and now"})
	if m := tab.expect("message").M; m.Text != "and now" {
		t.Fatalf("the other tab got %+v", m)
	}
	thief := w.browser()
	if f := thief.say("hello", "hello", obj{"mark": mark}); f.Who != "none" {
		t.Fatalf("the mark alone opens %+v", f)
	}
}

// secondTab is a mark that another tab than the first has made.
const secondTab = "a-second-tabs-own-mark-0123456789"

// startWith begins to write in a tab that has made a mark.
func (b *browser) startWith(mark, text string) frame {
	b.w.t.Helper()
	return b.say("start", "hello", obj{"mark": mark, "cid": "client-" + text, "text": text})
}

// Two tabs begin to write: it is one chat, and what the second has made opens
// it in no other browser.
func TestPersistentChatIsNotOpenedByAMarkThatASecondTabMade(t *testing.T) {
	w := newWorld(t, shop, persistent)
	b := w.browser()
	b.start("first")
	if f := b.startWith(secondTab, "second"); f.texts() != "first|second" || f.Mark != "" {
		t.Errorf("the second tab got %+v", f)
	}
	if f := b.startWith(secondTab, "second"); f.texts() != "first|second" {
		t.Fatalf("asked again, it got %+v", f)
	}
	thief := w.browser()
	thief.startWith(secondTab, "thief")
	if got := thief.history(secondTab); got != "thief" {
		t.Fatalf("with the mark alone another browser shows %q", got)
	}
	if got := b.history(""); got != "first|second" {
		t.Fatalf("the chat is now %q", got)
	}
}

func TestPersistentCookieOutlivesTheBrowser(t *testing.T) {
	w := newWorld(t, shop, persistent)
	b := w.browser()
	r := b.request(http.MethodPost, "/_chat/api/start", []byte("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", w.url)
	resp, _ := b.do(r)
	if len(resp.Cookies()) != 2 {
		t.Fatalf("cookies: %q", resp.Header.Values("Set-Cookie"))
	}
	for _, c := range resp.Cookies() {
		if c.MaxAge != 30*24*3600 || c.SameSite != http.SameSiteLaxMode || c.HttpOnly != strings.HasSuffix(c.Name, "-session") {
			t.Errorf("cookie: %s", c.Raw)
		}
		if c.Name == "parley-shop" && c.Value != "p" {
			t.Errorf("the companion does not say that the cookie suffices: %s", c.Raw)
		}
	}
	// Who signs in at this browser has a session of the ordinary kind.
	resp, _ = b.visit("/in?as=mia")
	for _, c := range resp.Cookies() {
		if strings.HasPrefix(c.Name, "parley-") && c.MaxAge != 0 {
			t.Errorf("after a login: %s", c.Raw)
		}
	}
}

func TestPersistentChatEndsWithALogout(t *testing.T) {
	for name, leave := range map[string]func(b *browser){
		"by the route": func(b *browser) { b.visit("/out") },
		"by reset":     func(b *browser) { b.say("reset", "reset", obj{}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, shop, persistent)
			b := w.browser()
			mark := b.start("a secret")
			tab, old := b.hello(""), b.token()
			leave(b)
			tab.expect("reset")
			b.keep("shop", old)
			for _, m := range []string{"", mark} {
				if f := b.say("hello", "hello", obj{"mark": m}); f.Who != "none" || f.texts() != "" {
					t.Fatalf("the old cookie opens %+v", f)
				}
			}
			b.keep("shop", "")
			b.start("somebody new")
			if got := b.history(""); got != "somebody new" {
				t.Fatalf("the new customer sees %q", got)
			}
		})
	}
}

func TestPersistentChatIsClaimedByAMarkOnly(t *testing.T) {
	t.Run("by the cookie alone, which may be another's", func(t *testing.T) {
		w := newWorld(t, shop, persistent)
		b := w.browser()
		mark := b.start("whoever was here last week")
		b.visit("/in?as=mia")
		if got := b.history(""); got != "" {
			t.Fatalf("mia got %q", got)
		}
		// It waits for a tab that was there when it was written, for as long as
		// nobody else was.
		if got := b.history(mark); got != "whoever was here last week" {
			t.Fatalf("by its mark: %q", got)
		}
	})
	t.Run("not by a second tab, which another may have opened", func(t *testing.T) {
		w := newWorld(t, shop, persistent)
		b := w.browser()
		mark := b.start("first")
		b.startWith(secondTab, "second")
		b.visit("/in?as=mia")
		if got := b.history(secondTab); got != "" {
			t.Fatalf("by a mark that the second tab made: %q", got)
		}
		if got := b.history(mark); got != "first|second" {
			t.Fatalf("by the first tab's: %q", got)
		}
	})
	t.Run("never by the next person", func(t *testing.T) {
		w := newWorld(t, shop, persistent)
		b := w.browser()
		mark := b.start("mia's")
		for _, path := range []string{"/in?as=mia", "/out", "/in?as=jonas"} {
			b.visit(path)
		}
		if got := b.history(mark); got != "" {
			t.Fatalf("jonas got %q", got)
		}
	})
}

// A configuration that goes back asks for the mark again.
func TestSessionAgainAfterPersistentTakesTheMark(t *testing.T) {
	w := newWorld(t, shop, persistent)
	b := w.browser()
	mark := b.start("hello")
	w.load(w.caddyfile("", shopIdentity))
	if f := b.say("hello", "hello", obj{}); f.Who != "none" {
		t.Fatalf("by the cookie alone: %+v", f)
	}
	if got := b.history(mark); got != "hello" {
		t.Fatalf("with the mark: %q", got)
	}
}
