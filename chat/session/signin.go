package session

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chat"
)

// signIn makes or joins a session for evidence that came without one. A
// navigation joins none: it may be of another device behind the same address.
func (r *Registry) signIn(ctx context.Context, q chat.Request, e chat.Evidence, person string, now time.Time) (chat.Cookie, error) {
	if !q.Navigation {
		if p := r.ledger.joinable(join{q.Site.Name, q.Client, person}, now); p != nil {
			return chat.Cookie{Token: p.token, Person: true}, nil
		}
	}
	return r.announce(ctx, q, r.newPending(q, e, person, now), now)
}

// announce makes a new session known and gives its token to the browser,
// unless a logout came in between.
func (r *Registry) announce(ctx context.Context, q chat.Request, p *pending, now time.Time) (chat.Cookie, error) {
	r.ledger.addPending(p, now)
	f, _ := p.current()
	s := stateOf(f)
	if loggedOutSince(s.chain, q.Arrived) || r.fence.tooLate(q.Arrived, fences(q, s, f.Person)...) {
		return chat.Cookie{}, r.end(ctx, f, chat.SessionEnd{At: r.now(), Ending: chat.EndedByLogout})
	}
	return chat.Cookie{Token: p.token, Person: true}, nil
}

func (r *Registry) newPending(q chat.Request, e chat.Evidence, person string, now time.Time) *pending {
	token, id := chat.NewSecret(), chat.SessionID(chat.NewID())
	return &pending{
		id: id, created: now, profile: e.Profile, token: token, hash: chat.HashOf(token),
		join: join{q.Site.Name, q.Client, person},
		session: chat.Session{ID: id, Site: q.Site.Name, Person: person,
			Created: now, Contact: now, Evidence: now, NamedByPage: e.Page, NamedByWhoami: e.Whoami},
	}
}

// addToken gives the browser one more token of a session whose first may have
// been lost on its way.
func (r *Registry) addToken(ctx context.Context, f found) (chat.Cookie, error) {
	if f.pending != nil {
		return chat.Cookie{Token: f.pending.token, Person: true}, nil
	}
	st, err := r.open()
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
func (r *Registry) save(ctx context.Context, st Store, p *pending) error {
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
		if endErr := r.storeEnd(ctx, st, now.ID, how); endErr != nil {
			r.deferEnd(now.ID, how)
		}
	}
	return err
}
