package session

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
)

// maxFences bounds the logouts that are remembered once they are complete, at
// some 250 bytes each.
const maxFences = 32768

// fence keeps responses to requests from before a logout from bringing an
// identity back. Logouts under way are never forgotten; each is a request that
// is open. When too many are complete, the oldest is forgotten and the floor
// rises to it: then evidence counts for nobody if its request arrived before
// that, which costs a slow response its say and nobody a chat.
//
// Several nodes: a response may come by another node than the logout. The end
// of the session is stored, which fences what came with its tokens; the rest
// has to be published with that record.
type fence struct {
	mu       sync.Mutex
	underWay map[fenceKey]int // how many logouts
	complete bounded.Table[fenceKey, time.Time]
	floor    time.Time
}

// fenceKey names what a logout keeps from counting. It is a hash, since client
// and person are as long as their senders like.
type fenceKey chat.Hash

// sessionFence is evidence that comes with a session's tokens.
func sessionFence(id chat.SessionID) fenceKey {
	return fenceKey(chat.HashOf("session\x00" + string(id)))
}

// clientFence is a client's evidence of a person, or, if that is empty, of
// anybody.
func clientFence(q chat.Request, person string) fenceKey {
	return fenceKey(chat.HashOf("client\x00" + q.Site.Name + "\x00" + q.Client + "\x00" + person))
}

func newFence() *fence {
	f := &fence{underWay: map[fenceKey]int{}}
	f.complete = bounded.Table[fenceKey, time.Time]{Max: maxFences, Forgotten: func(_ fenceKey, until time.Time) {
		f.floor = later(f.floor, until)
	}}
	return f
}

// begin fences a key until end is called for it.
func (f *fence) begin(k fenceKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.underWay[k]++
}

// end completes logouts: from now on only requests that arrived before are too
// late.
func (f *fence) end(keys []fenceKey, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range keys {
		if f.underWay[k]--; f.underWay[k] == 0 {
			delete(f.underWay, k)
		}
		f.raiseLocked(k, now)
	}
}

// raise fences what arrived by now, and nothing that arrives later.
func (f *fence) raise(k fenceKey, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.raiseLocked(k, now)
}

func (f *fence) raiseLocked(k fenceKey, now time.Time) {
	until, _ := f.complete.Get(k)
	f.complete.Put(k, later(until, now)) // the clock may have been set back
}

// tooLate reports whether a logout keeps evidence from counting whose request
// arrived then.
func (f *fence) tooLate(arrived time.Time, keys ...fenceKey) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.floor.IsZero() && !arrived.After(f.floor) {
		return true
	}
	for _, k := range keys {
		if f.underWay[k] > 0 {
			return true
		}
		if until, known := f.complete.Get(k); known && !arrived.After(until) {
			return true
		}
	}
	return false
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
