package visitor_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
)

// The browser of somebody who is erased forgets the chat at once, and does not
// have to ask for that first.
func TestErasedChatIsEmptiedAtOnce(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	secret := b.Start("hello")
	s, hello := b.Hello(secret, 0)
	if hello.Texts() != "hello" {
		t.Fatalf("hello is %+v", hello)
	}
	if _, err := w.Service.Erase(context.Background(), chat.Subject{Conversation: w.Inbox()[0].ID}); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Read(); err != nil || f.T != "reset" {
		t.Fatalf("the browser is told %+v, %v", f, err)
	}
	if code := s.CloseCode(); code != 4003 {
		t.Errorf("the socket was closed with %d", code)
	}
}

// What was deleted because of its age ends no session: the browser asks anew.
func TestExpiredChatIsAskedForAnew(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	s, _ := b.Hello(b.Start("hello"), 0)
	policy := chat.Expiry{Retention: time.Nanosecond, Lives: func(string) chat.Lives { return w.Site.Lives() }}
	if done, _, err := w.Service.Expire(context.Background(), policy, 0); err != nil || len(done.Conversations) != 1 {
		t.Fatalf("%d conversations deleted, %v", len(done.Conversations), err)
	}
	if f := s.Expect("again"); f.T != "again" {
		t.Errorf("the browser is told %+v", f)
	}
}
