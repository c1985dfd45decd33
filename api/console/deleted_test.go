package console_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// A desk is told of a conversation that is deleted, also where its visitor is
// not there.
func TestDeskHearsOfErased(t *testing.T) {
	w := apitest.New(t)
	w.Save(chat.Profile{ID: "1", Firstname: "Mia"})
	s := w.Desk()
	s.Say(apitest.Obj{"t": "open", "conv": "c1"})
	s.Expect("messages")
	if _, err := w.Service.Erase(context.Background(), chat.Subject{Site: w.Site.Name, ID: "1"}); err != nil {
		t.Fatal(err)
	}
	if f := s.Expect("gone"); f.Conv != "c1" {
		t.Errorf("gone is %+v", f)
	}
	if got := s.List(apitest.Obj{}); len(got.Conversations) > 0 {
		t.Errorf("the inbox still has %v", got.Conversations)
	}
}

// When more is deleted at once than may wait for a desk, it stays connected,
// hears what became of what it has open, and is greeted anew.
func TestDeskHearsOfManyDeleted(t *testing.T) {
	w := apitest.New(t)
	var all sync.WaitGroup
	for i := range 2 * transport.MaxQueue {
		all.Go(func() { w.Save(chat.Profile{ID: fmt.Sprint(i), Firstname: "Mia"}) })
	}
	all.Wait()
	s := w.Desk()
	s.Say(apitest.Obj{"t": "open", "conv": "c1"})
	s.Expect("messages")
	policy := chat.Expiry{Retention: time.Nanosecond, Lives: func(string) chat.Lives { return w.Site.Lives() }}
	done, _, err := w.Service.Expire(context.Background(), policy, 0)
	if err != nil || len(done.Conversations) != 2*transport.MaxQueue {
		t.Fatalf("%d conversations deleted, %v", len(done.Conversations), err)
	}
	if f := s.Expect("gone"); f.Conv != "c1" {
		t.Errorf("gone is %+v", f)
	}
	s.Expect("hello")
	if got := s.List(apitest.Obj{}); len(got.Conversations) > 0 {
		t.Errorf("the inbox still has %v", got.Conversations)
	}
}
