package service

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chat"
)

// signIn makes or joins a session for evidence that came without one.
func (s *Service) signIn(ctx context.Context, r chat.Request, e chat.Evidence, person string, now time.Time) (chat.Cookie, error) {
	if p := s.pending.joinable(join{r.Site.Name, r.Client, person}, now); p != nil {
		return chat.Cookie{Token: p.token, Person: true}, nil
	}
	return s.announce(ctx, r, s.newPending(r, e, person, now), now)
}

// announce makes a new session known and gives its token to the browser,
// unless a logout came in between.
func (s *Service) announce(ctx context.Context, r chat.Request, p *pendingSession, now time.Time) (chat.Cookie, error) {
	s.pending.add(p, now)
	f, _ := p.current()
	if s.tooLate(r, f.Person, []found{f}, true) {
		return chat.Cookie{}, s.end(ctx, f, chat.SessionEnd{At: s.now(), Ending: chat.EndedByLogout})
	}
	return chat.Cookie{Token: p.token, Person: true}, nil
}

func (s *Service) newPending(r chat.Request, e chat.Evidence, person string, now time.Time) *pendingSession {
	token := chat.NewSecret()
	return &pendingSession{
		session: chat.Session{ID: chat.SessionID(chat.NewID()), Site: r.Site.Name, Person: person,
			Created: now, Contact: now, Evidence: now, Paged: e.Page, Probed: e.Probe},
		profile: e.Profile,
		token:   token,
		hash:    chat.HashOf(token),
		join:    join{r.Site.Name, r.Client, person},
	}
}

// anotherToken gives the browser one more token of a session whose first may
// have been lost on its way.
func (s *Service) anotherToken(ctx context.Context, f found) (chat.Cookie, error) {
	if f.pending != nil {
		return chat.Cookie{Token: f.pending.token, Person: true}, nil
	}
	st, err := s.open()
	if err != nil {
		return chat.Cookie{}, err
	}
	token := chat.NewSecret()
	hash := chat.HashOf(token)
	_, err = st.ChangeSession(ctx, f.ID, chat.SessionChange{AddToken: &hash})
	if errors.Is(err, chat.ErrEnded) {
		return chat.Cookie{}, nil // it was logged out just now
	}
	if err != nil {
		return chat.Cookie{}, err
	}
	return chat.Cookie{Token: token, Person: true}, nil
}

// save stores a session that a browser has shown the token of.
func (s *Service) save(ctx context.Context, st chat.Store, p *pendingSession) error {
	p.storing.Lock()
	defer p.storing.Unlock()
	session, due := p.attempt()
	if !due {
		return nil
	}
	_, err := st.SignIn(ctx, session, p.hash, p.profile)
	if now := p.done(err); !now.Live() {
		// It ended meanwhile, and may be stored all the same, also where the
		// error says that this is not known.
		how := chat.SessionEnd{At: now.Ended, Ending: now.Ending, Successor: now.Successor}
		if _, endErr := s.storeEnd(ctx, st, now.ID, how); endErr != nil {
			s.deferEnd(now.ID, how)
		}
	}
	return err
}
