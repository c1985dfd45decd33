package chat

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Who is what a visitor is to the server.
type Who string

const (
	// WhoNone: no session, or an anonymous one without its mark.
	WhoNone Who = "none"
	// WhoAnonymous: an anonymous session and one of its marks.
	WhoAnonymous Who = "anonymous"
	// WhoPerson: the session of a person.
	WhoPerson Who = "person"
)

// Visit is the right to read and write one conversation. It has been checked,
// and holds until Check says otherwise.
type Visit struct {
	Who     Who
	Site    *Site
	Session Session
	Owner   Owner
	// Person is who they are, where that is known.
	Person Person
	// Stale tells that the browser's token was superseded by a login whose
	// cookie is still on its way.
	Stale bool

	service *Service
	token   string
}

// Enter finds out who a token, and the mark of a tab, belong to. Where a person
// shows a mark, the anonymous conversation behind it becomes theirs. Unknown,
// ended and expired sessions are an ordinary WhoNone.
func (s *Service) Enter(ctx context.Context, site *Site, token, mark string) (*Visit, error) {
	v := &Visit{Who: WhoNone, Site: site, service: s, token: token}
	f, err := s.lookup(ctx, site, token)
	if errors.Is(err, ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	if !f.Live() {
		if f.Ending == EndedByLogin {
			last, err := s.successor(ctx, site, f)
			v.Stale = err == nil && last.Live()
		}
		return v, nil
	}
	st, err := s.open()
	if err != nil {
		return nil, err
	}
	if f.Person != "" {
		return v, s.enterPerson(ctx, st, v, f, mark)
	}
	m, err := presented(ctx, st, site, f, mark)
	if errors.Is(err, ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	now, hash := s.now(), m.Hash
	if m.Session != f.ID || m.Site != site.Name || !m.Claimed.IsZero() || now.Sub(m.Heard) > site.markLife() {
		return v, nil
	}
	v.Who, v.Session, v.Owner = WhoAnonymous, f.Session, Owner{Site: site.Name, Mark: &hash}
	s.hear(v.Session, v.Owner, now)
	return v, nil
}

// enterPerson completes a visitor whose session is a person's.
func (s *Service) enterPerson(ctx context.Context, st Store, v *Visit, f found, mark string) error {
	if f.pending != nil {
		if err := s.save(ctx, st, f.pending); err != nil {
			return err
		}
	}
	p, err := st.Person(ctx, f.Site, f.Person)
	if err != nil {
		return err
	}
	v.Who, v.Session, v.Person = WhoPerson, f.Session, p
	v.Owner = Owner{Site: f.Site, Person: f.Person}
	s.hear(v.Session, v.Owner, s.now())
	if mark == "" {
		return nil
	}
	if err := s.claim(ctx, st, v, mark); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// claim gives the conversation of a mark to the visitor, once.
func (s *Service) claim(ctx context.Context, st Store, v *Visit, mark string) error {
	hash := HashOf(mark)
	m, err := st.Mark(ctx, hash)
	if err != nil {
		return err
	}
	now := s.now()
	if m.Site != v.Site.Name || !m.Claimed.IsZero() || now.Sub(m.Heard) > v.Site.markLife() {
		return ErrNotFound
	}
	// What a logout or another's login has ended is nobody's to claim.
	was, err := s.sessionByID(ctx, v.Site, m.Session)
	if err != nil {
		return err
	}
	switch {
	case was.Person != "":
		return ErrNotFound
	case !was.Live():
		// It ended when somebody signed in: then it is theirs, and only as long
		// as no logout and nobody else's login came after.
		if was.Ending != EndedByLogin {
			return ErrNotFound
		}
		theirs, err := s.sessionByID(ctx, v.Site, was.Successor)
		if err != nil {
			return err
		}
		if theirs.Person != v.Session.Person || !theirs.Live() && theirs.Ending != EndedByTime {
			return ErrNotFound
		}
	default:
		err := s.end(ctx, was, SessionEnd{At: now, Ending: EndedByLogin, Successor: v.Session.ID})
		if err != nil {
			return err
		}
		// A logout may have been first.
		if was, err = s.sessionByID(ctx, v.Site, m.Session); err != nil || was.Successor != v.Session.ID {
			return cmp.Or(err, error(ErrNotFound))
		}
	}
	_, into, err := st.Claim(ctx, hash, v.Person, now)
	if err != nil {
		return err
	}
	if assignee, note := v.Site.assign(v.Person.Profile.Agent); into.Assignee == "" && assignee+note != "" {
		if c, _, err := st.ChangeConversation(ctx, into.ID, Change{Assignee: &assignee, Note: &note}, now); err == nil {
			s.tellUnknownAgent(c)
		}
	}
	return nil
}

// hear notes that the browser of a session was heard of, and with it the mark
// of an anonymous owner.
func (s *Service) hear(session Session, o Owner, now time.Time) {
	s.heard(found{Session: session})
	if o.Mark == nil {
		return
	}
	s.touch("m"+string(o.Mark[:]), "mark", func(ctx context.Context, st Store) error {
		return st.HeardMark(ctx, *o.Mark, now)
	})
}
