package api

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// When more is deleted at once than may wait for a desk, it stays connected,
// hears what became of what it has open, and is greeted anew.
func TestDeskHearsOfManyDeleted(t *testing.T) {
	w := newWorld(t)
	var all sync.WaitGroup
	for i := range 2 * maxQueue {
		all.Go(func() { w.writes(chat.Profile{ID: fmt.Sprint(i), Firstname: "Mia"}) })
	}
	all.Wait()
	s := w.desk()
	s.say(obj{"t": "open", "conv": "c1"})
	s.expect("messages")
	policy := chat.Expiry{Retention: time.Nanosecond, Lives: func(string) chat.Lives { return w.site.Lives() }}
	done, _, err := w.service.Expire(context.Background(), policy, 0)
	if err != nil || len(done.Conversations) != 2*maxQueue {
		t.Fatalf("%d conversations deleted, %v", len(done.Conversations), err)
	}
	if f := s.expect("gone"); f.Conv != "c1" {
		t.Errorf("gone is %+v", f)
	}
	s.expect("hello")
	if got := s.lists(obj{}); len(got.Conversations) > 0 {
		t.Errorf("the inbox still has %v", got.Conversations)
	}
}
