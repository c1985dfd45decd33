package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/background"
	"github.com/parley-chat/parley/chat/hub"
)

// Desk is an agent at a console, whose sign-in has been checked; it holds until
// Check says otherwise.
type Desk struct {
	Agent chat.AgentInfo

	service *Service
	agents  chat.Agents
	token   chat.Hash
	// credential is of the agent's password as it was when the sign-in was checked.
	credential chat.Hash
}

// SignInAgent checks an agent's password and starts a session. It returns its
// token, or ErrForbidden, which says nothing of whether there is such an agent.
func (s *Service) SignInAgent(ctx context.Context, agents chat.Agents, email, password string) (*Desk, string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if !agents.Verify(email, password) {
		return nil, "", chat.ErrForbidden
	}
	info, credential, ok := agents.Agent(email)
	if !ok {
		return nil, "", chat.ErrForbidden
	}
	st, err := s.open()
	if err != nil {
		return nil, "", err
	}
	// Comparing a password is meant to take long; the store has its own time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), background.Timeout)
	defer cancel()
	token, now := chat.NewSecret(), s.now()
	hash := chat.HashOf(token)
	err = st.StartAgentSession(ctx, chat.AgentSession{Token: hash, Email: email, Credential: credential, Created: now, Contact: now})
	if err != nil {
		return nil, "", err
	}
	return &Desk{Agent: info, service: s, agents: agents, token: hash, credential: credential}, token, nil
}

// EnterDesk returns the agent of a token. ErrNoSession if it opens nothing.
func (s *Service) EnterDesk(ctx context.Context, agents chat.Agents, token string) (*Desk, error) {
	if token == "" {
		return nil, chat.ErrNoSession
	}
	d := &Desk{service: s, agents: agents, token: chat.HashOf(token)}
	return d, d.check(ctx)
}

// check reads the agent's session anew.
func (d *Desk) check(ctx context.Context) error {
	st, err := d.service.open()
	if err != nil {
		return err
	}
	session, err := st.AgentSession(ctx, d.token)
	if errors.Is(err, chat.ErrNotFound) {
		return chat.ErrNoSession
	}
	if err != nil {
		return err
	}
	info, credential, ok := d.agents.Agent(session.Email)
	now := d.service.now()
	if !ok || credential != session.Credential || session.Expired(now) {
		return chat.ErrNoSession
	}
	d.Agent, d.credential = info, credential
	d.service.writer.Touch("a"+string(d.token[:]), now, "agent session", func(ctx context.Context) error {
		st, err := d.service.open()
		if err != nil {
			return err
		}
		return st.TouchAgentSession(ctx, d.token, now)
	})
	return nil
}

// Current reports whether the configuration still has the agent as the desk has,
// with the same password. It does not ask the store, as Check does.
func (d *Desk) Current() bool {
	info, credential, ok := d.agents.Agent(d.Agent.Email)
	return ok && credential == d.credential && info.Equal(d.Agent)
}

// Check returns what the desk's connection must be told: EventSignedOut where
// the agent is no longer signed in, EventRestart where what they may see has
// changed, so that it comes back as who they are now. Zero means that all is
// as it was. While the store can't be asked it is.
func (d *Desk) Check(ctx context.Context) chat.EventKind {
	now := &Desk{service: d.service, agents: d.agents, token: d.token}
	switch err := now.check(ctx); {
	case errors.Is(err, chat.ErrNoSession):
		return chat.EventSignedOut
	case err != nil || now.Agent.Equal(d.Agent):
		return 0
	}
	return chat.EventRestart
}

// SignOut ends the agent's session, in all its consoles.
func (d *Desk) SignOut(ctx context.Context) error {
	st, err := d.service.open()
	if err == nil {
		err = st.EndAgentSession(ctx, d.token)
	}
	d.service.hub.PublishToAgentSession(d.token, chat.Event{Kind: chat.EventSignedOut})
	return err
}

// Agents returns all agents.
func (d *Desk) Agents() []chat.AgentInfo { return d.agents.List() }

// inboxPage is how many conversations a page of the inbox has.
const inboxPage = 50

// Inbox returns a page of the conversations that the agent may see, and the
// cursor of the next. Query.Search and Field are for Search.
func (d *Desk) Inbox(ctx context.Context, q chat.InboxQuery) ([]chat.Conversation, string, error) {
	st, err := d.service.open()
	if err != nil {
		return nil, "", err
	}
	return st.Inbox(ctx, d.filter(q), q.Cursor, inboxPage)
}

// Search returns a page of what a search, or a field, finds among the
// conversations that the agent may see. It may be short, or empty, before the
// last one.
func (d *Desk) Search(ctx context.Context, q chat.InboxQuery) (chat.SearchPage, error) {
	if len(q.Search) > chat.MaxSearch {
		return chat.SearchPage{}, fmt.Errorf("%w: a search has at most %d bytes", chat.ErrBadFrame, chat.MaxSearch)
	}
	st, err := d.service.open()
	if err != nil {
		return chat.SearchPage{}, err
	}
	return st.Search(ctx, d.filter(q), q.Cursor, inboxPage)
}

// filter restricts a query to what the agent may see.
func (d *Desk) filter(q chat.InboxQuery) chat.Filter {
	f := chat.Filter{Sites: d.Agent.Sites, Status: q.Status, Waiting: q.Waiting, Assignee: q.Assignee, Label: q.Label, Search: q.Search, Field: q.Field}
	if q.Site != "" {
		if f.Sites = []string{}; d.Agent.Sees(q.Site) {
			f.Sites = []string{q.Site}
		}
	}
	return f
}

