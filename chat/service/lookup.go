package service

import (
	"context"

	"github.com/parley-chat/parley/chat"
)

// found is a session with what else is known of it.
type found struct {
	chat.Session
	pending *pendingSession
}

// lookup returns the session of a token. ErrNotFound if no session is known by
// it; one that has outlived its time comes back as ended.
func (s *Service) lookup(ctx context.Context, site *chat.Site, token string) (found, error) {
	if token == "" {
		return found{}, chat.ErrNotFound
	}
	hash := chat.HashOf(token)
	if s.deferred.revoked(hash) {
		_ = s.reconcile(ctx) // if that can be: the session's other tokens and its open pages wait for it
		return found{}, chat.ErrNotFound
	}
	return s.find(ctx, site, func() (found, error) { return s.readByToken(ctx, hash) })
}

// sessionByID is lookup by a session's name, as successors are known.
func (s *Service) sessionByID(ctx context.Context, site *chat.Site, id chat.SessionID) (found, error) {
	return s.find(ctx, site, func() (found, error) { return s.readByID(ctx, id) })
}

// find returns what read finds as far as it still counts. Whatever was left to
// the store while it was being read is not in what was read, and no longer in
// memory: then it reads again.
func (s *Service) find(ctx context.Context, site *chat.Site, read func() (found, error)) (found, error) {
	for {
		if err := ctx.Err(); err != nil {
			return found{}, err
		}
		before := s.handovers.Load()
		f, err := read()
		if err == nil && f.pending == nil {
			// The store can be read: what it could not be asked comes first.
			if err = s.reconcile(ctx); err == nil && s.handovers.Load() != before {
				continue
			}
		}
		if err != nil {
			return found{}, err
		}
		if f, err = s.current(ctx, site, f); err != nil || !f.Live() || s.handovers.Load() == before {
			return f, err
		}
	}
}

// readByToken reads the session that a token opens, as memory has it where it
// is not stored yet.
func (s *Service) readByToken(ctx context.Context, token chat.Hash) (found, error) {
	if p := s.pending.byToken(token); p != nil {
		if f, decides := p.current(); decides {
			return f, nil
		}
	}
	return s.readStored(func(st chat.Store) (chat.Session, error) { return st.Session(ctx, token) })
}

// readByID is readByToken by a session's name.
func (s *Service) readByID(ctx context.Context, id chat.SessionID) (found, error) {
	if p := s.pending.byID(id); p != nil {
		if f, decides := p.current(); decides {
			return f, nil
		}
	}
	return s.readStored(func(st chat.Store) (chat.Session, error) { return st.SessionByID(ctx, id) })
}

func (s *Service) readStored(read func(chat.Store) (chat.Session, error)) (found, error) {
	st, err := s.open()
	if err != nil {
		return found{}, err
	}
	session, err := read(st)
	return found{Session: session}, err
}

// current is a session that was read as it counts now: what is deferred ends
// it, and its time.
func (s *Service) current(ctx context.Context, site *chat.Site, f found) (found, error) {
	if f.Site != site.Name {
		return found{}, chat.ErrNotFound
	}
	if how, deferred := s.ends.of(f.ID); deferred {
		_ = f.Apply(chat.SessionChange{End: &how}) // ending never fails
		s.background("logout", func(ctx context.Context, st chat.Store) error {
			return s.storeDeferredEnd(ctx, st, f.ID, how)
		})
	}
	if how := s.deferred.overdue(f.Session); how.Ending != "" {
		_ = s.end(ctx, f, how)                     // it holds also where it can't be stored
		_ = f.Apply(chat.SessionChange{End: &how}) // ending never fails
	}
	if f.Live() && expired(site, f.Session, s.now()) {
		f.Ended, f.Ending = s.now(), chat.EndedByTime
	}
	return f, nil
}

// maxChain bounds how many successors are followed from one session.
const maxChain = 8

// successor follows successors to the session that is alive now, or to the last.
func (s *Service) successor(ctx context.Context, site *chat.Site, f found) (found, error) {
	chain, err := s.successors(ctx, site, f)
	return chain[len(chain)-1], err
}

// successors are a session and those that took its place, one after the other.
func (s *Service) successors(ctx context.Context, site *chat.Site, f found) ([]found, error) {
	chain := []found{f}
	for len(chain) <= maxChain && !f.Live() && f.Successor != "" {
		next, err := s.sessionByID(ctx, site, f.Successor)
		if err != nil {
			return chain, err
		}
		chain, f = append(chain, next), next
	}
	return chain, nil
}

// end ends a session for good and tells its connections. Where that can't be
// stored, a login has not happened yet, but any other end holds in this
// process: whoever has the browser now must not find the chat open.
func (s *Service) end(ctx context.Context, f found, how chat.SessionEnd) error {
	p := f.pending
	if p == nil {
		p = s.pending.byID(f.ID)
	}
	if p != nil {
		s.pending.leave(p)
		attempted := p.end(how)
		if attempted && !p.storing.TryLock() {
			// It is being stored now. Nobody waits for that.
			s.deferEnd(f.ID, how)
			s.publishEnd(f.ID, how)
			return nil
		}
		if !attempted {
			s.publishEnd(f.ID, how)
			return nil
		}
		defer p.storing.Unlock()
	}
	st, err := s.open()
	if err == nil {
		_, err = s.storeEnd(ctx, st, f.ID, how)
	}
	if err != nil {
		if how.Ending == chat.EndedByLogin {
			return err
		}
		s.deferEnd(f.ID, how)
	}
	s.publishEnd(f.ID, how)
	return err
}

// publishEnd tells the connections of a session that it has ended.
func (s *Service) publishEnd(id chat.SessionID, how chat.SessionEnd) {
	s.confirmed.forget(id)
	kind := chat.EventReset
	if how.Ending == chat.EndedByLogin {
		kind = chat.EventAgain
	}
	s.hub.TellSession(id, chat.Event{Kind: kind})
}
