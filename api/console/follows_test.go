package console_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
)

// A console that follows as many conversations as it may is told that, and not that
// it may not see the next one.
func TestConsoleFollowsSoMany(t *testing.T) {
	w := apitest.New(t)
	for i := range 65 {
		w.Save(chat.Profile{ID: fmt.Sprint(i), Firstname: "Mia"})
	}
	s := w.Desk()
	for i := range 64 {
		s.Say(apitest.Obj{"t": "open", "conv": fmt.Sprint("c", i)})
		s.Expect("messages")
	}
	s.Say(apitest.Obj{"t": "open", "conv": "c64"})
	if f := s.Expect("error"); f.Code != "too_many_open" || f.Conv != "c64" {
		t.Errorf("one too many: %+v", f)
	}
	s.Say(apitest.Obj{"t": "leave", "conv": "c0"})
	s.Say(apitest.Obj{"t": "open", "conv": "c64"})
	s.Expect("messages")
}
