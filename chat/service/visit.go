package service

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/session"
)

// Visit is a visitor with what they may do: read and write one conversation.
type Visit struct {
	*session.Visitor
	service *Service
}

// Enter finds out who a token, and the secret of a tab, belong to. Where a
// person shows a tab secret, the anonymous conversation behind it becomes
// theirs. Unknown, ended and expired sessions are an ordinary WhoNone.
func (s *Service) Enter(ctx context.Context, site *chat.Site, token, tab string) (*Visit, error) {
	visitor, err := s.Sessions.Enter(ctx, site, token, tab)
	if err != nil {
		return nil, err
	}
	v := &Visit{visitor, s}
	return v, v.takeAlong(ctx, tab)
}

// Start makes a session, if the token has none, and a tab of it, for an
// anonymous visitor who begins to write; see session.Registry.Start.
func (s *Service) Start(ctx context.Context, site *chat.Site, token, wanted string) (v *Visit, tab, newToken string, err error) {
	visitor, tab, newToken, err := s.Sessions.Start(ctx, site, token, wanted)
	if err != nil {
		return nil, "", "", err
	}
	v = &Visit{visitor, s}
	return v, tab, newToken, v.takeAlong(ctx, wanted)
}

// takeAlong gives the conversation of a tab to whoever has signed in there, if
// it may become theirs.
func (v *Visit) takeAlong(ctx context.Context, tab string) error {
	if v.Who != chat.WhoPerson || tab == "" {
		return nil
	}
	if err := v.service.merge(ctx, v, tab); err != nil && !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	return nil
}

// merge makes the conversation of a tab the visitor's, once.
func (s *Service) merge(ctx context.Context, v *Visit, tab string) error {
	hash, err := s.Sessions.TakeOver(ctx, v.Visitor, tab)
	if err != nil {
		return err
	}
	st, err := s.open()
	if err != nil {
		return err
	}
	now := s.now()
	_, into, err := st.MergeConversation(ctx, hash, v.Person, now)
	if err != nil {
		return err
	}
	if assignee, note := assign(v.Site, v.Person.Profile.Agent); into.Assignee == "" && assignee+note != "" {
		if c, _, err := st.ChangeConversation(ctx, into.ID, chat.Change{Assignee: &assignee, Note: &note, By: chat.Author{Side: chat.System}}, now); err == nil {
			s.logUnknownAgent(c)
		}
	}
	return nil
}

// Ticket is the right that a Visit has, without what is known of the visitor;
// see session.Ticket.
type Ticket struct {
	session.Ticket
	service *Service
}

// Ticket returns what it takes to go on with the visit later.
func (v *Visit) Ticket() Ticket { return Ticket{v.Visitor.Ticket(), v.service} }

// Visit goes on with the visit. ErrNoSession if the right has ended.
func (t *Ticket) Visit(ctx context.Context) (*Visit, error) {
	visitor, err := t.Visitor(ctx)
	if err != nil {
		return nil, err
	}
	return &Visit{visitor, t.service}, nil
}
