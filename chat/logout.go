package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Logout is a logout under way: the session has ended, and until Done nothing
// that this browser's responses say of who is signed in is believed.
type Logout struct {
	service *Service
	keys    []barKey
}

// BeginLogout ends the session of the request's token, and whichever took its
// place, before the app has answered. The logout holds in this process even
// where the error says that it could not be stored yet.
func (s *Service) BeginLogout(ctx context.Context, r Request) (*Logout, error) {
	f, err := s.lookup(ctx, r.Site, r.Token)
	l := &Logout{service: s}
	if err != nil {
		// Nobody knows which session it was: all of this client's evidence waits.
		l.raise(barKey{join: join{r.Site.Name, r.Client, ""}})
		if errors.Is(err, ErrNotFound) {
			return l, nil
		}
		s.gate.kill(HashOf(r.Token))
		return l, err
	}
	// The bar is up before the turn is taken: an answer that is being decided
	// about meanwhile finds it, or is found here as a successor.
	l.bar(f)
	defer s.decisions.lock(string(f.ID))()
	if again, lookupErr := s.lookup(ctx, r.Site, r.Token); lookupErr == nil {
		f = again
	}
	chain := []found{f}
	for len(chain) <= maxChain && f.Successor != "" {
		if f, err = s.named(ctx, r.Site, f.Successor); err != nil {
			break
		}
		l.bar(f)
		if f.Person != "" {
			l.raise(barKey{join: join{r.Site.Name, r.Client, f.Person}})
		}
		chain = append(chain, f)
	}
	if p := chain[0].Person; p != "" {
		l.raise(barKey{join: join{r.Site.Name, r.Client, p}})
	}
	if !slices.ContainsFunc(chain, func(f found) bool { return f.Person != "" }) {
		// Nobody knows who is on their way to be signed in.
		l.raise(barKey{join: join{r.Site.Name, r.Client, ""}})
	}
	for _, f := range chain {
		if !f.Live() {
			continue
		}
		if e := s.end(ctx, f, SessionEnd{At: s.now(), Ending: EndedByLogout}); e != nil {
			err = e
		}
	}
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return l, err
}

// bar holds evidence against the logout that comes with this session's tokens.
func (l *Logout) bar(f found) { l.raise(barKey{session: f.ID}) }

func (l *Logout) raise(k barKey) {
	l.keys = append(l.keys, k)
	l.service.gate.raise(k)
}

// Done ends the bar: requests that arrive from now on are believed again.
func (l *Logout) Done() {
	l.service.gate.lower(l.keys, l.service.now())
}

// storeEnd stores the end of a session, now or later than it happened. That
// the store does not know the session is as good.
func (s *Service) storeEnd(ctx context.Context, st Store, id SessionID, how SessionEnd) error {
	if _, err := st.ChangeSession(ctx, id, SessionChange{End: &how}); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	s.gate.release(id)
	return nil
}

// bury stores a logout that could not be stored when it happened.
func (s *Service) bury(ctx context.Context, st Store, token Hash) error {
	session, err := st.Session(ctx, token)
	if err == nil {
		_, err = st.ChangeSession(ctx, session.ID, SessionChange{End: &SessionEnd{At: time.Now(), Ending: EndedByLogout}})
	}
	if err == nil || errors.Is(err, ErrNotFound) {
		s.gate.buried(token)
	}
	return err
}
