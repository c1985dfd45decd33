package service

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/chat"
)

// HistoryPage is how many messages are shown at once.
const HistoryPage = 30

// catchUp bounds the messages that one read brings to whoever has missed some,
// and catchUpBytes their text: an answer waits in memory for its reader.
const (
	catchUp      = 500
	catchUpBytes = 512 << 10
)

// Conversation returns the visitor's conversation. ErrNotFound before the
// first message, ErrNoSession for nobody.
func (v *Visit) Conversation(ctx context.Context) (chat.Conversation, error) {
	if v.Who == chat.WhoNone {
		return chat.Conversation{}, chat.ErrNoSession
	}
	st, err := v.service.open()
	if err != nil {
		return chat.Conversation{}, err
	}
	return st.ConversationOf(ctx, v.Owner)
}

// Send appends a message of the visitor's and opens the conversation if it is
// the first. A client id that was sent before gives the message of then.
// Attachments are what Upload returned, each sent once: ErrNoUpload.
func (v *Visit) Send(ctx context.Context, clientID, text string, page chat.Page, attachments ...chat.AttachmentID) (chat.Conversation, chat.Message, error) {
	if v.Who == chat.WhoNone {
		return chat.Conversation{}, chat.Message{}, chat.ErrNoSession
	}
	draft, err := chat.Draft{ClientID: clientID, Text: text, Attachments: named(attachments),
		Author: chat.Author{Side: chat.Visitor, ID: v.Owner.Person, Name: v.Person.Profile.Name()}}.Clean()
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	st, err := v.service.open()
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	c, err := v.opened(ctx, st, page)
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	ch := chat.Change{Message: &draft}
	if page == (chat.Page{}) {
		page, _ = v.service.hub.Presence(c.ID)
	}
	if page != (chat.Page{}) {
		ch.Page = &page // kept for when they are gone
	}
	c, m, err := st.ChangeConversation(ctx, c.ID, ch, v.service.now())
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	return c, *m, nil
}

// opened returns the visitor's conversation, which it opens where there is none.
func (v *Visit) opened(ctx context.Context, st chat.Store, page chat.Page) (chat.Conversation, error) {
	c, err := st.ConversationOf(ctx, v.Owner)
	if !errors.Is(err, chat.ErrNotFound) {
		return c, err
	}
	seed := v.seed(page)
	c, err = st.OpenConversation(ctx, v.Owner, seed)
	if err == nil && c.ID == seed.ID {
		v.service.logUnknownAgent(c)
	}
	return c, err
}

// seed is a conversation before its first message.
func (v *Visit) seed(page chat.Page) chat.Conversation {
	now := v.service.now()
	assignee, note := assign(v.Site, v.Person.Profile.Agent)
	c := chat.Conversation{
		ID: chat.ConversationID(chat.NewID()), Site: v.Site.Name, Person: v.Owner.Person, Profile: v.Person.Profile,
		Status: chat.Open, Assignee: assignee, Note: note, Created: now, Active: now, Page: page,
	}
	if assignee != "" {
		c.Activities = []chat.Activity{{Kind: chat.ActivityAssigned, Time: now, By: chat.Author{Side: chat.System}, To: assignee}}
	}
	return c
}

// Read notes that the visitor has seen the messages up to a number.
func (v *Visit) Read(ctx context.Context, upTo chat.Seq) error {
	return v.change(ctx, chat.Change{ReadBy: chat.Visitor, Read: upTo})
}

// SetUnverified notes what the page's script says of the visitor. It is shown to
// agents as unverified and decides nothing. ErrNotFound before the first
// message.
func (v *Visit) SetUnverified(ctx context.Context, patch chat.ProfilePatch) error {
	c, err := v.Conversation(ctx)
	if err != nil {
		return err
	}
	claims := patch.Apply(c.Unverified)
	return v.change(ctx, chat.Change{Unverified: &claims})
}

func (v *Visit) change(ctx context.Context, ch chat.Change) error {
	c, err := v.Conversation(ctx)
	if err != nil {
		return err
	}
	st, err := v.service.open()
	if err != nil {
		return err
	}
	_, _, err = st.ChangeConversation(ctx, c.ID, ch, v.service.now())
	return err
}

// Typing tells the agents that the visitor types, or has stopped.
func (v *Visit) Typing(c *chat.Conversation, on bool) {
	v.service.hub.Publish(chat.Event{Kind: chat.EventTyping, Conversation: c, Side: chat.Visitor,
		Name: v.Person.Profile.Name(), On: on})
}

// After returns the messages behind a number, as many as one read brings.
func (v *Visit) After(ctx context.Context, id chat.ConversationID, after chat.Seq) ([]chat.Message, error) {
	return v.service.messages(ctx, id, chat.Range{After: after, Limit: catchUp})
}

// Before returns a page of the messages ahead of a number; zero means the end.
func (v *Visit) Before(ctx context.Context, id chat.ConversationID, before chat.Seq) ([]chat.Message, error) {
	return v.service.messages(ctx, id, chat.Range{Before: before, Backwards: true, Limit: HistoryPage})
}

func (s *Service) messages(ctx context.Context, id chat.ConversationID, r chat.Range) ([]chat.Message, error) {
	st, err := s.open()
	if err != nil {
		return nil, err
	}
	list, err := st.Messages(ctx, id, r)
	size := 0
	for i := range list {
		if r.Backwards {
			i = len(list) - 1 - i
		}
		switch size += len(list[i].Text); {
		case size <= catchUpBytes:
		case r.Backwards:
			return slices.Clone(list[i+1:]), err // the rest comes with the next read
		default:
			return list[:i:i], err
		}
	}
	return list, err
}
