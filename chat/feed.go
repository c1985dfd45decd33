package chat

import "sync/atomic"

// Committed is a change of a conversation that a store has made durable. What it
// points to is shared by all subscribers and is not to be changed.
type Committed struct {
	// Before is the conversation as it was; nil for a new one.
	Before *Conversation
	// After is the conversation as it is now; nil for one that is deleted.
	After *Conversation
	// Message was appended with this change; nil for any other.
	Message *Message
	// Owner has come to the conversation by this change: by opening it, or by a
	// merge. Nil where whose it is has not changed.
	Owner *Owner
	// MergedFrom is the conversation that this one took over; empty for none. The
	// change that leaves the other one empty is told by itself.
	MergedFrom ConversationID
}

// subscribing returns open, with the hub subscribed to each store that it
// opens: what is committed is published by whoever commits it.
func subscribing(open func() (Store, error), hub *Hub) func() (Store, error) {
	var subscribed atomic.Pointer[Store]
	return func() (Store, error) {
		st, err := open()
		if err != nil {
			return nil, err
		}
		for {
			last := subscribed.Load()
			if last != nil && *last == st {
				return st, nil
			}
			if subscribed.CompareAndSwap(last, &st) {
				st.Subscribe(hub.committed)
				return st, nil
			}
		}
	}
}

// committed publishes what one commit has changed.
func (h *Hub) committed(list []Committed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var deleted []*Conversation
	for _, c := range list {
		switch {
		case c.After == nil:
			deleted = append(deleted, c.Before)
		case c.After.MergedInto != "":
			// Whoever follows it hears of the one that took it over.
		case c.Message != nil:
			h.tellConversation(Event{Kind: EventMessage, Conversation: c.After, Message: c.Message})
		default:
			h.committedState(c)
		}
	}
	h.tellDeleted(deleted)
}

// committedState publishes a change that no message came with.
func (h *Hub) committedState(c Committed) {
	if c.MergedFrom != "" {
		h.tellConversation(Event{Kind: EventMerged, From: c.MergedFrom, Conversation: c.After})
	}
	if c.Before != nil { // a new one is nothing to agents until there is a message
		h.tellConversation(Event{Kind: EventState, Conversation: c.After})
	}
	if c.Owner != nil {
		h.owners.tell(c.Owner.topicName(), Event{Kind: EventOpened, Conversation: c.After})
	}
}

// manyDeleted is of how many deleted conversations a desk is told one by one. It
// asks the store about each, and what waits to be told is bounded.
const manyDeleted = 50

// tellDeleted tells the visitors who have one of these conversations open to
// begin anew, and desks that each one's visitor is not there: a desk that asks
// the store what has become of it learns that it is no more. Where they are many,
// a desk is told once to begin anew.
func (h *Hub) tellDeleted(list []*Conversation) {
	for _, c := range list {
		h.follows.each(c.ID, func(l Listener) {
			if h.visitors[l] != nil {
				l.Hear(Event{Kind: EventAgain})
			}
		})
	}
	for l, a := range h.desks {
		seen := 0
		for _, c := range list {
			if a.Sees(c.Site) {
				seen++
			}
		}
		if seen > manyDeleted {
			l.Hear(Event{Kind: EventAgain})
			continue
		}
		for _, c := range list {
			if a.Sees(c.Site) {
				l.Hear(Event{Kind: EventPresence, Conversation: &Conversation{ID: c.ID, Site: c.Site}})
			}
		}
	}
}
