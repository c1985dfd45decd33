package visitor_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/chat"
)

// resolve has Anna resolve the only conversation.
func resolve(w *apitest.World) {
	w.T.Helper()
	if _, err := w.Agent().SetStatus(w.T.Context(), w.Inbox()[0].ID, chat.Resolved); err != nil {
		w.T.Fatal(err)
	}
}

// A rating is seen at once in the visitor's other tabs and by agents, and after a
// reload.
func TestRating(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	tab, _ := b.Hello(mark, 0)
	desk := w.Desk()
	resolve(w)
	state := tab.Expect("state")
	if state.Status != "resolved" || state.Resolves != 1 || state.Rating != (apitest.Rating{}) {
		t.Fatalf("%+v", state)
	}
	want := apitest.Rating{Score: 4, Comment: "quick"}
	rate := apitest.Obj{"mark": mark, "score": 4, "comment": " quick ", "resolves": 1}
	if f := b.Post("rate", "state", rate); f.Rating != want || f.Status != "resolved" {
		t.Errorf("the answer is %+v", f)
	}
	if f := tab.Expect("state"); f.Rating != want {
		t.Errorf("another tab is told %+v", f)
	}
	desk.Expect("conversation") // resolved
	c := desk.Expect("conversation").C
	if n := len(c.Activities); c.Rating != want || n != 2 || c.Activities[1].Kind != "rated" || c.Activities[1].Rating != want {
		t.Errorf("agents are told %+v", c)
	}
	if f := b.Post("hello", "hello", apitest.Obj{"mark": mark}).Conversation; f.Rating != want || f.Resolves != 1 {
		t.Errorf("after a reload it is %+v", f)
	}
	rev := w.Inbox()[0].Rev
	if b.Post("rate", "state", rate); w.Inbox()[0].Rev != rev {
		t.Error("the same once more has changed something")
	}
	if f := b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": "client-1", "text": "one more thing"}); f.Seq != 2 {
		t.Errorf("the next message is number %d", f.Seq)
	}
	if f := b.Post("hello", "hello", apitest.Obj{"mark": mark}).Conversation; f.Rating != (apitest.Rating{}) || f.Status != "open" {
		t.Errorf("opened again, it is %+v", f)
	}
}

func TestRatingIsRefused(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	rate := func(score, resolves int) apitest.Obj {
		return apitest.Obj{"mark": mark, "score": score, "resolves": resolves}
	}
	refused := func(why string, b *apitest.Browser, f apitest.Obj, code string, status int) {
		t.Helper()
		if got := b.Post("rate", "error", f); got.Code != code || got.HTTP != status {
			t.Errorf("%s: %+v", why, got)
		}
	}
	refused("while it is open", b, rate(4, 0), "not_resolved", 409)
	resolve(w)
	refused("of another time", b, rate(4, 2), "not_resolved", 409)
	refused("no score", b, rate(0, 1), "bad_frame", 400)
	refused("too good", b, rate(6, 1), "bad_frame", 400)
	long := rate(4, 1)
	long["comment"] = strings.Repeat("x", 1001)
	refused("a long comment", b, long, "too_long", 422)
	without := rate(4, 1)
	delete(without, "mark")
	refused("by the cookie alone", b, without, "no_session", 200)
	refused("by the tab secret alone", w.Browser("203.0.113.1"), rate(4, 1), "no_session", 200)
	other := w.Browser("203.0.113.2")
	own := other.Start("another chat")
	refused("of somebody else's", other, apitest.Obj{"mark": own, "score": 1, "resolves": 1}, "not_resolved", 409)
	nobody := w.Browser("203.0.113.3")
	nobody.SignIn("mia")
	refused("before the first message", nobody, apitest.Obj{"score": 1}, "not_found", 404)
	w.Visitor.RatingOff = true
	refused("where it is off", b, rate(4, 1), "forbidden", 403)
	for _, c := range w.Inbox() {
		if c.Rating != (chat.Rating{}) {
			t.Errorf("something was kept: %+v", c.Rating)
		}
	}
}

// Who signs in takes the rating of what they wrote before along.
func TestRatingAfterSigningIn(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	resolve(w)
	b.Post("rate", "state", apitest.Obj{"mark": mark, "score": 5, "resolves": 1})
	b.SignIn("mia")
	f := b.Post("hello", "hello", apitest.Obj{"mark": mark})
	if f.Who != "person" || f.Conversation.Rating.Score != 5 {
		t.Fatalf("%+v", f)
	}
	if f := b.Post("rate", "state", apitest.Obj{"score": 3, "resolves": 1}); f.Rating.Score != 3 {
		t.Errorf("%+v", f)
	}
}

// What waits for a slow reader is counted with the comment, whatever brings it.
func TestWeightOfARating(t *testing.T) {
	state := visitor.State{Rating: visitor.Rating{Score: 1, Comment: strings.Repeat("x", chat.MaxComment)}}
	hello := visitor.Hello{Conversation: &state}
	if state.Weight() < chat.MaxComment || hello.Weight() != state.Weight() || (visitor.Hello{}).Weight() != 0 {
		t.Errorf("the state weighs %d, a hello with it %d and without %d", state.Weight(), hello.Weight(), visitor.Hello{}.Weight())
	}
}
