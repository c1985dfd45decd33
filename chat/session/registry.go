// Package session decides whose session a request belongs to.
//
// What a response says of who is signed in comes to Registry.Observe, a logout
// to Registry.BeginLogout, and a browser that asks for its chat to
// Registry.Enter. Each finds the session of its token (find.go), decides
// (decide.go, which is pure), and stores what follows. Where the store can't be
// asked or written, the ledger holds it back (ledger.go).
package session

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/background"
	"github.com/parley-chat/parley/chat/hub"
)

// Store is what the registry needs of a chat.Store.
type Store = chat.SessionStore

// Registry decides whose session a request belongs to, and owns all memory that
// has a say in it. It is safe for concurrent use, and there is one for each
// store.
//
// Its locks, in the order in which they are taken; nobody waits for one while
// they hold one that stands below it:
//
//  1. turns: one decision about a session, or about a browser without one,
//     after the other. Held while the store is read and written. One at a time.
//  2. reconciling: who judges what was held back while the store was away.
//     Held while the store is read.
//  3. pending.storing: one attempt to store a session. Held while the store is
//     written. Under the ledger's lock it is only tried, never waited for.
//  4. ledger.mu.
//  5. fence.mu, verified.mu, pending.mu, flusher.mu, and those of the hub and
//     of the background writer: none is taken while another of them is held.
type Registry struct {
	open   func() (Store, error)
	hub    *hub.Hub
	writer *background.Writer
	log    *slog.Logger
	now    func() time.Time

	turns    turns
	ledger   *ledger
	fence    *fence
	verified *verified
	flusher  flusher

	// reconciling has one place: who has taken it judges.
	//
	// Several nodes: each judges what it has held back itself.
	reconciling chan struct{}

	// handovers counts how often something that decided in memory was left to
	// the store. Who reads the store and then memory, and finds that it moved
	// meanwhile, has seen neither, and reads again.
	//
	// Several nodes: harmless on one, since each hands over its own memory only.
	handovers atomic.Uint64

	// changes counts what may make a session other than it was read: that one
	// ended, or that something was held back of one. It moves once that can be
	// read, so who read before that finds that it moved.
	//
	// Several nodes: the position of the log takes its place, which moves with
	// the changes of all nodes.
	changes atomic.Uint64
}

// Config is what a Registry works with.
type Config struct {
	// Open returns the store, or an error that wraps chat.ErrUnavailable, at
	// once in both cases.
	Open   func() (Store, error)
	Hub    *hub.Hub
	Writer *background.Writer
	Log    *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// New returns a registry without any memory yet.
func New(c Config) *Registry {
	return &Registry{open: c.Open, hub: c.Hub, writer: c.Writer, log: c.Log, now: c.Now,
		ledger: newLedger(), fence: newFence(), verified: newVerified(), reconciling: make(chan struct{}, 1)}
}

// Flush stores the sessions that evidence has made and no browser has shown
// yet, and the ends that could not be stored when they happened, if the store
// is there: the server is about to stop. It returns when nothing runs in the
// background any more, or with the context's error when that is over: a store
// that hangs does not keep the server from stopping.
func (r *Registry) Flush(ctx context.Context) error {
	r.flusher.stop()
	if err := r.writer.Wait(ctx); err != nil {
		return err
	}
	st, err := r.open()
	if err != nil {
		r.reportUnstored(err)
		return nil // without a store nothing can be stored
	}
	for _, p := range r.ledger.allPending() {
		err := r.writer.Queue(ctx, func() {
			if err := r.save(ctx, st, p); err != nil {
				r.log.Warn("storing a session before the end", "error", err)
			}
		})
		if err != nil {
			return err
		}
	}
	if err := r.writer.Wait(ctx); err != nil {
		r.reportUnstored(err)
		return err
	}
	r.reportUnstored(r.flushHeldBack(ctx))
	return nil
}

// reportUnstored says what a restart forgets, if it forgets something.
func (r *Registry) reportUnstored(why error) {
	ends, tokens := r.ledger.held()
	if ends+tokens > 0 {
		r.log.Error("logouts could not be stored before the end: after the next start their cookies open their chats again",
			"sessions", ends, "tokens", tokens, "error", why)
	}
}

// write runs a write that nobody waits for.
func (r *Registry) write(what string, f func(context.Context, Store) error) {
	r.writer.Try(what, r.stored(f))
}

// touch is write, once in background.TouchInterval for each key.
func (r *Registry) touch(key, what string, f func(context.Context, Store) error) {
	r.writer.Touch(key, r.now(), what, r.stored(f))
}

func (r *Registry) stored(f func(context.Context, Store) error) func(context.Context) error {
	return func(ctx context.Context) error {
		st, err := r.open()
		if err != nil {
			return err
		}
		return f(ctx, st)
	}
}

// publishEnd publishes to the connections of a session that it has ended. It comes
// after the end can be read, from the store or the ledger.
func (r *Registry) publishEnd(id chat.SessionID, ending chat.Ending) {
	r.changes.Add(1)
	r.verified.forget(id)
	kind := chat.EventReset
	if ending == chat.EndedByLogin {
		kind = chat.EventAgain
	}
	r.hub.PublishToSession(id, chat.Event{Kind: kind})
}

// EndPending ends the sessions of a person that are not stored yet, which would
// bring back who is erased.
func (r *Registry) EndPending(ctx context.Context, site, person string) {
	if person == "" {
		return
	}
	for _, p := range r.ledger.pendingOf(site, person) {
		f, _ := p.current()
		err := r.end(ctx, f, chat.SessionEnd{At: r.now(), Ending: chat.EndedByLogout})
		if err != nil && !errors.Is(err, chat.ErrNotFound) {
			r.log.Warn("ending a session of somebody who is erased", "error", err)
		}
	}
}

// Erased publishes to the connections of sessions that the store has erased them.
func (r *Registry) Erased(sessions []chat.Session) {
	for _, s := range sessions {
		r.publishEnd(s.ID, chat.EndedByLogout)
	}
}
