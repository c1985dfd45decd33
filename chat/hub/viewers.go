package hub

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// Viewers returns the agents who have a conversation open at a console, but for
// the one who asks, by e-mail address and in its order. It is as long as their
// sockets live. Several nodes: the others' have to be added.
func (h *Hub) Viewers(id chat.ConversationID, but string) (list []chat.AgentInfo) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.follows.each(id, func(l Listener) {
		if a, ok := h.desks[l]; ok && a.Email != but {
			list = append(list, a)
		}
	})
	slices.SortFunc(list, func(a, b chat.AgentInfo) int { return strings.Compare(a.Email, b.Email) })
	return slices.CompactFunc(list, func(a, b chat.AgentInfo) bool { return a.Email == b.Email })
}

// viewersChanged publishes to the other consoles that have a conversation open that
// one has opened or closed it.
func (h *Hub) viewersChanged(id chat.ConversationID, who Listener) {
	h.follows.each(id, func(l Listener) {
		if _, desk := h.desks[l]; desk && l != who {
			l.OnEvent(chat.Event{Kind: chat.EventViewers, Conversation: &chat.Conversation{ID: id}})
		}
	})
}

// committedAssignee publishes to the agent who has got a conversation with a
// change, unless they took it themself, or had it before it became a part of
// another.
func (h *Hub) committedAssignee(c chat.Committed) {
	agent := c.After.Assignee
	if agent == "" || c.MergedFrom != "" || c.Before == nil || c.Before.Assignee == agent {
		return
	}
	done := c.After.Activities
	if c.Message != nil {
		done = c.Message.Before
	}
	by := chat.Author{}
	for _, a := range done {
		if a.Kind == chat.ActivityAssigned && a.To == agent {
			by = a.By
		}
	}
	if by.ID == agent {
		return
	}
	for l, a := range h.desks {
		if a.Email == agent && a.Sees(c.After.Site) {
			l.OnEvent(chat.Event{Kind: chat.EventAssigned, Conversation: c.After, Name: by.Name})
		}
	}
}
