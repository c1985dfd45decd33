package visitor_test

import (
	"testing"

	"github.com/parley-chat/parley/api/apitest"
)

// What a visitor fills in before the chat is kept with their first message,
// however often that is sent, and a browser is told no more of it than that there
// is an address.
func TestFormIsKeptWithTheMessage(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	start := apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "hello",
		"tag": apitest.Obj{"firstname": "Ada", "additionalTaggingData": apitest.Obj{"order": "17"}}}
	for range 2 {
		if f := b.Post("start", "hello", start); f.Texts() != "hello" || f.Conversation.Reachable {
			t.Fatalf("%+v", f)
		}
	}
	b.Post("send", "ack", apitest.Obj{"mark": apitest.Secret, "cid": "client-2", "text": "more",
		"tag": apitest.Obj{"email": "ada@example.com"}})
	list := w.Inbox()
	if len(list) != 1 || w.Texts(list[0].ID) != "hello|more" {
		t.Fatalf("agents see %+v", list)
	}
	if p := list[0].Unverified; p.Firstname != "Ada" || p.Fields["order"] != "17" || p.Email != "ada@example.com" || list[0].Profile.Email != "" {
		t.Fatalf("kept: %+v, verified %+v", p, list[0].Profile)
	}
	if f := b.Post("hello", "hello", apitest.Obj{"mark": apitest.Secret}); !f.Conversation.Reachable {
		t.Fatalf("%+v", f)
	}
}

// A form that can't be read keeps nothing: neither a session nor a message.
func TestFormThatCannotBeRead(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	if f := b.Post("start", "error", apitest.Obj{"cid": "client-1", "text": "hello", "tag": apitest.Obj{"admin": "yes"}}); f.Code != "bad_frame" || b.Token() != "" {
		t.Fatalf("%+v", f)
	}
	secret := b.Start("hello")
	b.Post("send", "error", apitest.Obj{"mark": secret, "cid": "client-2", "text": "more", "tag": "Ada"})
	if list := w.Inbox(); len(list) != 1 || w.Texts(list[0].ID) != "hello" {
		t.Fatalf("agents see %+v", list)
	}
}

// A client may write an absent form as null.
func TestFormThatIsNull(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	b.Post("start", "hello", apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "hello", "tag": nil})
	b.Post("send", "ack", apitest.Obj{"mark": apitest.Secret, "cid": "client-2", "text": "more", "tag": nil})
	if list := w.Inbox(); len(list) != 1 || w.Texts(list[0].ID) != "hello|more" {
		t.Fatalf("agents see %+v", list)
	}
}

// A form without a message is kept nowhere, and is not read.
func TestFormWithoutAMessage(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	for _, tag := range []any{apitest.Obj{"email": "ada@example.com"}, "Ada"} {
		if f := b.Post("start", "hello", apitest.Obj{"mark": apitest.Secret, "tag": tag}); f.Who != "anonymous" || f.Conversation.Status != "" {
			t.Errorf("%v: %+v", tag, f)
		}
	}
	b.Post("send", "ack", apitest.Obj{"mark": apitest.Secret, "cid": "client-1", "text": "hello"})
	if list := w.Inbox(); len(list) != 1 || list[0].Unverified.Email != "" {
		t.Fatalf("agents see %+v", list)
	}
}
