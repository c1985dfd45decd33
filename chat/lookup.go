package chat

import (
	"context"
	"errors"
)

// found is a session with what else is known of it.
type found struct {
	Session
	pending *pendingSession
}

// lookup returns the session of a token. ErrNotFound if no session is known by
// it; one that has outlived its time comes back as ended.
func (s *Service) lookup(ctx context.Context, site *Site, token string) (found, error) {
	if token == "" {
		return found{}, ErrNotFound
	}
	hash := HashOf(token)
	if s.gate.isDead(hash) {
		s.background("logout", func(ctx context.Context, st Store) error { return s.bury(ctx, st, hash) })
		return found{}, ErrNotFound
	}
	f, ok := unstored(s.gate.byToken(hash))
	if !ok {
		st, err := s.open()
		if err != nil {
			return found{}, err
		}
		session, err := st.Session(ctx, hash)
		if errors.Is(err, ErrNotFound) {
			s.doubts.forget(hash)
		}
		if err != nil {
			return found{}, err
		}
		f = found{Session: session}
	}
	f, err := s.aged(site, f)
	if err != nil {
		return found{}, err
	}
	return s.resolve(ctx, site, hash, f)
}

// named is lookup by a session's name, as successors are known.
func (s *Service) named(ctx context.Context, site *Site, id SessionID) (found, error) {
	if f, ok := unstored(s.gate.byName(id)); ok {
		return s.aged(site, f)
	}
	st, err := s.open()
	if err != nil {
		return found{}, err
	}
	session, err := st.SessionByID(ctx, id)
	if err != nil {
		return found{}, err
	}
	return s.aged(site, found{Session: session})
}

// unstored returns what is known of a session that the store has not got yet.
func unstored(p *pendingSession) (found, bool) {
	if p == nil {
		return found{}, false
	}
	p.saving.Lock()
	defer p.saving.Unlock()
	return found{p.session, p}, !p.stored
}

func (s *Service) aged(site *Site, f found) (found, error) {
	if f.Site != site.Name {
		return found{}, ErrNotFound
	}
	if how, held := s.gate.held(f.ID); held {
		_ = f.Apply(SessionChange{End: &how}) // ending never fails
		s.background("logout", func(ctx context.Context, st Store) error { return s.storeEnd(ctx, st, f.ID, how) })
	}
	if f.Live() && site.expired(f.Session, s.now()) {
		f.Ended, f.Ending = s.now(), EndedByTime
	}
	return f, nil
}

// maxChain bounds how many successors are followed from one session.
const maxChain = 8

// heir follows successors to the session that is alive now, or to the last.
func (s *Service) heir(ctx context.Context, site *Site, f found) (found, error) {
	chain, err := s.heirs(ctx, site, f)
	return chain[len(chain)-1], err
}

// heirs are a session and those that took its place, one after the other.
func (s *Service) heirs(ctx context.Context, site *Site, f found) ([]found, error) {
	chain := []found{f}
	for len(chain) <= maxChain && !f.Live() && f.Successor != "" {
		next, err := s.named(ctx, site, f.Successor)
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
func (s *Service) end(ctx context.Context, f found, how SessionEnd) error {
	if p := s.gate.byName(f.ID); p != nil {
		p.saving.Lock()
		s.gate.leave(p)
		_ = p.session.Apply(SessionChange{End: &how}) // ending never fails
		stored := p.stored
		p.saving.Unlock()
		if !stored {
			s.tellEnd(f.ID, how)
			return nil
		}
	}
	st, err := s.open()
	if err == nil {
		err = s.storeEnd(ctx, st, f.ID, how)
	}
	if err != nil {
		if how.Ending == EndedByLogin {
			return err
		}
		s.gate.hold(f.ID, how)
	}
	s.tellEnd(f.ID, how)
	return err
}

func (s *Service) tellEnd(id SessionID, how SessionEnd) {
	s.confirmed.forget(id)
	kind := EventReset
	if how.Ending == EndedByLogin {
		kind = EventAgain
	}
	s.hub.TellSession(id, Event{Kind: kind})
}
