package service

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
)

// Logout is a logout under way: the session has ended, and until Done nothing
// that this browser's responses say of who is signed in is believed.
type Logout struct {
	service *Service
	keys    []fenceKey
}

// BeginLogout ends the session of the request's token, and whichever took its
// place, before the app has answered. The logout holds in this process even
// where the error says that it could not be stored yet.
func (s *Service) BeginLogout(ctx context.Context, r chat.Request) (*Logout, error) {
	s.fenceClient(r)
	f, err := s.lookup(ctx, r.Site, r.Token)
	l := &Logout{service: s}
	if err != nil {
		if errors.Is(err, chat.ErrNotFound) {
			return l, nil
		}
		s.deferLogout(ctx, r)
		return l, err
	}
	// The fence is there before the turn is taken: an answer that is being
	// decided about meanwhile finds it, or is found here as a successor.
	l.begin(sessionFence(f.ID))
	defer s.decisions.lock(string(f.ID))()
	if again, lookupErr := s.lookup(ctx, r.Site, r.Token); lookupErr == nil {
		f = again
	}
	chain := []found{f}
	for len(chain) <= maxChain && f.Successor != "" {
		if f, err = s.sessionByID(ctx, r.Site, f.Successor); err != nil {
			break
		}
		l.begin(sessionFence(f.ID))
		chain = append(chain, f)
	}
	for _, f := range chain {
		if f.Person != "" {
			l.begin(clientFence(r, f.Person))
		}
	}
	for _, f := range chain {
		if !f.Live() {
			continue
		}
		if e := s.end(ctx, f, chat.SessionEnd{At: s.now(), Ending: chat.EndedByLogout}); e != nil {
			err = e
		}
	}
	if errors.Is(err, chat.ErrNotFound) {
		err = nil
	}
	return l, err
}

// CanLogOut reports whether a logout with this token would end a session: its
// own, or one that took its place. Where the store can't tell, it would.
func (s *Service) CanLogOut(ctx context.Context, site *chat.Site, token string) bool {
	f, err := s.lookup(ctx, site, token)
	if err == nil {
		f, err = s.successor(ctx, site, f)
	}
	if err != nil {
		return !errors.Is(err, chat.ErrNotFound)
	}
	return f.Live()
}

// deferLogout logs out a token of which the store can't say what it opens.
func (s *Service) deferLogout(ctx context.Context, r chat.Request) {
	if p := s.pending.byToken(chat.HashOf(r.Token)); p != nil { // but memory can
		f, _ := p.current()
		_ = s.end(ctx, f, chat.SessionEnd{At: s.now(), Ending: chat.EndedByLogout}) // it holds also where it can't be stored
		return
	}
	s.deferred.logOut(r, s.now())
	s.flushLater()
}

// fenceClient makes all evidence too late whose request came from such a client
// before, without a cookie and of anybody: it may have been this browser's. What
// arrives later counts at once, and not only when the logout is complete, since
// the next request may be anybody's who has the same address and browser: a
// stranger's logout that takes its time must not keep them from signing in.
func (s *Service) fenceClient(r chat.Request) { s.fence.raise(clientFence(r, ""), s.now()) }

func (l *Logout) begin(k fenceKey) {
	l.keys = append(l.keys, k)
	l.service.fence.begin(k)
}

// Done ends the fence: requests that arrive from now on are believed again.
func (l *Logout) Done() {
	l.service.fence.end(l.keys, l.service.now())
}
