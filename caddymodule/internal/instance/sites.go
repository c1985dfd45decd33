package instance

import (
	"maps"
	"slices"
	"sync"

	"github.com/parley-chat/parley/caddymodule/internal/agents"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
)

// sites are those that handlers serve.
type sites struct {
	hub *hub.Hub
	// inForce returns the agents of the configuration that runs; nil where none does.
	inForce func() *agents.Directory

	mu sync.Mutex
	// served are what handlers keep to, by site and in the order in which they came.
	served map[string][]*Serving
}

// A Serving is what one handler keeps to as it serves a site.
type Serving struct {
	// Site is the site's name.
	Site string
	// Hours are those of the site, written down in any way.
	Hours string
	// Labels are what agents read of the site's further fields.
	Labels map[string]string
	// Agents are those of the handler's configuration, which they stand for here.
	Agents *agents.Directory
}

// AddSite notes that a handler serves a site, until DropSite. Open consoles hear of
// a new one.
func (s *sites) AddSite(added *Serving) {
	s.mu.Lock()
	first := len(s.served[added.Site]) == 0
	s.served[added.Site] = append(s.served[added.Site], added)
	s.mu.Unlock()
	if first {
		s.hub.PublishToConsoles(chat.Event{Kind: chat.EventAgents})
	}
}

// DropSite notes that a handler no longer serves a site. The sockets of one that
// no handler serves any more are closed; those of one that has other hours now
// come back, and learn them.
func (s *sites) DropSite(dropped *Serving) {
	// Where no configuration runs any more the whole server goes, and its
	// visitors are told to come back.
	running := s.inForce()
	s.mu.Lock()
	at := slices.Index(s.served[dropped.Site], dropped)
	left := slices.Delete(s.served[dropped.Site], at, at+1)
	s.served[dropped.Site] = left
	last := len(left) == 0
	if last {
		delete(s.served, dropped.Site)
	}
	others := isReplaced(dropped, left[at:], running) &&
		!slices.ContainsFunc(left, func(other *Serving) bool { return other.Hours == dropped.Hours })
	s.mu.Unlock()
	switch {
	case running == nil:
	case last:
		s.hub.PublishToAll(chat.Event{Kind: chat.EventGone, Site: dropped.Site})
		s.hub.PublishToConsoles(chat.Event{Kind: chat.EventAgents})
	case others:
		s.hub.PublishToAll(chat.Event{Kind: chat.EventRestart, Site: dropped.Site})
	}
}

// isReplaced reports whether a configuration that came later runs in the place of
// that of what is dropped. Else it was refused, and what it has said of hours
// never counted.
func isReplaced(dropped *Serving, later []*Serving, running *agents.Directory) bool {
	return dropped.Agents != running && slices.ContainsFunc(later, func(other *Serving) bool { return other.Agents == running })
}

// FieldLabels returns what agents read of a site's further fields, by the
// configuration that runs; nil where all have their own names. Consoles hear of it
// as they connect.
func (s *sites) FieldLabels(site string) map[string]string {
	running := s.inForce()
	s.mu.Lock()
	defer s.mu.Unlock()
	var all map[string]string
	for _, serving := range s.served[site] {
		if serving.Agents != running || len(serving.Labels) == 0 {
			continue
		}
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, serving.Labels)
	}
	return all
}

// SiteNames returns the sites that are served, in alphabetical order.
func (s *sites) SiteNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.served))
}
