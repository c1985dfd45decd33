package service

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
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

// author is whose the visitor's messages are. The browser is told the name: that is
// what the person is called or their address, and never the application's id.
func (v *Visit) author() chat.Author {
	p := v.Person.Profile
	p.ID = ""
	return chat.Author{Side: chat.Visitor, ID: v.Owner.Person, Name: p.Name()}
}

// Send appends a message of the visitor's and opens the conversation if it is
// the first. A client id that was sent before gives the message of then.
// Attachments are what Upload returned, each sent once: ErrNoUpload.
func (v *Visit) Send(ctx context.Context, clientID, text string, page chat.Page, attachments ...chat.AttachmentID) (chat.Conversation, chat.Message, error) {
	return v.SendTo(ctx, Thread{}, NewMessage{ClientID: clientID, Text: text, Attachments: attachments, Page: page})
}

// NewMessage is what a visitor sends.
type NewMessage struct {
	ClientID, Text string
	// Attachments are what Upload returned.
	Attachments []chat.AttachmentID
	// Page is where the visitor is.
	Page chat.Page
	// Unverified is what the visitor has said in a form, kept with the message or
	// not at all.
	Unverified chat.ProfilePatch
}

// SendTo is Send for whoever has the visitor's conversation at hand, as Thread
// returned it in this visit: it is not looked up for each message. The right to
// nothing, and a conversation that was deleted since, make it Send.
func (v *Visit) SendTo(ctx context.Context, t Thread, n NewMessage) (chat.Conversation, chat.Message, error) {
	if v.Who == chat.WhoNone {
		return chat.Conversation{}, chat.Message{}, chat.ErrNoSession
	}
	draft, err := chat.Draft{ClientID: n.ClientID, Text: n.Text, Attachments: named(n.Attachments),
		Author: v.author()}.Clean()
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	st, err := v.service.open()
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	ch := chat.Change{Message: &draft, Unverified: n.Unverified}
	if t.id != "" {
		c, m, err := v.append(ctx, st, t.id, ch, n.Page)
		if !errors.Is(err, chat.ErrNotFound) {
			return c, m, err
		}
	}
	c, err := v.opened(ctx, st, n.Page)
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	return v.append(ctx, st, c.ID, ch, n.Page)
}

// append appends a message to the visitor's conversation.
func (v *Visit) append(ctx context.Context, st chat.Store, id chat.ConversationID, ch chat.Change, page chat.Page) (chat.Conversation, chat.Message, error) {
	if page == (chat.Page{}) {
		page, _ = v.service.hub.Presence(id)
	}
	if page != (chat.Page{}) {
		ch.Page = &page // kept for when they are gone
	}
	c, m, err := st.ChangeConversation(ctx, id, ch, v.service.now())
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
	return v.change(ctx, chat.Change{Unverified: patch})
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
func (v *Visit) Typing(t Thread, on bool) {
	t.publish(chat.Event{Kind: chat.EventTyping, Side: chat.Visitor, Name: v.Person.Profile.Name(), On: on})
}
