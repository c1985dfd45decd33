package session

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
)

// ledger is what this process knows and the store does not, or not yet: sessions
// that no browser has shown (pending.go), what came with a token while the store
// could not say whose session that opens (notes.go), and ends that could not be
// stored (ends.go).
//
// Its tables are bounded, and one rule holds where one is full: the oldest entry
// is forgotten, and that opens nothing to anybody. A forgotten session is
// nobody's. A forgotten note or end may have closed a session, and nobody knows
// any more which: so all sessions are closed that are older, until their people
// show anew who they are; see overdue.
type ledger struct {
	mu sync.Mutex

	// sessions that evidence made and no browser has presented yet, by name.
	//
	// Several nodes: each has its own. A browser that presents such a token to
	// another node is unknown there, and evidence signs it in again.
	sessions bounded.Table[chat.SessionID, *pending]
	byToken  map[chat.Hash]*pending
	byJoin   map[join]*pending

	// notes are what responses and logouts said of a token, by its hash. Nobody
	// knows which tokens are made up.
	//
	// Several nodes: each has its own, since each may be cut off by itself. What
	// it has to say must be judged before it opens anything, as it is on one.
	notes bounded.Table[chat.Hash, note]

	// unreadable are tokens of which the store has a record that is damaged. One
	// that is forgotten has everybody show anew who they are once more.
	//
	// Several nodes: damage is each node's own.
	unreadable bounded.Table[chat.Hash, struct{}]

	// ends are those of sessions that the store knows, and may not know to have
	// ended. They count all the same.
	//
	// Several nodes: a node that can't write can't tell the others either. They
	// must not open a session that another may have ended, which they know only
	// once it has appended the end, or is gone.
	ends bounded.Table[chat.SessionID, heldEnd]

	// lost is as of when something was last forgotten that may have closed a
	// session, lostLogouts as of when that may have been a logout.
	//
	// Several nodes: as for notes and ends.
	lost, lostLogouts time.Time
}

// Bounds of the ledger.
const (
	// maxPending bounds the sessions, at some 500 bytes each beyond their
	// profiles.
	maxPending = 4096
	// maxPendingBytes bounds their profiles, of which an application may make
	// several kilobytes each.
	maxPendingBytes = 16 << 20
	// maxNotes bounds the notes, at a kilobyte each at most, and the unreadable
	// tokens, at some 100 bytes.
	maxNotes = 16384
	// maxEnds bounds the ends, at some 250 bytes each. Only sessions that the
	// store knows have one.
	maxEnds = 65536
)

func newLedger() *ledger {
	l := &ledger{byToken: map[chat.Hash]*pending{}, byJoin: map[join]*pending{}}
	l.sessions = bounded.Table[chat.SessionID, *pending]{Max: maxPending, MaxWeight: maxPendingBytes,
		Weight:    func(_ chat.SessionID, p *pending) int { return p.profile.Size() },
		Pinned:    func(_ chat.SessionID, p *pending) bool { return p.beingStored() },
		Forgotten: func(_ chat.SessionID, p *pending) { l.unlinkLocked(p) }}
	l.notes = bounded.Table[chat.Hash, note]{Max: maxNotes,
		Forgotten: func(_ chat.Hash, n note) { l.loseLocked(n.held, !n.logout.IsZero()) }}
	l.unreadable = bounded.Table[chat.Hash, struct{}]{Max: maxNotes}
	l.ends = bounded.Table[chat.SessionID, heldEnd]{Max: maxEnds,
		Forgotten: func(_ chat.SessionID, e heldEnd) { l.loseLocked(e.held, true) }}
	return l
}

// loseLocked notes that something was forgotten that was held back then. What
// the store has of any session is from before: nothing is read from it while
// there are notes, and nothing changes once an end is held back.
func (l *ledger) loseLocked(held time.Time, logout bool) {
	l.lost = later(l.lost, held)
	if logout {
		l.lostLogouts = later(l.lostLogouts, held)
	}
}

// overdue is the end of a session of which something may have been lost that
// it does not outlast: whoever is signed in must have been seen since, and
// nobody knows whether an anonymous visitor has logged out.
func (l *ledger) overdue(s chat.Session) chat.SessionEnd {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !s.Live():
	case s.Person == "" && l.lostLogouts.After(s.Created):
		return chat.SessionEnd{At: l.lostLogouts, Ending: chat.EndedByTime}
	case s.Person != "" && l.lost.After(s.Created) && l.lost.After(s.Evidence):
		return chat.SessionEnd{At: l.lost, Ending: chat.EndedByTime}
	}
	return chat.SessionEnd{}
}

// held is how many ends wait to be stored, and of how many tokens something
// waits to be judged.
func (l *ledger) held() (ends, tokens int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ends.Len(), l.notes.Len()
}
