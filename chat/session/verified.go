package session

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/background"
	"github.com/parley-chat/parley/internal/bounded"
)

// maxVerified bounds what is recently verified, at some 300 bytes an entry.
const maxVerified = 16384

// verified remembers whose evidence left nothing to do lately, so that page
// after page of the same person costs no read of the store. It only ever says
// that there is nothing to do: it opens nothing, an entry that is forgotten
// costs a read, and one that is out of date at most what TouchInterval allows.
//
// Several nodes: each has its own, and another node's logout leaves an entry
// behind here that opens nothing.
type verified struct {
	mu     sync.Mutex
	seed   maphash.Seed
	table  bounded.Table[chat.Hash, verification] // by token
	tokens map[chat.SessionID][]chat.Hash
}

// verification holds no profile but its hash: only whether it is the same is
// of interest, and an application may make it long.
type verification struct {
	session chat.SessionID
	profile uint64
	page    bool
	whoami  bool
	until   time.Time
}

func newVerified() *verified {
	v := &verified{seed: maphash.MakeSeed(), tokens: map[chat.SessionID][]chat.Hash{}}
	v.table = bounded.Table[chat.Hash, verification]{Max: maxVerified, Forgotten: v.dropToken}
	return v
}

// holds reports whether this evidence, on this token, was verified lately.
func (v *verified) holds(token chat.Hash, e chat.Evidence, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	entry, known := v.table.Get(token)
	return known && now.Before(entry.until) && (entry.page || !e.Page) && (entry.whoami || !e.Whoami) &&
		entry.profile == hashProfile(e.Profile, v.seed)
}

// add remembers evidence that left nothing to do, of the kinds of which the
// session has had some.
func (v *verified) add(token chat.Hash, session chat.SessionID, e chat.Evidence, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.table.Get(token); !known {
		v.tokens[session] = append(v.tokens[session], token)
	}
	v.table.Put(token, verification{session, hashProfile(e.Profile, v.seed), e.Page, e.Whoami, now.Add(background.TouchInterval)})
}

// dropToken takes a token that the table has forgotten from its session's.
func (v *verified) dropToken(token chat.Hash, entry verification) {
	left := slices.DeleteFunc(v.tokens[entry.session], func(t chat.Hash) bool { return t == token })
	if len(left) == 0 {
		delete(v.tokens, entry.session)
		return
	}
	v.tokens[entry.session] = left
}

// forget drops what is remembered of a session that has ended.
func (v *verified) forget(session chat.SessionID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, token := range v.tokens[session] {
		v.table.Delete(token)
	}
	delete(v.tokens, session)
}
