package service

import (
	"container/list"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

const (
	// maxFences bounds the logouts that are remembered once they are complete,
	// at some 250 bytes each.
	maxFences = 32768
	// fenceLife is longer than any response takes that was asked for before.
	fenceLife = time.Hour
)

// logoutFence keeps responses to requests from before a logout from bringing
// an identity back. When there are too many logouts, the oldest are forgotten
// and the floor rises to them: then evidence counts for nobody if its request
// arrived before that, which costs a slow response its say and nobody a chat.
// Logouts under way are never forgotten; each is a request that is open.
//
// Several nodes: a response may come by another node than the logout. The end
// of the session is stored, which fences what came with its tokens; the rest
// has to be told with that record.
type logoutFence struct {
	mu      sync.Mutex
	entries map[fenceKey]*fenced
	done    list.List // of fenceKey, as their logouts were completed
	floor   time.Time
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
func clientFence(r chat.Request, person string) fenceKey {
	return fenceKey(chat.HashOf("client\x00" + r.Site.Name + "\x00" + r.Client + "\x00" + person))
}

// fenced is the state of one key.
type fenced struct {
	running int       // logouts under way
	until   time.Time // requests that arrived by then are too late
	place   *list.Element
}

// begin fences a key until end is called for it.
func (lf *logoutFence) begin(k fenceKey) {
	lf.mu.Lock()
	defer lf.mu.Unlock()
	lf.entry(k).running++
}

// end completes logouts: from now on only requests that arrived before are too
// late.
func (lf *logoutFence) end(keys []fenceKey, now time.Time) {
	lf.mu.Lock()
	defer lf.mu.Unlock()
	for _, k := range keys {
		f := lf.entries[k]
		f.running--
		lf.complete(k, f, now)
	}
}

// raise fences what arrived by now, and nothing that arrives later.
func (lf *logoutFence) raise(k fenceKey, now time.Time) {
	lf.mu.Lock()
	defer lf.mu.Unlock()
	lf.complete(k, lf.entry(k), now)
}

// entry returns the state of a key, which will not be forgotten until complete.
func (lf *logoutFence) entry(k fenceKey) *fenced {
	if lf.entries == nil {
		lf.entries = map[fenceKey]*fenced{}
	}
	f := lf.entries[k]
	if f == nil {
		f = &fenced{}
		lf.entries[k] = f
	}
	if f.place != nil {
		lf.done.Remove(f.place)
		f.place = nil
	}
	return f
}

func (lf *logoutFence) complete(k fenceKey, f *fenced, now time.Time) {
	if now.After(f.until) {
		f.until = now
	}
	if f.running > 0 {
		return
	}
	f.place = lf.done.PushBack(k)
	for lf.done.Len() > 0 {
		oldest := lf.done.Front()
		key := oldest.Value.(fenceKey)
		until := lf.entries[key].until
		full := lf.done.Len() > maxFences
		if !full && now.Sub(until) <= fenceLife {
			break
		}
		if full && until.After(lf.floor) {
			lf.floor = until
		}
		lf.done.Remove(oldest)
		delete(lf.entries, key)
	}
}

// tooLate reports whether a logout keeps evidence from counting whose request
// arrived then.
func (lf *logoutFence) tooLate(arrived time.Time, keys ...fenceKey) bool {
	lf.mu.Lock()
	defer lf.mu.Unlock()
	if !lf.floor.IsZero() && !arrived.After(lf.floor) {
		return true
	}
	for _, k := range keys {
		if f := lf.entries[k]; f != nil && (f.running > 0 || !arrived.After(f.until)) {
			return true
		}
	}
	return false
}
