package badger

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// A conversation that was pushed out of the writer's memory by others is read
// from the disk, and goes on where it was.
func TestForgottenConversationIsRead(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.change(bg, func(tx *tx) error { // in the writer, whose memory it is
		for n := range 3 * maxRecent {
			s.recent.table.Put(chat.ConversationID(fmt.Sprint("junk-", n)), &chat.Conversation{})
		}
		if n := s.recent.table.Len(); n > maxRecent {
			t.Errorf("%d conversations are remembered", n)
		}
		if _, ok := s.recent.table.Get(id); ok {
			t.Error("the conversation is still remembered")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	c, m, err := s.ChangeConversation(bg, id, says("again", "after the flood"), time.Now())
	if err != nil || c.Last != 2 || m.Seq != 2 {
		t.Errorf("%+v, %+v, %v", c, m, err)
	}
}
