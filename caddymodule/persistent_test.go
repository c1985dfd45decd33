package caddymodule_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/internal/caddytest"
)

const persistent = caddytest.ShopIdentity + "\nvisitor_id persistent 30d\n"

func TestPersistentChatIsReadByItsCookieAlone(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, persistent)
	b := w.Browser()
	mark := b.StartChat("last week")
	// The browser was closed: marks are gone, the cookie is not. So was the server.
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	w.Load(w.Caddyfile("", persistent))
	f := b.Call("hello", "hello", caddytest.Obj{})
	if f.Who != "anonymous" || f.Texts() != "last week" || f.Mark != "" {
		t.Fatalf("by the cookie alone: %+v", f)
	}
	tab := b.Hello("")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-2", "text": "and now"})
	if m := tab.Expect("message").M; m.Text != "and now" {
		t.Fatalf("the other tab got %+v", m)
	}
	thief := w.Browser()
	if f := thief.Call("hello", "hello", caddytest.Obj{"mark": mark}); f.Who != "none" {
		t.Fatalf("the mark alone opens %+v", f)
	}
}

// secondTab is a mark that another tab than the first has made.
const secondTab = "a-second-tabs-own-mark-0123456789"

// startWith begins to write in a tab that has made a mark.
func startWith(b *caddytest.Browser, mark, text string) caddytest.Frame {
	b.World.T.Helper()
	return b.Call("start", "hello", caddytest.Obj{"mark": mark, "cid": "client-" + text, "text": text})
}

// Two tabs begin to write: it is one chat, and what the second has made opens
// it in no other browser.
func TestPersistentChatIsNotOpenedByAMarkThatASecondTabMade(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, persistent)
	b := w.Browser()
	b.StartChat("first")
	if f := startWith(b, secondTab, "second"); f.Texts() != "first|second" || f.Mark != "" {
		t.Errorf("the second tab got %+v", f)
	}
	if f := startWith(b, secondTab, "second"); f.Texts() != "first|second" {
		t.Fatalf("asked again, it got %+v", f)
	}
	thief := w.Browser()
	startWith(thief, secondTab, "thief")
	if got := thief.History(secondTab); got != "thief" {
		t.Fatalf("with the mark alone another browser shows %q", got)
	}
	if got := b.History(""); got != "first|second" {
		t.Fatalf("the chat is now %q", got)
	}
}

func TestPersistentCookieOutlivesTheBrowser(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, persistent)
	b := w.Browser()
	r := b.Request(http.MethodPost, "/_chat/api/start", []byte("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", w.URL)
	resp, _ := b.Do(r)
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
	resp, _ = b.Visit("/in?as=mia")
	for _, c := range resp.Cookies() {
		if strings.HasPrefix(c.Name, "parley-") && c.MaxAge != 0 {
			t.Errorf("after a login: %s", c.Raw)
		}
	}
}

func TestPersistentChatEndsWithALogout(t *testing.T) {
	for name, leave := range map[string]func(b *caddytest.Browser){
		"by the route": func(b *caddytest.Browser) { b.Visit("/out") },
		"by reset":     func(b *caddytest.Browser) { b.Call("reset", "reset", caddytest.Obj{}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := caddytest.NewWorld(t, caddytest.Shop, persistent)
			b := w.Browser()
			mark := b.StartChat("a secret")
			tab, old := b.Hello(""), b.Token()
			leave(b)
			tab.Expect("reset")
			b.SetToken("shop", old)
			for _, m := range []string{"", mark} {
				if f := b.Call("hello", "hello", caddytest.Obj{"mark": m}); f.Who != "none" || f.Texts() != "" {
					t.Fatalf("the old cookie opens %+v", f)
				}
			}
			b.SetToken("shop", "")
			b.StartChat("somebody new")
			if got := b.History(""); got != "somebody new" {
				t.Fatalf("the new customer sees %q", got)
			}
		})
	}
}

func TestPersistentChatIsClaimedByAMarkOnly(t *testing.T) {
	t.Run("by the cookie alone, which may be another's", func(t *testing.T) {
		w := caddytest.NewWorld(t, caddytest.Shop, persistent)
		b := w.Browser()
		mark := b.StartChat("whoever was here last week")
		b.Visit("/in?as=mia")
		if got := b.History(""); got != "" {
			t.Fatalf("mia got %q", got)
		}
		// It waits for a tab that was there when it was written, for as long as
		// nobody else was.
		if got := b.History(mark); got != "whoever was here last week" {
			t.Fatalf("by its mark: %q", got)
		}
	})
	t.Run("not by a second tab, which another may have opened", func(t *testing.T) {
		w := caddytest.NewWorld(t, caddytest.Shop, persistent)
		b := w.Browser()
		mark := b.StartChat("first")
		startWith(b, secondTab, "second")
		b.Visit("/in?as=mia")
		if got := b.History(secondTab); got != "" {
			t.Fatalf("by a mark that the second tab made: %q", got)
		}
		if got := b.History(mark); got != "first|second" {
			t.Fatalf("by the first tab's: %q", got)
		}
	})
	t.Run("never by the next person", func(t *testing.T) {
		w := caddytest.NewWorld(t, caddytest.Shop, persistent)
		b := w.Browser()
		mark := b.StartChat("mia's")
		for _, path := range []string{"/in?as=mia", "/out", "/in?as=jonas"} {
			b.Visit(path)
		}
		if got := b.History(mark); got != "" {
			t.Fatalf("jonas got %q", got)
		}
	})
}

// A configuration that goes back asks for the mark again.
func TestSessionAgainAfterPersistentTakesTheMark(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, persistent)
	b := w.Browser()
	mark := b.StartChat("hello")
	w.Load(w.Caddyfile("", caddytest.ShopIdentity))
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
		t.Fatalf("by the cookie alone: %+v", f)
	}
	if got := b.History(mark); got != "hello" {
		t.Fatalf("with the mark: %q", got)
	}
}
