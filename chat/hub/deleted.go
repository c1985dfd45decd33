package hub

import "github.com/parley-chat/parley/chat"

// TellSeated tells the visitors who have a conversation open.
func (h *Hub) TellSeated(id chat.ConversationID, e chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.follows.each(id, func(l Listener) {
		if h.visitors[l] != nil {
			l.Hear(e)
		}
	})
}

// manyDeleted is of how many deleted conversations a desk is told one by one. It
// asks the store about each, and what waits to be told is bounded.
const manyDeleted = 50

// TellDeleted tells the desks of conversations that were deleted: that each one's
// visitor is not there, and a desk that asks the store what has become of it
// learns that it is no more; or, where they are many, once to begin anew.
func (h *Hub) TellDeleted(list []chat.Conversation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l, a := range h.desks {
		seen := 0
		for i := range list {
			if a.Sees(list[i].Site) {
				seen++
			}
		}
		if seen > manyDeleted {
			l.Hear(chat.Event{Kind: chat.EventAgain})
			continue
		}
		for i := range list {
			if c := &list[i]; a.Sees(c.Site) {
				l.Hear(chat.Event{Kind: chat.EventPresence, Conversation: &chat.Conversation{ID: c.ID, Site: c.Site}})
			}
		}
	}
}
