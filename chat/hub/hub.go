// Package hub publishes events to live connections: whoever follows a
// conversation, a session or an agent's sign-in, and who is there.
package hub

import (
	"slices"
	"sync"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
)

// Listener is one live connection. OnEvent is called with the hub locked, so it
// must neither block nor call the hub: it queues the event.
type Listener interface {
	OnEvent(chat.Event)
}

// Hub passes events to whoever is connected to this process. It keeps no event:
// who misses an event reads the store.
//
// Several nodes: each has its own connections, and publishes what it applies of
// the log. Typing and who is there has to come from the others beside it.
type Hub struct {
	mu       sync.Mutex
	sessions topic[chat.SessionID]
	owners   topic[string]
	follows  topic[chat.ConversationID]
	visitors map[Listener]*visitorSeat
	present  map[chat.ConversationID]*presence
	pages    bounded.Table[chat.ConversationID, chat.Page] // of those who are not present
	desks    map[Listener]chat.AgentInfo
	tokens   topic[chat.Hash] // of agents' sessions
}

// topic is who listens to what. Nearly all have one listener, and there may be
// thousands of topics: only the further ones need a slice.
type topic[K comparable] struct {
	first   map[K]Listener
	further map[K][]Listener
}

func newTopic[K comparable]() topic[K] {
	return topic[K]{map[K]Listener{}, map[K][]Listener{}}
}

func (t topic[K]) add(k K, l Listener) {
	switch _, taken := t.first[k]; {
	case !taken:
		t.first[k] = l
	case !t.has(k, l):
		t.further[k] = append(t.further[k], l)
	}
}

func (t topic[K]) has(k K, l Listener) bool {
	return t.first[k] == l || slices.Contains(t.further[k], l)
}

func (t topic[K]) remove(k K, l Listener) {
	more := t.further[k]
	i := slices.Index(more, l)
	switch {
	case t.first[k] == l && len(more) == 0:
		delete(t.first, k)
		return
	case t.first[k] == l:
		t.first[k], i = more[0], 0
	case i < 0:
		return
	}
	if more = slices.Delete(more, i, i+1); len(more) == 0 {
		delete(t.further, k)
		return
	}
	t.further[k] = more
}

// each calls f for all listeners, who must not change meanwhile.
func (t topic[K]) each(k K, f func(Listener)) {
	if l, ok := t.first[k]; ok {
		f(l)
	}
	for _, l := range t.further[k] {
		f(l)
	}
}

func (t topic[K]) publish(k K, e chat.Event) {
	t.each(k, func(l Listener) { l.OnEvent(e) })
}

// visitorSeat is where a visitor's connection sits.
type visitorSeat struct {
	site         string
	session      chat.SessionID
	owner        string
	client       string
	conversation chat.ConversationID
}

// New returns a hub without listeners.
func New() *Hub {
	return &Hub{
		sessions: newTopic[chat.SessionID](),
		owners:   newTopic[string](),
		follows:  newTopic[chat.ConversationID](),
		visitors: map[Listener]*visitorSeat{},
		present:  map[chat.ConversationID]*presence{},
		pages:    newPages(),
		desks:    map[Listener]chat.AgentInfo{},
		tokens:   newTopic[chat.Hash](),
	}
}

// ownerTopic is the name under which an owner's listeners learn of a first
// conversation. The parts can't run into each other: a site's name has no NUL.
func ownerTopic(o chat.Owner) string {
	if o.TabSecret != nil {
		return o.Site + "\x00m" + string(o.TabSecret[:])
	}
	return o.Site + "\x00p" + o.Person
}

// JoinVisitor connects a visitor's listener; client is as in chat.Request. An
// empty conversation is followed as soon as EventOpened names it and Sit is
// called.
func (h *Hub) JoinVisitor(l Listener, s chat.Session, o chat.Owner, client string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	seat := &visitorSeat{site: s.Site, session: s.ID, owner: ownerTopic(o), client: client}
	h.visitors[l] = seat
	h.sessions.add(seat.session, l)
	h.owners.add(seat.owner, l)
}

// Sit makes a visitor's listener follow a conversation, and publishes to agents that
// the visitor is there. A listener that has left stays away.
func (h *Hub) Sit(l Listener, c *chat.Conversation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	seat := h.visitors[l]
	if seat == nil || seat.conversation == c.ID {
		return
	}
	h.unsit(l, seat)
	seat.conversation = c.ID
	h.follows.add(c.ID, l)
	p := h.present[c.ID]
	if p == nil {
		p = h.arrived(c)
		h.present[c.ID] = p
	}
	p.tabs++
	if p.tabs == 1 {
		h.publishToDesks(chat.Event{Kind: chat.EventPresence, Conversation: c, On: true})
	}
}

