package hub

import "github.com/parley-chat/parley/chat"

// presence is a visitor looking at the site, in one tab or more.
type presence struct {
	tabs int
	page chat.Page
}

// Moved notes which page a visitor looks at.
func (h *Hub) Moved(c *chat.Conversation, page chat.Page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.present[c.ID]
	if p == nil || p.page == page {
		return
	}
	p.page = page
	h.publishToDesks(chat.Event{Kind: chat.EventPresence, Conversation: c, On: true})
}

// Presence returns whether the visitor of a conversation is there, and which
// page they look at; the page is empty where it is not known.
func (h *Hub) Presence(id chat.ConversationID) (chat.Page, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.present[id]; p != nil {
		return p.page, true
	}
	return chat.Page{}, false
}

// Online reports whether an agent of the site is at a console.
func (h *Hub) Online(site string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.online(site)
}

// AgentOnline reports whether an agent is at a console.
func (h *Hub) AgentOnline(email string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.desks {
		if a.Email == email {
			return true
		}
	}
	return false
}

func (h *Hub) online(site string) bool {
	for _, a := range h.desks {
		if a.Sees(site) {
			return true
		}
	}
	return false
}

// onlineSites returns the sites with visitors, and whether an agent is there.
func (h *Hub) onlineSites() map[string]bool {
	sites := map[string]bool{}
	for _, seat := range h.visitors {
		if _, ok := sites[seat.site]; !ok {
			sites[seat.site] = h.online(seat.site)
		}
	}
	return sites
}

// agentsChanged publishes to whoever is concerned that an agent came or went.
func (h *Hub) agentsChanged(before map[string]bool) {
	h.publishToConsoles(chat.Event{Kind: chat.EventAgents})
	after := h.onlineSites()
	for l, seat := range h.visitors {
		if before[seat.site] != after[seat.site] {
			l.OnEvent(chat.Event{Kind: chat.EventOnline, Site: seat.site, On: after[seat.site]})
		}
	}
}
