package console_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
)

// From anywhere in a conversation an agent reads on in both directions; its
// beginning is one question away.
func TestConversationFromItsBeginning(t *testing.T) {
	w := apitest.New(t)
	w.Browser("203.0.113.1").Start("message 1")
	id := w.Inbox()[0].ID
	const last = 650
	for n := 2; n <= last; n++ {
		ch := chat.Change{Message: &chat.Draft{Author: chat.Author{Side: chat.Visitor}, Text: fmt.Sprint("message ", n)}}
		if _, _, err := w.Store.ChangeConversation(t.Context(), id, ch, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	s := w.Desk()
	for _, test := range []struct {
		ask            apitest.Obj
		first, last    int
		earlier, later bool
	}{
		{apitest.Obj{"t": "open"}, last - 29, last, true, false},
		{apitest.Obj{"t": "later", "after": 0}, 1, 300, false, true},
		{apitest.Obj{"t": "later", "after": 300}, 301, 600, true, true},
		{apitest.Obj{"t": "later", "after": 600}, 601, last, true, false},
		{apitest.Obj{"t": "earlier", "before": 621}, 321, 620, true, false},
		{apitest.Obj{"t": "earlier", "before": 50}, 1, 49, false, false},
	} {
		test.ask["conv"] = id
		s.Say(test.ask)
		f := s.Expect("messages")
		if n := len(f.Messages); n == 0 || f.Messages[0].Seq != test.first || f.Messages[n-1].Seq != test.last || f.Earlier != test.earlier || f.Later != test.later {
			t.Errorf("%v: %d messages %+v, earlier %v, later %v", test.ask, n, f.Messages[:min(n, 1)], f.Earlier, f.Later)
		}
	}
}
