package hub

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// hearer is a listener that counts.
type hearer struct{ heard int }

func (h *hearer) OnEvent(chat.Event) { h.heard++ }

// PublishToAll who listens hears once, whoever came first and whoever left.
func TestTopicTellsWhoListens(t *testing.T) {
	all := []*hearer{{}, {}, {}}
	for _, leaving := range [][]int{{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 0}, {2, 1}, {0, 1, 2}, {2, 1, 0}, {1, 1}} {
		topic := newTopic[string]()
		for _, l := range all {
			l.heard = 0
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
			if l.heard != want || topic.has("one", l) != (want == 1) {
				t.Errorf("after %v left, %d heard %d times", leaving, i, l.heard)
			}
		}
		topic.remove("other", all[0])
		if n := len(topic.first) + len(topic.further); len(leaving) == 3 && n > 0 {
			t.Errorf("after %v left, %d topics remain", leaving, n)
		}
	}
}
