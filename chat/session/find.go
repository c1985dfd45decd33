package session

import (
	"context"

	"github.com/parley-chat/parley/chat"
)

// found is a session with what else is known of it.
type found struct {
	chat.Session
	pending *pending // nil where the store has it
}

// lookup returns the session of a token. ErrNotFound if no session is known by
// it; one that has outlived its time comes back as ended.
func (r *Registry) lookup(ctx context.Context, site *chat.Site, token string) (found, error) {
	if token == "" {
		return found{}, chat.ErrNotFound
	}
	hash := chat.HashOf(token)
	if r.ledger.revoked(hash) {
		_ = r.reconcile(ctx) // if that can be: the session's other tokens and its open pages wait for it
		return found{}, chat.ErrNotFound
	}
	return r.find(ctx, site, func() (found, error) { return r.readByToken(ctx, hash) })
}

// lookupAgain is lookup for who has looked up the session before they had the
// turn to decide about it. Whoever had it before them may have ended the session
// or replaced it, and then it has to be read anew; but mostly nothing has changed
// since, of any session, which is cheap to tell.
func (r *Registry) lookupAgain(ctx context.Context, q chat.Request, f found, changes uint64) (found, error) {
	if r.changes.Load() == changes {
		return f, nil
	}
	return r.lookup(ctx, q.Site, q.Token)
}

// sessionByID is lookup by a session's name, as successors are known.
func (r *Registry) sessionByID(ctx context.Context, site *chat.Site, id chat.SessionID) (found, error) {
	return r.find(ctx, site, func() (found, error) { return r.readByID(ctx, id) })
}

// find returns what read finds as far as it still counts. Whatever was left to
// the store while it was being read is not in what was read, and no longer in
// memory: then it reads again.
func (r *Registry) find(ctx context.Context, site *chat.Site, read func() (found, error)) (found, error) {
	for {
		if err := ctx.Err(); err != nil {
			return found{}, err
		}
		before := r.handovers.Load()
		f, err := read()
		if err == nil && f.pending == nil {
			// The store can be read: what it could not be asked comes first.
			if err = r.reconcile(ctx); err == nil && r.handovers.Load() != before {
				continue
			}
		}
		if err != nil {
			return found{}, err
		}
		if f, err = r.current(ctx, site, f); err != nil || !f.Live() || r.handovers.Load() == before {
			return f, err
		}
	}
}

// readByToken reads the session that a token opens, as memory has it where it
// is not stored yet.
func (r *Registry) readByToken(ctx context.Context, token chat.Hash) (found, error) {
	if p := r.ledger.pendingByToken(token); p != nil {
		if f, decides := p.current(); decides {
			return f, nil
		}
	}
	return r.readStored(func(st Store) (chat.Session, error) { return st.Session(ctx, token) })
}

// readByID is readByToken by a session's name.
func (r *Registry) readByID(ctx context.Context, id chat.SessionID) (found, error) {
	if p := r.ledger.pendingByID(id); p != nil {
		if f, decides := p.current(); decides {
			return f, nil
		}
	}
	return r.readStored(func(st Store) (chat.Session, error) { return st.SessionByID(ctx, id) })
}

func (r *Registry) readStored(read func(Store) (chat.Session, error)) (found, error) {
	st, err := r.open()
	if err != nil {
		return found{}, err
	}
	session, err := read(st)
	return found{Session: session}, err
}

// current is a session that was read as it counts now: what is held back ends
// it, and its time.
func (r *Registry) current(ctx context.Context, site *chat.Site, f found) (found, error) {
	if f.Site != site.Name {
		return found{}, chat.ErrNotFound
	}
	if how, held := r.ledger.endOf(f.ID); held {
		_ = f.Apply(chat.SessionChange{End: &how}) // ending never fails
		r.write("logout", func(ctx context.Context, st Store) error {
			return r.storeHeldEnd(ctx, st, f.ID, how)
		})
	}
	if how := r.ledger.overdue(f.Session); how.Ending != "" {
		_ = r.end(ctx, f, how)                     // it holds also where it can't be stored
		_ = f.Apply(chat.SessionChange{End: &how}) // ending never fails
	}
	if f.Live() && expired(site, f.Session, r.now()) {
		f.Ended, f.Ending = r.now(), chat.EndedByTime
	}
	return f, nil
}

// maxChain bounds how many successors are followed from one session.
const maxChain = 8

// successors are a session and those that took its place, one after the other:
// the last of them is alive, or none is.
func (r *Registry) successors(ctx context.Context, site *chat.Site, f found) ([]found, error) {
	chain := []found{f}
	for len(chain) <= maxChain && !f.Live() && f.Successor != "" {
		next, err := r.sessionByID(ctx, site, f.Successor)
		if err != nil {
			return chain, err
		}
		chain, f = append(chain, next), next
	}
	return chain, nil
}