func (h *Hub) unsit(l Listener, seat *visitorSeat) {
	if seat.conversation == "" {
		return
	}
	h.follows.remove(seat.conversation, l)
	if p := h.present[seat.conversation]; p != nil {
		p.tabs--
		if p.tabs == 0 {
			delete(h.present, seat.conversation)
			h.publishToDesks(chat.Event{Kind: chat.EventPresence, On: false,
				Conversation: &chat.Conversation{ID: seat.conversation, Site: seat.site}})
		}
	}
	seat.conversation = ""
}

// JoinDesk connects a listener of the agent who signed in with a token.
func (h *Hub) JoinDesk(l Listener, agent chat.AgentInfo, token chat.Hash) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.onlineSites()
	h.desks[l] = agent
	h.tokens.add(token, l)
	h.agentsChanged(before)
}

// Follow makes an agent's listener receive the messages of a conversation.
func (h *Hub) Follow(l Listener, id chat.ConversationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.desks[l]; ok {
		h.follows.add(id, l)
		h.viewersChanged(id, l)
	}
}

// Unfollow ends Follow.
func (h *Hub) Unfollow(l Listener, id chat.ConversationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.follows.remove(id, l)
	h.viewersChanged(id, l)
}

// Leave disconnects a visitor's listener. It may be called again.
func (h *Hub) Leave(l Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seat := h.visitors[l]; seat != nil {
		delete(h.visitors, l)
		h.sessions.remove(seat.session, l)
		h.owners.remove(seat.owner, l)
		h.unsit(l, seat)
	}
}

// LeaveDesk disconnects an agent's listener from its desk and from all that it
// followed.
func (h *Hub) LeaveDesk(l Listener, token chat.Hash, follows []chat.ConversationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range follows {
		h.follows.remove(id, l)
		h.viewersChanged(id, l)
	}
	h.tokens.remove(token, l)
	if _, ok := h.desks[l]; ok {
		before := h.onlineSites()
		delete(h.desks, l)
		h.agentsChanged(before)
	}
}

// PublishToAgentSession publishes to all consoles of one sign-in.
func (h *Hub) PublishToAgentSession(token chat.Hash, e chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tokens.publish(token, e)
}

// PublishToChangedAgents publishes to each console what has become of its agent; 0
// is nothing. Several nodes: each has its own configuration.
func (h *Hub) PublishToChangedAgents(event func(chat.AgentInfo) chat.EventKind) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l, agent := range h.desks {
		if kind := event(agent); kind != 0 {
			l.OnEvent(chat.Event{Kind: kind})
		}
	}
}

// PublishToConsoles publishes to every console.
func (h *Hub) PublishToConsoles(e chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.publishToConsoles(e)
}

func (h *Hub) publishToConsoles(e chat.Event) {
	for l := range h.desks {
		l.OnEvent(e)
	}
}

// PublishToSession publishes to all connections of a session.
func (h *Hub) PublishToSession(id chat.SessionID, e chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions.publish(id, e)
}

// PublishToClient publishes to the connections of an owner that one client has
// opened, whichever their sessions are. Several nodes: the others have to be told.
func (h *Hub) PublishToClient(o chat.Owner, client string, e chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owners.each(ownerTopic(o), func(l Listener) {
		if h.visitors[l].client == client {
			l.OnEvent(e)
		}
	})
}

// PublishToOwner publishes to all connections of an owner, on any device.
func (h *Hub) PublishToOwner(o chat.Owner, e chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owners.publish(ownerTopic(o), e)
}

// Publish publishes to whoever follows the event's conversation, and, unless it
// is only for those, to every desk that may see it.
func (h *Hub) Publish(e chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.publish(e)
}

func (h *Hub) publish(e chat.Event) {
	id := e.Conversation.ID
	if e.Kind == chat.EventMerged {
		id = e.From
	}
	if e.Kind == chat.EventTyping {
		h.publishTyping(e)
		return
	}
	h.follows.publish(id, e)
	state := e
	if e.Kind == chat.EventMessage {
		state = chat.Event{Kind: chat.EventState, Conversation: e.Conversation}
	}
	for l, a := range h.desks {
		if a.Sees(e.Conversation.Site) && (e.Kind == chat.EventMessage || !h.follows.has(id, l)) {
			l.OnEvent(state)
		}
	}
}

// publishTyping publishes to the other side, and to other agents: whoever types
// knows.
func (h *Hub) publishTyping(e chat.Event) {
	h.follows.each(e.Conversation.ID, func(l Listener) {
		if desk, ok := h.desks[l]; ok && desk.Email != e.Agent || !ok && e.Side == chat.Agent {
			l.OnEvent(e)
		}
	})
}

// PublishToAll publishes to every connection of the process; with a site, to
// those of its visitors only.
func (h *Hub) PublishToAll(e chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l, seat := range h.visitors {
		if e.Site == "" || e.Site == seat.site {
			l.OnEvent(e)
		}
	}
	if e.Site == "" {
		h.publishToConsoles(e)
	}
}

func (h *Hub) publishToDesks(e chat.Event) {
	for l, a := range h.desks {
		if a.Sees(e.Conversation.Site) {
			l.OnEvent(e)
		}
	}
}