// Counts returns how many open conversations have something unread to the
// agent, and how many wait for an answer.
func (d *Desk) Counts(ctx context.Context) (chat.Counts, error) {
	st, err := d.service.open()
	if err != nil {
		return chat.Counts{}, err
	}
	return st.Count(ctx, d.Agent.Sites, d.Agent.Email)
}

// Conversation returns a conversation that the agent may see; ErrNotFound for
// any other. One that was merged gives the one that took it over.
func (d *Desk) Conversation(ctx context.Context, id chat.ConversationID) (chat.Conversation, error) {
	st, err := d.service.open()
	if err != nil {
		return chat.Conversation{}, err
	}
	c, err := st.Conversation(ctx, id)
	if err == nil && c.MergedInto != "" {
		c, err = st.Conversation(ctx, c.MergedInto)
	}
	if err == nil && !d.Agent.Sees(c.Site) {
		err = chat.ErrNotFound
	}
	if err != nil {
		return chat.Conversation{}, err
	}
	return c, nil
}

// Reply appends a message of the agent's. A conversation of nobody becomes
// theirs with it. Attachments are what Upload returned, each sent once:
// ErrNoUpload.
func (d *Desk) Reply(ctx context.Context, id chat.ConversationID, clientID, text string, attachments ...chat.AttachmentID) (chat.Conversation, chat.Message, error) {
	return d.ReplyHavingSeen(ctx, id, nil, clientID, text, attachments...)
}

// ReplyHavingSeen is Reply of an agent who has seen all up to a message:
// ErrAnswered where another agent has answered after that. Nil is like Reply.
func (d *Desk) ReplyHavingSeen(ctx context.Context, id chat.ConversationID, seen *chat.Seq, clientID, text string, attachments ...chat.AttachmentID) (chat.Conversation, chat.Message, error) {
	draft, err := chat.Draft{ClientID: clientID, Text: text, Attachments: named(attachments),
		Author: d.author()}.Clean()
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	ch := chat.Change{Message: &draft, Seen: seen, By: draft.Author}
	if c.Assignee == "" {
		ch.Assignee = &d.Agent.Email
	}
	st, err := d.service.open()
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	c, m, err := st.ChangeConversation(ctx, c.ID, ch, d.service.now())
	if err != nil {
		return chat.Conversation{}, chat.Message{}, err
	}
	return c, *m, nil
}

// author is the agent as who writes, or does something.
func (d *Desk) author() chat.Author {
	return chat.Author{Side: chat.Agent, ID: d.Agent.Email, Name: d.Agent.DisplayName()}
}

// Read notes that the agent has seen the messages up to a number. Others may
// not have.
func (d *Desk) Read(ctx context.Context, id chat.ConversationID, upTo chat.Seq) error {
	_, err := d.change(ctx, id, chat.Change{ReadBy: chat.Agent, Reader: d.Agent.Email, Read: upTo})
	return err
}

// MarkUnread makes the messages from a number on unread to the agent, until they
// look again. Of more than a thousand it is the last ones.
func (d *Desk) MarkUnread(ctx context.Context, id chat.ConversationID, from chat.Seq) (chat.Conversation, error) {
	return d.change(ctx, id, chat.Change{ReadBy: chat.Agent, Reader: d.Agent.Email, Read: max(from, 1) - 1, MarkUnread: true})
}

// SetStatus resolves or reopens a conversation.
func (d *Desk) SetStatus(ctx context.Context, id chat.ConversationID, status chat.Status) (chat.Conversation, error) {
	if status != chat.Open && status != chat.Resolved {
		return chat.Conversation{}, fmt.Errorf("%w: status is open or resolved", chat.ErrBadFrame)
	}
	return d.change(ctx, id, chat.Change{Status: status, By: d.author()})
}

// Assign gives a conversation to an agent who may see it, or to nobody.
func (d *Desk) Assign(ctx context.Context, id chat.ConversationID, email string) (chat.Conversation, error) {
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return chat.Conversation{}, err
	}
	if email != "" {
		a, _, ok := d.agents.Agent(email)
		if !ok || !a.Sees(c.Site) {
			return chat.Conversation{}, fmt.Errorf("%w: %s is not an agent of this site", chat.ErrNotFound, email)
		}
	}
	return d.change(ctx, c.ID, chat.Change{Assignee: &email, By: d.author()})
}

// Typing tells the visitor, and other agents, that the agent types or stopped.
func (d *Desk) Typing(ctx context.Context, id chat.ConversationID, on bool) error {
	t, _, err := d.Thread(ctx, id)
	if err == nil {
		t.publish(chat.Event{Kind: chat.EventTyping, Side: chat.Agent, Name: d.Agent.DisplayName(), Agent: d.Agent.Email, On: on})
	}
	return err
}

func (d *Desk) change(ctx context.Context, id chat.ConversationID, ch chat.Change) (chat.Conversation, error) {
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return chat.Conversation{}, err
	}
	st, err := d.service.open()
	if err != nil {
		return chat.Conversation{}, err
	}
	c, _, err = st.ChangeConversation(ctx, c.ID, ch, d.service.now())
	return c, err
}

// Join connects a console's listener.
func (d *Desk) Join(l hub.Listener) { d.service.hub.JoinDesk(l, d.Agent, d.token) }

// Leave disconnects a console's listener from all that it follows.
func (d *Desk) Leave(l hub.Listener, follows []chat.ConversationID) {
	d.service.hub.LeaveDesk(l, d.token, follows)
}
