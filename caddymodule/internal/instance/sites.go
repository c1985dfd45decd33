package instance

import (
	"maps"
	"slices"
	"sync"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
)

// sites are those that handlers serve.
type sites struct {
	hub    *hub.Hub
	served func() bool // whether a configuration runs

	mu sync.Mutex
	// users are how many handlers serve each site, by the hours that they keep.
	users map[string]map[string]int
}

// AddSite notes that a handler serves a site, in hours that are written down in
// any way. Open consoles hear of a new one.
func (s *sites) AddSite(name, hours string) {
	s.mu.Lock()
	first := s.users[name] == nil
	if first {
		s.users[name] = map[string]int{}
	}
	s.users[name][hours]++
	s.mu.Unlock()
	if first {
		s.hub.PublishToConsoles(chat.Event{Kind: chat.EventAgents})
	}
}

// DropSite notes that a handler no longer serves a site. The sockets of one that
// no handler serves any more are closed; those of one that has other hours now
// come back, and learn them.
func (s *sites) DropSite(name, hours string) {
	s.mu.Lock()
	s.users[name][hours]--
	changed := s.users[name][hours] == 0
	if changed {
		delete(s.users[name], hours)
	}
	last := len(s.users[name]) == 0
	if last {
		delete(s.users, name)
	}
	s.mu.Unlock()
	// Where no configuration runs any more the whole server goes, and its
	// visitors are told to come back.
	if !changed || !s.served() {
		return
	}
	if !last {
		s.hub.PublishToAll(chat.Event{Kind: chat.EventRestart, Site: name})
		return
	}
	s.hub.PublishToAll(chat.Event{Kind: chat.EventGone, Site: name})
	s.hub.PublishToConsoles(chat.Event{Kind: chat.EventAgents})
}

// SiteNames returns the sites that are served, in alphabetical order.
func (s *sites) SiteNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.users))
}
