package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
)

// See takes what a response says of who is signed in and returns what is to
// become of the cookie. Evidence without a Key is absence: it counts where
// pages must speak and this is one. Nothing is ever unlocked when the store
// can't be asked; the error is then for the log only. The cookie counts with an
// error too: what ends somebody's session holds, in this process, also where
// it can't be stored.
func (s *Service) See(ctx context.Context, r chat.Request, e chat.Evidence) (chat.Cookie, error) {
	if r.Token != "" && e.Key() != "" && s.confirmed.holds(chat.HashOf(r.Token), e, s.now()) && !s.deferred.about(chat.HashOf(r.Token)) {
		return chat.Cookie{}, nil
	}
	f, err := s.lookup(ctx, r.Site, r.Token)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return s.seeBlindly(r, e, err), err
	}
	known := err == nil
	if e.Key() == "" && (!known || f.Person == "") {
		return chat.Cookie{}, nil
	}
	// From here on one answer after the other: each finds what the one before
	// it has made of the session.
	turn := r.Site.Name + "\x00" + r.Client
	if known {
		turn = string(f.ID)
	}
	defer s.decisions.lock(turn)()
	if known {
		if f, err = s.lookup(ctx, r.Site, r.Token); err != nil {
			if !errors.Is(err, chat.ErrNotFound) {
				return s.seeBlindly(r, e, err), err
			}
			return chat.Cookie{}, err
		}
	}
	if e.Key() == "" {
		return s.seeNobody(ctx, r, e, f)
	}
	return s.seeSomebody(ctx, r, e, f, known)
}

// SeeToken takes the externalToken of a request for evidence of who is signed
// in, as See takes a response. ErrBadToken, ErrUnavailable.
func (s *Service) SeeToken(ctx context.Context, r chat.Request, raw string) (chat.Cookie, error) {
	if r.Site.Tokens == nil {
		return chat.Cookie{}, fmt.Errorf("%w: this site is not configured to take any", chat.ErrBadToken)
	}
	p, issued, err := r.Site.Tokens.Verify(ctx, raw)
	if err != nil {
		return chat.Cookie{}, err
	}
	// A page may hand it over long after it was made, from a cache or another
	// tab: it says who was signed in then.
	if issued.Before(r.Arrived) {
		r.Arrived = issued
	}
	return s.See(ctx, r, chat.Evidence{Profile: p})
}

// seeSomebody takes a response with evidence.
func (s *Service) seeSomebody(ctx context.Context, r chat.Request, e chat.Evidence, f found, known bool) (chat.Cookie, error) {
	person, err := s.whose(ctx, r.Site, e, f, known)
	if err != nil {
		return s.seeBlindly(r, e, err), err
	}
	chain := []found{f}
	if known {
		if chain, err = s.successors(ctx, r.Site, f); err != nil && !errors.Is(err, chat.ErrNotFound) {
			return chat.Cookie{}, err
		}
	}
	if s.tooLate(r, person, chain, known) {
		return chat.Cookie{}, nil
	}
	if known && !f.Live() {
		last := chain[len(chain)-1]
		switch {
		case last.Live() && last.Person == person:
			return s.anotherToken(ctx, last)
		case last.Live() && !r.Arrived.After(last.Created):
			return chat.Cookie{}, nil // it is older than who is signed in now
		}
		known = false
	}
	now := s.now()
	switch {
	case !known:
		return s.signIn(ctx, r, e, person, now)
	case f.Person == person:
		return chat.Cookie{}, s.confirm(ctx, r, e, f, now)
	case f.Person != "" && !r.Arrived.After(f.Created):
		return chat.Cookie{}, nil // it is older than who is signed in now
	}
	return s.replace(ctx, r, f, s.newPending(r, e, person, now), now)
}

// replace puts the session of whom the evidence names in the place of the one
// before: a login rotates the token, and somebody else's evidence is a logout
// first, which holds also where neither can be stored.
func (s *Service) replace(ctx context.Context, r chat.Request, f found, next *pendingSession, now time.Time) (chat.Cookie, error) {
	// The old session names the new one as its successor, so that one is stored
	// first: the claim of what was written before the login hangs on it.
	st, err := s.open()
	if err == nil {
		err = s.save(ctx, st, next)
	}
	how := chat.SessionEnd{At: now, Ending: chat.EndedByLogin, Successor: next.session.ID}
	if f.Person != "" {
		how.Ending = chat.EndedBySwitch
	}
	switch {
	case err == nil:
		err = s.end(ctx, f, how)
	case how.Ending == chat.EndedBySwitch:
		how.Successor = ""     // there is none yet: the next evidence makes it
		_ = s.end(ctx, f, how) // it holds anyway, and err says what is wrong
	}
	if err != nil {
		return chat.Cookie{Clear: how.Ending == chat.EndedBySwitch}, err
	}
	return s.announce(ctx, r, next, now)
}

