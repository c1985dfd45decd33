package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// A tab whose connection is slow to read hears of a logout late. What it sends
// until then is nobody's.
func TestLogoutCountsAtOnceForWhoReadsSlowly(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	mark := b.start("1")
	long := strings.Repeat("𝔞", chat.MaxText)
	for n := range service.HistoryPage {
		b.post("send", "ack", obj{"mark": mark, "cid": fmt.Sprintf("client-%05d", n), "text": long})
	}
	id := w.inbox()[0].ID
	tab, _ := b.hello(mark, 0)
	tab.say(obj{"t": "send", "cid": "client-before", "text": "before"})
	tab.expect("ack")
	tab.say(obj{"t": "earlier", "before": service.HistoryPage + 1})
	eventually(t, "the page is on its way, and stuck", func() bool { return w.live.waiting.Load() == 0 })
	b.post("reset", "reset", obj{})
	tab.say(obj{"t": "send", "cid": "client-after", "text": "after"})
	tab.expect("reset")
	for {
		if _, err := tab.read(); err != nil {
			break // the connection is closed, and what came by it was looked at
		}
	}
	if texts := w.texts(id); !strings.Contains(texts, "before") || strings.Contains(texts, "after") {
		t.Errorf("after the logout the tab has written into the chat: %t", strings.Contains(texts, "after"))
	}
}
