package visitor_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
)

func TestFirstMessageComesWithTheStart(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	first := b.Post("start", "hello", apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "hello", "page": apitest.Obj{"url": "https://shop.example/a", "title": "A"}})
	if first.Who != "anonymous" || first.Mark != apitest.Secret || first.Texts() != "hello" {
		t.Fatalf("%+v", first)
	}
	if list := w.Inbox(); len(list) != 1 || list[0].Page.URL != "https://shop.example/a" {
		t.Fatalf("the inbox: %+v", list)
	}
	// The same again, with the cookie: the same.
	if again := b.Post("start", "hello", apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "hello"}); again.Texts() != "hello" {
		t.Fatalf("%+v", again)
	}
	if got := b.Post("hello", "hello", apitest.Obj{"mark": apitest.Secret}); got.Texts() != "hello" {
		t.Fatalf("%+v", got)
	}
}

// An answer that got lost has taken its cookie with it.
func TestStartAfterALostAnswerIsTheSameChat(t *testing.T) {
	w := apitest.New(t)
	start := apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "hello"}
	w.Browser("203.0.113.1").Post("start", "hello", start)
	b := w.Browser("203.0.113.1")
	if f := b.Post("start", "hello", start); f.Texts() != "hello" || f.Who != "anonymous" {
		t.Fatalf("%+v", f)
	}
	b.Post("send", "ack", apitest.Obj{"mark": apitest.Secret, "cid": "client-2", "text": "more"})
	list := w.Inbox()
	if len(list) != 1 || w.Texts(list[0].ID) != "hello|more" {
		t.Fatalf("agents see %+v", list)
	}
}

func TestParallelStartsAreOneChat(t *testing.T) {
	w := apitest.New(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			b := w.Browser("203.0.113.1")
			if f, err := b.Ask("/_chat/api/start", apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "hello"}); err != nil || f.Texts() != "hello" {
				t.Errorf("%+v %v", f, err)
			}
		})
	}
	wait.Wait()
	list := w.Inbox()
	if len(list) != 1 || w.Texts(list[0].ID) != "hello" {
		t.Fatalf("agents see %+v", list)
	}
}

// Once the mark has been shown together with the cookie, it takes both.
func TestMarkOfAnotherOpensNothing(t *testing.T) {
	for name, meanwhile := range map[string]func(owner *apitest.Browser){
		"in use":     func(owner *apitest.Browser) { owner.Post("hello", "hello", apitest.Obj{"mark": apitest.Secret}) },
		"logged out": func(owner *apitest.Browser) { owner.Post("reset", "reset", apitest.Obj{"mark": apitest.Secret}) },
		"signed in": func(owner *apitest.Browser) {
			owner.SignIn("mia")
			owner.Post("hello", "hello", apitest.Obj{"mark": apitest.Secret})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := apitest.New(t)
			owner := w.Browser("203.0.113.1")
			owner.Post("start", "hello", apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "a secret"})
			meanwhile(owner)
			w.Service.Wait() // contacts are written in the background
			strangers := map[string]*apitest.Browser{"without a cookie": w.Browser("203.0.113.2"), "with their own": w.Browser("203.0.113.3")}
			strangers["with their own"].Start("own")
			for who, b := range strangers {
				had := b.Token()
				f := b.Post("start", "error", apitest.Obj{"mark": apitest.Secret, "cid": "client-2", "text": "me too"})
				if f.Code != "conflict" || f.HTTP != 409 || b.Token() != had {
					t.Errorf("%s: %+v, cookie %q", who, f, b.Token())
				}
			}
			for _, c := range w.Inbox() {
				if got := w.Texts(c.ID); strings.Contains(got, "me too") {
					t.Errorf("a stranger wrote into a chat: %q", got)
				}
			}
		})
	}
}

func TestStartThatIsRefusedMakesNoSession(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	for name, c := range map[string]struct {
		frame apitest.Obj
		code  string
	}{
		"short mark":    {apitest.Obj{"mark": "0123456789012345678", "cid": "client-1", "text": "x"}, "bad_frame"},
		"long mark":     {apitest.Obj{"mark": strings.Repeat("m", 65), "cid": "client-1", "text": "x"}, "bad_frame"},
		"odd mark":      {apitest.Obj{"mark": strings.Repeat("m ", 16), "cid": "client-1", "text": "x"}, "bad_frame"},
		"empty":         {apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": " "}, "empty"},
		"too long":      {apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": strings.Repeat("x", 4001)}, "too_long"},
		"bad client id": {apitest.Obj{"mark": apitest.Secret, "cid": "c", "text": "x"}, "bad_frame"},
	} {
		f := b.Post("start", "error", c.frame)
		if f.Code != c.code || len(f.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if _, err := w.Store.TabSecret(context.Background(), chat.HashOf(apitest.Secret)); err == nil {
		t.Error("a mark was kept")
	}
}

// Who signs in while the first message is on its way has it in their history.
func TestStartOfAPersonGoesIntoTheirHistory(t *testing.T) {
	w := apitest.New(t)
	start := apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "hello"}
	w.Browser("203.0.113.1").Post("start", "hello", start) // the answer gets lost
	b := w.Browser("203.0.113.1")
	b.SignIn("mia")
	if f := b.Post("start", "hello", start); f.Who != "person" || f.Mark != "" || f.Texts() != "hello" {
		t.Fatalf("%+v", f)
	}
	if list := w.Inbox(); len(list) != 1 || list[0].Person == "" {
		t.Fatalf("agents see %+v", list)
	}
}
