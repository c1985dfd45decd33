package whoami

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
)

// maxNamed bounds how many sessions are remembered with what their browser
// showed: 65,536 entries of some 200 bytes, 13 MB. Only sessions that there are
// get in.
//
// Beyond it the oldest is forgotten, and then every session without an entry
// counts as one whose browser shows something else: it is shown once the
// application has answered. Several nodes need no more than their own entries
// where a session that one has not is taken in the same way.
const maxNamed = 65536

// namedSessions are the sessions of all sites, by their tokens, with what their
// browser showed when the application last named their person. A reload of the
// configuration must not forget them.
var namedSessions = newNamed()

// named remembers sessions.
type named struct {
	mu       sync.Mutex
	sessions bounded.Table[chat.Hash, naming]
	// forgotten is when the last of those was named that were forgotten.
	forgotten time.Time
}

// naming is what a browser showed, and when.
type naming struct {
	shows sum
	at    time.Time
}

func newNamed() *named {
	n := &named{}
	n.sessions = bounded.Table[chat.Hash, naming]{Max: maxNamed, Forgotten: func(_ chat.Hash, was naming) { n.forgotten = was.at }}
	return n
}

func (n *named) add(token chat.Hash, shows sum) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sessions.Put(token, naming{shows, time.Now()})
}

// foreign reports whether it was something else that a browser showed when the
// session's person was last named, and when that was.
func (n *named) foreign(token chat.Hash, shows sum) (bool, time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if was, ok := n.sessions.Get(token); ok {
		return was.shows != shows, was.at
	}
	return !n.forgotten.IsZero(), n.forgotten
}
