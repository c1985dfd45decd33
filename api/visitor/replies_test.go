package visitor_test

import (
	"testing"

	"github.com/parley-chat/parley/api/apitest"
)

// TestUsualReply: visitors are told how long answers take once five were given.
func TestUsualReply(t *testing.T) {
	w := apitest.New(t)
	w.Visitor.UsualReply = w.Service.UsualReply("shop", nil)
	w.Visitor.UsualReply()
	w.Service.Wait()
	asker := w.Browser("203.0.113.1")
	for n := range 5 {
		if hello := asker.Post("hello", "hello", apitest.Obj{}); hello.Replies != nil {
			t.Fatalf("after %d answers: %+v", n, hello.Replies)
		}
		w.Browser("203.0.113.1").Start("hello")
		if _, _, err := w.Agent().Reply(t.Context(), w.Inbox()[0].ID, "client-id", "hi"); err != nil {
			t.Fatal(err)
		}
	}
	if got := asker.Post("hello", "hello", apitest.Obj{}).Replies; got == nil || got.N != 2 || got.Unit != "minute" {
		t.Errorf("after five answers that came at once: %+v", got)
	}
}
