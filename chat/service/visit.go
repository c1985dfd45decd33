package service

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Visit is the right to read and write one conversation. It has been checked,
// and holds until Check says otherwise.
type Visit struct {
	Who     chat.Who
	Site    *chat.Site
	Session chat.Session
	Owner   chat.Owner
	// Person is who they are, where that is known.
	Person chat.Person
	// Stale tells that the browser's token was superseded by a login whose
	// cookie is still on its way.
	Stale bool

	service *Service
	token   string
}

// Enter finds out who a token, and the mark of a tab, belong to. Where a person
// shows a mark, the anonymous conversation behind it becomes theirs. Unknown,
// ended and expired sessions are an ordinary WhoNone.
func (s *Service) Enter(ctx context.Context, site *chat.Site, token, mark string) (*Visit, error) {
	v := &Visit{Who: chat.WhoNone, Site: site, service: s, token: token}
	f, err := s.lookup(ctx, site, token)
	if errors.Is(err, chat.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	if !f.Live() {
		if f.Ending == chat.EndedByLogin {
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
	if errors.Is(err, chat.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	now, hash := s.now(), m.Hash
	if m.Session != f.ID || m.Site != site.Name || !m.Claimed.IsZero() || now.Sub(m.Heard) > site.AnonymousLife() {
		return v, nil
	}
	v.Who, v.Session, v.Owner = chat.WhoAnonymous, f.Session, chat.Owner{Site: site.Name, Mark: &hash}
	s.hear(v.Session, v.Owner, now)
	return v, nil
}

// enterPerson completes a visitor whose session is a person's.
func (s *Service) enterPerson(ctx context.Context, st chat.Store, v *Visit, f found, mark string) error {
	if f.pending != nil {
		if err := s.save(ctx, st, f.pending); err != nil {
			return err
		}
	}
	p, err := st.Person(ctx, f.Site, f.Person)
	if err != nil {
		return err
	}
	v.Who, v.Session, v.Person = chat.WhoPerson, f.Session, p
	v.Owner = chat.Owner{Site: f.Site, Person: f.Person}
	s.hear(v.Session, v.Owner, s.now())
	if mark == "" {
		return nil
	}
	if err := s.claim(ctx, st, v, mark); err != nil && !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	return nil
}

// claim gives the conversation of a mark to the visitor, once.
func (s *Service) claim(ctx context.Context, st chat.Store, v *Visit, mark string) error {
	hash := chat.HashOf(mark)
	m, err := st.Mark(ctx, hash)
	if err != nil {
		return err
	}
	now := s.now()
	if m.Site != v.Site.Name || !m.Claimed.IsZero() || now.Sub(m.Heard) > v.Site.AnonymousLife() {
		return chat.ErrNotFound
	}
	// What a logout or another's login has ended is nobody's to claim.
	was, err := s.sessionByID(ctx, v.Site, m.Session)
	if err != nil {
		return err
	}
	switch {
	case was.Person != "":
		return chat.ErrNotFound
	case !was.Live():
		// It ended when somebody signed in: then it is theirs, and only as long
		// as no logout and nobody else's login came after.
		if was.Ending != chat.EndedByLogin {
			return chat.ErrNotFound
		}
		theirs, err := s.sessionByID(ctx, v.Site, was.Successor)
		if err != nil {
			return err
		}
		if theirs.Person != v.Session.Person || !theirs.Live() && theirs.Ending != chat.EndedByTime {
			return chat.ErrNotFound
		}
	default:
		err := s.end(ctx, was, chat.SessionEnd{At: now, Ending: chat.EndedByLogin, Successor: v.Session.ID})
		if err != nil {
			return err
		}
		// A logout may have been first.
		if was, err = s.sessionByID(ctx, v.Site, m.Session); err != nil || was.Successor != v.Session.ID {
			return cmp.Or(err, error(chat.ErrNotFound))
		}
	}
	from, into, err := st.Claim(ctx, hash, v.Person, now)
	if err != nil {
		return err
	}
	if assignee, note := assign(v.Site, v.Person.Profile.Agent); into.Assignee == "" && assignee+note != "" {
		if c, _, err := st.ChangeConversation(ctx, into.ID, chat.Change{Assignee: &assignee, Note: &note}, now); err == nil {
			into = c
			s.tellUnknownAgent(c)
		}
	}
	if from != into.ID {
		s.hub.TellConversation(chat.Event{Kind: chat.EventMerged, From: from, Conversation: &into})
	}
	s.hub.TellConversation(chat.Event{Kind: chat.EventState, Conversation: &into})
	s.hub.TellOwner(v.Owner, chat.Event{Kind: chat.EventOpened, Conversation: &into})
	return nil
}

// hear notes that the browser of a session was heard of, and with it the mark
// of an anonymous owner.
func (s *Service) hear(session chat.Session, o chat.Owner, now time.Time) {
	s.heard(found{Session: session})
	if o.Mark == nil {
		return
	}
	s.touch("m"+string(o.Mark[:]), "mark", func(ctx context.Context, st chat.Store) error {
		return st.HeardMark(ctx, *o.Mark, now)
	})
}
