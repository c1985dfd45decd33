package hub

import (
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
)

// presence is a visitor looking at the site, in one tab or more.
type presence struct {
	tabs int
	page chat.Page
}

// Bounds of the pages that are remembered of visitors who have said by a request
// where they are, and have no connection: some 200 bytes each and the address and
// title, 5 MB.
//
// Beyond them the oldest is forgotten, and agents see the page of the last message
// instead. Several nodes need no more than what each has heard itself.
const (
	maxPages     = 4096
	maxPageBytes = 4 << 20
)

func newPages() bounded.Table[chat.ConversationID, chat.Page] {
	return bounded.Table[chat.ConversationID, chat.Page]{Max: maxPages, MaxWeight: maxPageBytes,
		Weight: func(_ chat.ConversationID, p chat.Page) int { return len(p.URL) + len(p.Title) }}
}

// Moved notes which page a visitor looks at.
func (h *Hub) Moved(c *chat.Conversation, page chat.Page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.present[c.ID]
	switch was, _ := h.pages.Get(c.ID); {
	case p == nil && was == page, p != nil && p.page == page:
		return
	case p == nil:
		h.pages.Put(c.ID, page)
	default:
		p.page = page
	}
	h.publishToDesks(chat.Event{Kind: chat.EventPresence, Conversation: c, On: p != nil})
}

// arrived returns the presence of a visitor's first connection.
func (h *Hub) arrived(c *chat.Conversation) *presence {
	page, ok := h.pages.Get(c.ID)
	if !ok {
		page = c.Page
	}
	h.pages.Delete(c.ID)
	return &presence{page: page}
}

// Presence returns whether the visitor of a conversation is there, and which
// page they look at or have said last that they do; the page is empty where it is
// not known.
func (h *Hub) Presence(id chat.ConversationID) (chat.Page, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.present[id]; p != nil {
		return p.page, true
	}
	page, _ := h.pages.Get(id)
	return page, false
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
