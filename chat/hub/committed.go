package hub

import "github.com/parley-chat/parley/chat"

// Committed publishes what one commit has changed. Where that is not known, each
// connection begins anew.
func (h *Hub) Committed(list []chat.Committed) {
	if len(list) == 0 {
		h.PublishToAll(chat.Event{Kind: chat.EventAgain})
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var deleted []chat.Committed
	for _, c := range list {
		switch {
		case c.After == nil:
			h.pages.Delete(c.Before.ID)
			deleted = append(deleted, c)
		case c.After.MergedInto != "":
			h.pages.Delete(c.After.ID)
			// Whoever follows it learns of the one that took it over.
		case c.Message != nil:
			h.publish(chat.Event{Kind: chat.EventMessage, Conversation: c.After, Message: c.Message})
			h.committedAssignee(c)
		default:
			h.committedState(c)
			h.committedAssignee(c)
		}
	}
	h.publishDeleted(deleted)
}

// committedState publishes a change that no message came with.
func (h *Hub) committedState(c chat.Committed) {
	if c.MergedFrom != "" {
		h.publish(chat.Event{Kind: chat.EventMerged, From: c.MergedFrom, Conversation: c.After})
	}
	if c.Before != nil { // a new one is nothing to agents until there is a message
		h.publish(chat.Event{Kind: chat.EventState, Conversation: c.After})
	}
	if c.Owner != nil {
		h.owners.publish(ownerTopic(*c.Owner), chat.Event{Kind: chat.EventOpened, Conversation: c.After})
	}
}

// manyDeleted is up to how many deleted conversations are published to a desk one
// by one. It asks the store about each, and its queue is bounded.
const manyDeleted = 50

// publishDeleted has the visitors who have one of these conversations open begin
// anew, or, where it was erased, forget it at once. To desks it publishes that
// its visitor is not there: a desk that asks the store what has become of it
// learns that it is no more. Where they are many, a desk begins anew, once.
func (h *Hub) publishDeleted(list []chat.Committed) {
	for _, c := range list {
		kind := chat.EventAgain
		if c.Erased {
			kind = chat.EventReset
		}
		h.follows.each(c.Before.ID, func(l Listener) {
			if h.visitors[l] != nil {
				l.OnEvent(chat.Event{Kind: kind})
			}
		})
	}
	for l, a := range h.desks {
		seen := 0
		for _, c := range list {
			if a.Sees(c.Before.Site) {
				seen++
			}
		}
		if seen > manyDeleted {
			l.OnEvent(chat.Event{Kind: chat.EventAgain})
			continue
		}
		for _, c := range list {
			if a.Sees(c.Before.Site) {
				l.OnEvent(chat.Event{Kind: chat.EventPresence, Conversation: &chat.Conversation{ID: c.Before.ID, Site: c.Before.Site}})
			}
		}
	}
}
