package replytime

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

const (
	// remembered is how many waits of a site count, the last ones, and newest for how
	// long each does: what is usual changes.
	remembered = 50
	newest     = 8 * 24 * time.Hour
	// enough is how many it takes to call anything usual.
	enough = 5
)

// Memory has the last waits of each site. It is safe for concurrent use.
//
// Several nodes: each hears of all that is committed, whichever node commits it, and
// reads its own copy of the store at its start. What they remember may differ by
// what one of them has not applied yet; it decides nothing.
type Memory struct {
	mu    sync.Mutex
	sites map[string]*site
}

type site struct {
	waits []wait // by when they ended
	// version is another one with each change.
	version uint64
	// loading, or loaded, is where the store is read for what was before.
	loading bool
}

// New returns a memory of nothing.
func New() *Memory { return &Memory{sites: map[string]*site{}} }

func (m *Memory) site(name string) *site {
	s := m.sites[name]
	if s == nil {
		s = new(site)
		m.sites[name] = s
	}
	return s
}

// Committed takes the waits that changes have ended. A message that ends none costs
// a look at it.
func (m *Memory) Committed(list []chat.Committed) {
	if len(list) == 0 {
		m.missed()
	}
	for _, c := range list {
		if c.After == nil {
			m.deleted(c.Before)
		} else if w, ok := ofCommit(c); ok {
			m.mu.Lock()
			m.site(c.After.Site).add(w)
			m.mu.Unlock()
		}
	}
}

// missed has all sites read anew: something may have been committed that nobody was
// told of.
func (m *Memory) missed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sites {
		s.loading = false
	}
}

// deleted forgets the waits of a conversation that is no more.
func (m *Memory) deleted(c *chat.Conversation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.site(c.Site)
	before := len(s.waits)
	s.waits = slices.DeleteFunc(s.waits, func(w wait) bool { return w.conversation == c.ID })
	if len(s.waits) != before {
		s.version++
	}
}

// add adds waits, each once, and forgets the oldest.
func (s *site) add(more ...wait) {
	all := append(s.waits, more...)
	slices.SortStableFunc(all, func(a, b wait) int { return a.answered.Compare(b.answered) })
	all = slices.CompactFunc(all, func(a, b wait) bool {
		return a.asked.Equal(b.asked) && a.answered.Equal(b.answered)
	})
	if over := len(all) - remembered; over > 0 {
		all = slices.Delete(all, 0, over)
	}
	s.waits = all
	s.version++
}

// read returns a copy of the waits of a site that still count, and their version.
func (m *Memory) read(name string, now time.Time) ([]wait, uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.site(name)
	waits := slices.DeleteFunc(slices.Clone(s.waits), func(w wait) bool { return now.Sub(w.answered) > newest })
	return waits, s.version
}

// version names what is remembered of a site.
func (m *Memory) version(name string) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.site(name).version
}
