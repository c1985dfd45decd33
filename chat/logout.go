package chat

import (
	"context"
	"errors"
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
		l.keys = []barKey{{join: join{r.Site.Name, r.Client, ""}}}
		s.gate.raise(l.keys)
		if errors.Is(err, ErrNotFound) {
			return l, nil
		}
		s.gate.kill(HashOf(r.Token))
		return l, err
	}
	chain := []found{f}
	for len(chain) <= maxChain && f.Successor != "" {
		if f, err = s.named(ctx, r.Site, f.Successor); err != nil {
			break
		}
		chain = append(chain, f)
	}
	for _, f := range chain {
		l.keys = append(l.keys, barKey{session: f.ID})
		if f.Person != "" {
			l.keys = append(l.keys, barKey{join: join{r.Site.Name, r.Client, f.Person}})
		}
	}
	s.gate.raise(l.keys)
	for _, f := range chain {
		if !f.Live() {
			continue
		}
		if e := s.end(ctx, f, SessionEnd{At: s.now(), Ending: EndedByLogout}); e != nil {
			err = e
			s.gate.kill(HashOf(r.Token))
			s.hub.TellSession(f.ID, Event{Kind: EventReset})
		}
	}
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return l, err
}

// Done ends the bar: requests that arrive from now on are believed again.
func (l *Logout) Done() {
	l.service.gate.lower(l.keys, l.service.now())
}

// bury stores a logout that could not be stored when it happened.
func (s *Service) bury(ctx context.Context, st Store, token Hash) error {
	session, err := st.Session(ctx, token)
	if err == nil {
		_, err = st.ChangeSession(ctx, session.ID, SessionChange{End: &SessionEnd{At: time.Now(), Ending: EndedByLogout}})
	}
	return err
}
