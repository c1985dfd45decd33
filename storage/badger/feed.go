package badger

import (
	"log/slog"
	"sync"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
)

// feed is who learns of what is committed.
type feed struct {
	mu          sync.RWMutex
	subscribers []func([]chat.Committed)
}

// Subscribe has each commit published that changes conversations.
func (s *Store) Subscribe(subscriber func([]chat.Committed)) {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.feed.subscribers = append(s.feed.subscribers, subscriber)
}

// publishUnknown informs the subscribers that they may have missed something: what
// was being committed when the files had to be opened anew.
func (s *Store) publishUnknown() { s.publish(nil) }

// publish informs the subscribers of a commit. The writer calls it, which makes
// all commits, one after the other.
func (s *Store) publish(list []chat.Committed) {
	s.feed.mu.RLock()
	defer s.feed.mu.RUnlock()
	for _, subscriber := range s.feed.subscribers {
		inform(s.log, subscriber, list)
	}
}

// inform calls one subscriber. A bug in it must not keep the writer from going
// on.
func inform(log *slog.Logger, subscriber func([]chat.Committed), list []chat.Committed) {
	defer panics.Log(log, "telling of a commit")
	subscriber(list)
}
