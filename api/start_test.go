package api

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// aMark is a mark as a tab makes it.
var aMark = strings.Repeat("a1", 24)

func TestFirstMessageComesWithTheStart(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	first := b.post("start", "hello", obj{"mark": aMark, "cid": "client-1", "text": "hello", "page": obj{"url": "https://shop.example/a", "title": "A"}})
	if first.Who != "anonymous" || first.Mark != aMark || first.texts() != "hello" {
		t.Fatalf("%+v", first)
	}
	if list := w.inbox(); len(list) != 1 || list[0].Page.URL != "https://shop.example/a" {
		t.Fatalf("the inbox: %+v", list)
	}
	// The same again, with the cookie: the same.
	if again := b.post("start", "hello", obj{"mark": aMark, "cid": "client-1", "text": "hello"}); again.texts() != "hello" {
		t.Fatalf("%+v", again)
	}
	if got := b.post("hello", "hello", obj{"mark": aMark}); got.texts() != "hello" {
		t.Fatalf("%+v", got)
	}
}

// An answer that got lost has taken its cookie with it.
func TestStartAfterALostAnswerIsTheSameChat(t *testing.T) {
	w := newWorld(t)
	start := obj{"mark": aMark, "cid": "client-1", "text": "hello"}
	w.browser("203.0.113.1").post("start", "hello", start)
	b := w.browser("203.0.113.1")
	if f := b.post("start", "hello", start); f.texts() != "hello" || f.Who != "anonymous" {
		t.Fatalf("%+v", f)
	}
	b.post("send", "ack", obj{"mark": aMark, "cid": "client-2", "text": "more"})
	list := w.inbox()
	if len(list) != 1 || w.texts(list[0].ID) != "hello|more" {
		t.Fatalf("agents see %+v", list)
	}
}

func TestParallelStartsAreOneChat(t *testing.T) {
	w := newWorld(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			b := w.browser("203.0.113.1")
			if f, err := b.ask("/_chat/api/start", obj{"mark": aMark, "cid": "client-1", "text": "hello"}); err != nil || f.texts() != "hello" {
				t.Errorf("%+v %v", f, err)
			}
		})
	}
	wait.Wait()
	list := w.inbox()
	if len(list) != 1 || w.texts(list[0].ID) != "hello" {
		t.Fatalf("agents see %+v", list)
	}
}

// Once the mark has been shown together with the cookie, it takes both.
func TestMarkOfAnotherOpensNothing(t *testing.T) {
	for name, meanwhile := range map[string]func(owner *browser){
		"in use":     func(owner *browser) { owner.post("hello", "hello", obj{"mark": aMark}) },
		"logged out": func(owner *browser) { owner.post("reset", "reset", obj{"mark": aMark}) },
		"signed in": func(owner *browser) {
			owner.signIn("mia")
			owner.post("hello", "hello", obj{"mark": aMark})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			owner := w.browser("203.0.113.1")
			owner.post("start", "hello", obj{"mark": aMark, "cid": "client-1", "text": "a secret"})
			meanwhile(owner)
			w.service.Wait() // contacts are written in the background
			strangers := map[string]*browser{"without a cookie": w.browser("203.0.113.2"), "with their own": w.browser("203.0.113.3")}
			strangers["with their own"].start("own")
			for who, b := range strangers {
				had := b.token()
				f := b.post("start", "error", obj{"mark": aMark, "cid": "client-2", "text": "me too"})
				if f.Code != "conflict" || f.HTTP != 409 || b.token() != had {
					t.Errorf("%s: %+v, cookie %q", who, f, b.token())
				}
			}
			for _, c := range w.inbox() {
				if got := w.texts(c.ID); strings.Contains(got, "me too") {
					t.Errorf("a stranger wrote into a chat: %q", got)
				}
			}
		})
	}
}

func TestStartThatIsRefusedMakesNoSession(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	for name, c := range map[string]struct {
		frame obj
		code  string
	}{
		"short mark":    {obj{"mark": "0123456789012345678", "cid": "client-1", "text": "x"}, "bad_frame"},
		"long mark":     {obj{"mark": strings.Repeat("m", 65), "cid": "client-1", "text": "x"}, "bad_frame"},
		"odd mark":      {obj{"mark": strings.Repeat("m ", 16), "cid": "client-1", "text": "x"}, "bad_frame"},
		"empty":         {obj{"mark": aMark, "cid": "client-1", "text": " "}, "empty"},
		"too long":      {obj{"mark": aMark, "cid": "client-1", "text": strings.Repeat("x", 4001)}, "too_long"},
		"bad client id": {obj{"mark": aMark, "cid": "c", "text": "x"}, "bad_frame"},
	} {
		f := b.post("start", "error", c.frame)
		if f.Code != c.code || len(f.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if _, err := w.store.Mark(context.Background(), chat.HashOf(aMark)); err == nil {
		t.Error("a mark was kept")
	}
}

// Who signs in while the first message is on its way has it in their history.
func TestStartOfAPersonGoesIntoTheirHistory(t *testing.T) {
	w := newWorld(t)
	start := obj{"mark": aMark, "cid": "client-1", "text": "hello"}
	w.browser("203.0.113.1").post("start", "hello", start) // the answer gets lost
	b := w.browser("203.0.113.1")
	b.signIn("mia")
	if f := b.post("start", "hello", start); f.Who != "person" || f.Mark != "" || f.texts() != "hello" {
		t.Fatalf("%+v", f)
	}
	if list := w.inbox(); len(list) != 1 || list[0].Person == "" {
		t.Fatalf("agents see %+v", list)
	}
}
