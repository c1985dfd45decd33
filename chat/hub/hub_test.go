package hub

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// listener counts the events that it receives.
type listener struct{ received int }

func (l *listener) OnEvent(chat.Event) { l.received++ }

// PublishToAll who listens hears once, whoever came first and whoever left.
func TestTopicTellsWhoListens(t *testing.T) {
	all := []*listener{{}, {}, {}}
	for _, leaving := range [][]int{{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 0}, {2, 1}, {0, 1, 2}, {2, 1, 0}, {1, 1}} {
		topic := newTopic[string]()
		for _, l := range all {
			l.received = 0
			topic.add("one", l)
			topic.add("one", l)
		}
		topic.add("other", all[0])
		for _, i := range leaving {
			topic.remove("one", all[i])
		}
		topic.publish("one", chat.Event{})
		for i, l := range all {
			want := 1
			if slices.Contains(leaving, i) {
				want = 0
			}
			if l.received != want || topic.has("one", l) != (want == 1) {
				t.Errorf("after %v left, %d received %d times", leaving, i, l.received)
			}
		}
		topic.remove("other", all[0])
		if n := len(topic.first) + len(topic.further); len(leaving) == 3 && n > 0 {
			t.Errorf("after %v left, %d topics remain", leaving, n)
		}
	}
}

// A page that was said without a connection is remembered, and goes with the
// conversation.
func TestPagesOfThoseWithoutAConnection(t *testing.T) {
	h := New()
	c, page := chat.Conversation{ID: "c-1", Site: "shop"}, chat.Page{URL: "https://shop.example/now"}
	for name, leave := range map[string]chat.Committed{
		"deleted": {Before: &c},
		"merged":  {Before: &c, After: &chat.Conversation{ID: c.ID, MergedInto: "c-2"}},
	} {
		h.Moved(&c, page)
		if got, on := h.Presence(c.ID); got != page || on {
			t.Fatalf("%+v, %v", got, on)
		}
		h.Committed([]chat.Committed{leave})
		if got, _ := h.Presence(c.ID); got != (chat.Page{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
