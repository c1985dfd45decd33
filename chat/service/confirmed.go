package service

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

// confirmed remembers whom the evidence of late confirmed, so that page after
// page of the same person costs no read of the store. It only ever says that
// there is nothing to do: it opens nothing, and an entry that is out of date
// costs at most what touchEvery allows.
//
// Several nodes: each has its own, and another node's logout leaves an entry
// behind here that opens nothing.
type confirmed struct {
	mu      sync.Mutex
	seed    maphash.Seed
	entries map[chat.Hash]confirmation
	tokens  map[chat.SessionID][]chat.Hash
}

// confirmation holds no profile but its hash: only whether it is the same is
// of interest, and an application may make it long.
type confirmation struct {
	profile uint64
	paged   bool
	probed  bool
	until   time.Time
}

// maxConfirmed bounds the memory, at some 250 bytes an entry; a full table
// starts anew, which costs each of them a read.
const maxConfirmed = 16384

// holds reports whether this evidence, on this token, was confirmed of late.
func (c *confirmed) holds(token chat.Hash, e chat.Evidence, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[token]
	return ok && now.Before(entry.until) && (entry.paged || !e.Page) && (entry.probed || !e.Probe) && entry.profile == hashProfile(e.Profile, c.seed)
}

// add remembers evidence that left nothing to do, of the kinds of which the
// session has had some.
func (c *confirmed) add(token chat.Hash, session chat.SessionID, e chat.Evidence, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil || len(c.entries) >= maxConfirmed {
		c.seed = maphash.MakeSeed()
		c.entries, c.tokens = map[chat.Hash]confirmation{}, map[chat.SessionID][]chat.Hash{}
	}
	if _, known := c.entries[token]; !known {
		c.tokens[session] = append(c.tokens[session], token)
	}
	c.entries[token] = confirmation{hashProfile(e.Profile, c.seed), e.Page, e.Probe, now.Add(touchEvery)}
}

// forget drops what is remembered of a session that has ended.
func (c *confirmed) forget(session chat.SessionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, token := range c.tokens[session] {
		delete(c.entries, token)
	}
	delete(c.tokens, session)
}