// seeNobody takes a response without evidence.
func (s *Service) seeNobody(ctx context.Context, r chat.Request, e chat.Evidence, f found) (chat.Cookie, error) {
	if !e.Page && !e.Probe || !f.Live() {
		return chat.Cookie{}, nil
	}
	if !speaks(r.Site, f.Session, e) {
		s.heard(f)
		return chat.Cookie{}, nil
	}
	// A page asked for before the person's evidence came says nothing of now.
	if !r.Arrived.After(f.Created) {
		return chat.Cookie{}, nil
	}
	return chat.Cookie{Clear: true}, s.end(ctx, f, chat.SessionEnd{At: s.now(), Ending: chat.EndedByLogout})
}

// whose returns the key of the person that evidence names.
func (s *Service) whose(ctx context.Context, site *chat.Site, e chat.Evidence, f found, known bool) (string, error) {
	if e.Profile.ID != "" || !site.HasID {
		return e.Key(), nil
	}
	// An e-mail address alone is the person's it was last seen with.
	st, err := s.open()
	if err != nil {
		return "", err
	}
	if known && f.Live() && f.Person != "" {
		p, err := s.profileOf(ctx, st, f)
		if err == nil && p.Email == e.Profile.Email {
			return f.Person, nil
		}
	}
	p, err := st.PersonByEmail(ctx, site.Name, e.Profile.Email)
	if errors.Is(err, chat.ErrNotFound) {
		return e.Key(), nil
	}
	return p.Key, err
}

func (s *Service) profileOf(ctx context.Context, st chat.Store, f found) (chat.Profile, error) {
	if f.pending != nil {
		return f.pending.profile, nil
	}
	p, err := st.Person(ctx, f.Site, f.Person)
	return p.Profile, err
}

// tooLate reports whether the request that brought the evidence arrived before
// this browser's last logout was complete: of its session, if one is known, and
// of those that took its place. A switch is a logout as well.
func (s *Service) tooLate(r chat.Request, person string, chain []found, known bool) bool {
	keys := []fenceKey{clientFence(r, person)}
	if f := chain[0]; !known || !f.Live() || f.Person != person || !r.Arrived.After(f.Created) {
		// It would open something: a logout without a cookie may have been this
		// browser's. Evidence of who is signed in already opens nothing.
		keys = append(keys, clientFence(r, ""))
	}
	if known {
		for _, f := range chain {
			keys = append(keys, sessionFence(f.ID))
			loggedOut := f.Ending == chat.EndedByLogout || f.Ending == chat.EndedBySwitch
			if loggedOut && !r.Arrived.After(f.Ended) {
				return true
			}
		}
	}
	return s.fence.tooLate(r.Arrived, keys...)
}

// confirm takes evidence of the session's own person.
func (s *Service) confirm(ctx context.Context, r chat.Request, e chat.Evidence, f found, now time.Time) error {
	st, err := s.open()
	if err != nil {
		return err
	}
	if p, err := st.Person(ctx, f.Site, f.Person); err == nil {
		profile := withEvidence(p.Profile, e.Profile, e.Page || e.Probe && r.Site.ProbeOnly)
		if !p.Profile.Equal(profile) {
			s.background("profile", func(ctx context.Context, st chat.Store) error {
				return s.updateProfile(ctx, st, p, profile)
			})
			s.noteEvidence(e, f, now)
			return nil
		}
	}
	if f.pending == nil {
		seen := chat.Evidence{Profile: e.Profile, Page: e.Page || f.Paged, Probe: e.Probe || f.Probed}
		s.confirmed.add(chat.HashOf(r.Token), f.ID, seen, now)
		if again, err := s.sessionByID(ctx, r.Site, f.ID); err != nil || !again.Live() {
			s.confirmed.forget(f.ID) // it ended meanwhile
		}
	}
	s.noteEvidence(e, f, now)
	return nil
}

// noteEvidence writes down when a session last had evidence, where that is due.
// A browser that shows the token of an unstored session makes it worth storing.
func (s *Service) noteEvidence(e chat.Evidence, f found, now time.Time) {
	change := s.changing(f, chat.SessionChange{Contact: now, Evidence: now, Paged: e.Page, Probed: e.Probe})
	if f.pending != nil || e.Page && !f.Paged || e.Probe && !f.Probed {
		s.background("evidence", change)
		return
	}
	s.touch("e"+string(f.ID), "evidence", change)
}

// changing is the change of a session, which is stored first if it is not yet.
func (s *Service) changing(f found, ch chat.SessionChange) func(context.Context, chat.Store) error {
	return func(ctx context.Context, st chat.Store) error {
		if f.pending != nil {
			if err := s.save(ctx, st, f.pending); err != nil {
				return err
			}
		}
		_, err := st.ChangeSession(ctx, f.ID, ch)
		return err
	}
}

func (s *Service) updateProfile(ctx context.Context, st chat.Store, p chat.Person, profile chat.Profile) error {
	if err := st.UpdatePerson(ctx, p.Site, p.Key, profile); err != nil {
		return err
	}
	c, err := st.ConversationOf(ctx, chat.Owner{Site: p.Site, Person: p.Key})
	if err == nil {
		s.hub.TellConversation(chat.Event{Kind: chat.EventState, Conversation: &c})
	}
	return nil
}

// heard notes that a session was in use.
func (s *Service) heard(f found) {
	change := s.changing(f, chat.SessionChange{Contact: s.now()})
	if f.pending != nil {
		s.background("contact", change)
		return
	}
	s.touch("c"+string(f.ID), "contact", change)
}
