package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Observe takes what a response says of who is signed in and returns what is to
// become of the cookie. Evidence without a Key is absence: it counts where
// pages must name somebody and this is one. Nothing is ever unlocked when the
// store can't be asked; the error is then for the log only. The cookie counts
// with an error too: what ends somebody's session holds, in this process, also
// where it can't be stored.
func (r *Registry) Observe(ctx context.Context, q chat.Request, e chat.Evidence) (chat.Cookie, error) {
	if q.Token != "" && e.Key() != "" {
		token := chat.HashOf(q.Token)
		if r.verified.holds(token, e, r.now()) && !r.ledger.noted(token) {
			return chat.Cookie{}, nil
		}
	}
	changes := r.changes.Load()
	f, err := r.lookup(ctx, q.Site, q.Token)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return r.observeBlindly(q, e, err), err
	}
	known := err == nil
	if e.Key() == "" && (!known || f.Person == "") {
		return chat.Cookie{}, nil
	}
	// From here on one answer after the other: each finds what the one before
	// it has made of the session.
	key := q.Site.Name + "\x00" + q.Client
	if known {
		key = string(f.ID)
	}
	defer r.turns.take(key)()
	if known {
		if f, err = r.lookupAgain(ctx, q, f, changes); err != nil {
			if !errors.Is(err, chat.ErrNotFound) {
				return r.observeBlindly(q, e, err), err
			}
			return chat.Cookie{}, err
		}
	}
	if e.Key() == "" {
		return r.observeAbsence(ctx, q, e, f)
	}
	return r.observeIdentity(ctx, q, e, f, known, changes)
}

// ObserveToken takes the externalToken of a request for evidence of who is
// signed in, as Observe takes a response. ErrBadToken, ErrUnavailable.
func (r *Registry) ObserveToken(ctx context.Context, q chat.Request, raw string) (chat.Cookie, error) {
	if q.Site.Tokens == nil {
		return chat.Cookie{}, fmt.Errorf("%w: this site is not configured to take any", chat.ErrBadToken)
	}
	p, issued, err := q.Site.Tokens.Verify(ctx, raw)
	if err != nil {
		return chat.Cookie{}, err
	}
	// A page may hand it over long after it was made, from a cache or another
	// tab: it says who was signed in then.
	if issued.Before(q.Arrived) {
		q.Arrived = issued
	}
	return r.Observe(ctx, q, chat.Evidence{Profile: p})
}

// observeAbsence takes a response that names nobody.
func (r *Registry) observeAbsence(ctx context.Context, q chat.Request, e chat.Evidence, f found) (chat.Cookie, error) {
	switch decide(q.Site, stateOf(f), observed(q, e, "")).step {
	case touch:
		r.touchSession(f)
	case logOut:
		return chat.Cookie{Clear: true}, r.end(ctx, f, chat.SessionEnd{At: r.now(), Ending: chat.EndedByLogout})
	}
	return chat.Cookie{}, nil
}

// observeIdentity takes a response that names somebody.
func (r *Registry) observeIdentity(ctx context.Context, q chat.Request, e chat.Evidence, f found, known bool, changes uint64) (chat.Cookie, error) {
	person, err := r.whose(ctx, q.Site, e, f, known)
	if err != nil {
		return r.observeBlindly(q, e, err), err
	}
	if person == "" {
		if !known || f.Person == "" {
			return chat.Cookie{}, nil
		}
		return r.observeAbsence(ctx, q, e, f)
	}
	chain := []found{f}
	if known {
		if chain, err = r.successors(ctx, q.Site, f); err != nil && !errors.Is(err, chat.ErrNotFound) {
			return chat.Cookie{}, err
		}
	}
	s := stateOf(chain...)
	s.known = known
	s.fenced = r.fence.tooLate(q.Arrived, fences(q, s, person)...)
	now := r.now()
	d := decide(q.Site, s, observed(q, e, person))
	switch d.step {
	case signIn:
		return r.signIn(ctx, q, e, person, now)
	case addToken:
		return r.addToken(ctx, chain[len(chain)-1])
	case confirm:
		return chat.Cookie{}, r.confirm(ctx, q, e, f, now, changes)
	case replace:
		return r.replace(ctx, q, f, r.newPending(q, e, person, now), d.ending, now)
	}
	return chat.Cookie{}, nil
}

// stateOf is the state of a session and those that took its place.
func stateOf(chain ...found) state {
	s := state{known: true, chain: make([]chat.Session, len(chain))}
	for i, f := range chain {
		s.chain[i] = f.Session
	}
	return s
}

// observed is what evidence says of a person.
func observed(q chat.Request, e chat.Evidence, person string) observation {
	return observation{person: person, page: e.Page, whoami: e.Whoami, arrived: q.Arrived}
}

// whose returns the key of the person that evidence names. It is empty where
// there is only an e-mail address that several people have carried.
func (r *Registry) whose(ctx context.Context, site *chat.Site, e chat.Evidence, f found, known bool) (string, error) {
	if e.Profile.ID != "" || !site.HasID {
		return e.Key(), nil
	}
	// An e-mail address alone is the person's who has carried it.
	st, err := r.open()
	if err != nil {
		return "", err
	}
	p, err := st.PersonByEmail(ctx, site.Name, e.Profile.Email)
	switch {
	case errors.Is(err, chat.ErrSharedAddress):
		return "", nil
	case errors.Is(err, chat.ErrNotFound):
		p.Key = ""
	case err != nil:
		return "", err
	}
	if known && f.Live() && f.Person != "" {
		// What the session was signed in with may not be stored yet.
		own, err := r.profileOf(ctx, st, f)
		switch {
		case err != nil || own.Email != e.Profile.Email:
		case strings.HasPrefix(p.Key, chat.IDPrefix) && p.Key != f.Person:
			return "", nil
		default:
			return f.Person, nil
		}
	}
	if p.Key == "" {
		return e.Key(), nil
	}
	return p.Key, nil
}

func (r *Registry) profileOf(ctx context.Context, st Store, f found) (chat.Profile, error) {
	if f.pending != nil {
		return f.pending.profile, nil
	}
	p, err := st.Person(ctx, f.Site, f.Person)
	return p.Profile, err
}

// replace puts the session of whom the evidence names in the place of the one
// before: a login rotates the token, and somebody else's evidence is a logout
// first, which holds also where neither can be stored.
func (r *Registry) replace(ctx context.Context, q chat.Request, f found, next *pending, ending chat.Ending, now time.Time) (chat.Cookie, error) {
	// The old session names the new one as its successor, so that one is stored
	// first: the merge of what was written before the login hangs on it.
	st, err := r.open()
	if err == nil {
		err = r.save(ctx, st, next)
	}
	how := chat.SessionEnd{At: now, Ending: ending, Successor: next.id}
	switch {
	case err == nil:
		err = r.end(ctx, f, how)
	case ending == chat.EndedBySwitch:
		how.Successor = ""     // there is none yet: the next evidence makes it
		_ = r.end(ctx, f, how) // it holds anyway, and err says what is wrong
	}
	if ending == chat.EndedBySwitch {
		r.endUnpresented(ctx, q, f.Person, ending)
		r.reconnectClient(q, f.Person)
	}
	if err != nil {
		return chat.Cookie{Clear: ending == chat.EndedBySwitch}, err
	}
	return r.announce(ctx, q, next, now)
}
