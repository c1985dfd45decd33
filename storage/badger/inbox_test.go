package badger

import (
	"testing"

	"github.com/parley-chat/parley/chat"
)

// A conversation that is deleted after its place was looked up, and before it
// is read, is left out of the page, which has the others.
func TestInboxWhileDeleting(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	for n := range 3 {
		if _, err := visit(t, s, n); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := s.Conversation(bg, "c1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(bg, chat.Subject{Conversation: "c1"}); err != nil {
		t.Fatal(err)
	}
	s.inbox.Apply(func(yield func(before, after *chat.Conversation) bool) { yield(nil, &gone) }) // as who has just looked it up sees it
	cs, _, err := s.Inbox(bg, chat.Filter{}, "", 10)
	if err != nil || len(cs) != 2 {
		t.Errorf("%d conversations, %v", len(cs), err)
	}
}
