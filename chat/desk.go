package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Agents tells who may answer. It is asked each time, so that a changed
// configuration counts at once.
type Agents interface {
	// Agent returns an agent by e-mail address in lower case, and a hash of
	// their credential.
	Agent(email string) (AgentInfo, Hash, bool)
	// Verify reports whether this is the agent's password. It takes as long
	// for an agent who does not exist.
	Verify(email, password string) bool
	// List returns all agents in the order of the configuration.
	List() []AgentInfo
}

// Desk is an agent at a console, whose sign-in has been checked; it holds until
// Check says otherwise.
type Desk struct {
	Agent AgentInfo

	service *Service
	agents  Agents
	token   Hash
}

// SignInAgent checks an agent's password and starts a session. It returns its
// token, or ErrForbidden, which says nothing of whether there is such an agent.
func (s *Service) SignInAgent(ctx context.Context, agents Agents, email, password string) (*Desk, string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if !agents.Verify(email, password) {
		return nil, "", ErrForbidden
	}
	info, credential, ok := agents.Agent(email)
	if !ok {
		return nil, "", ErrForbidden
	}
	st, err := s.open()
	if err != nil {
		return nil, "", err
	}
	// Comparing a password is meant to take long; the store has its own time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), backgroundTime)
	defer cancel()
	token, now := NewSecret(), s.now()
	hash := HashOf(token)
	err = st.StartAgentSession(ctx, AgentSession{Token: hash, Email: email, Credential: credential, Created: now, Heard: now})
	if err != nil {
		return nil, "", err
	}
	return &Desk{Agent: info, service: s, agents: agents, token: hash}, token, nil
}

// EnterDesk returns the agent of a token. ErrNoSession if it opens nothing.
func (s *Service) EnterDesk(ctx context.Context, agents Agents, token string) (*Desk, error) {
	if token == "" {
		return nil, ErrNoSession
	}
	d := &Desk{service: s, agents: agents, token: HashOf(token)}
	return d, d.check(ctx)
}

// check reads the agent's session anew.
func (d *Desk) check(ctx context.Context) error {
	st, err := d.service.open()
	if err != nil {
		return err
	}
	session, err := st.AgentSession(ctx, d.token)
	if errors.Is(err, ErrNotFound) {
		return ErrNoSession
	}
	if err != nil {
		return err
	}
	info, credential, ok := d.agents.Agent(session.Email)
	now := d.service.now()
	if !ok || credential != session.Credential || session.Expired(now) {
		return ErrNoSession
	}
	d.Agent = info
	d.service.touch("a"+string(d.token[:]), "agent session", func(ctx context.Context, st Store) error {
		return st.HeardAgentSession(ctx, d.token, now)
	})
	return nil
}

// Check returns what the desk's connection must be told: EventSignedOut where
// the agent is no longer signed in, EventRestart where what they may see has
// changed, so that it comes back as who they are now. Zero means that all is
// as it was. While the store can't be asked it is.
func (d *Desk) Check(ctx context.Context) EventKind {
	now := &Desk{service: d.service, agents: d.agents, token: d.token}
	switch err := now.check(ctx); {
	case errors.Is(err, ErrNoSession):
		return EventSignedOut
	case err != nil || now.Agent.Equal(d.Agent):
		return 0
	}
	return EventRestart
}

// SignOut ends the agent's session, in all its consoles.
func (d *Desk) SignOut(ctx context.Context) error {
	st, err := d.service.open()
	if err == nil {
		err = st.EndAgentSession(ctx, d.token)
	}
	d.service.hub.TellAgentSession(d.token, Event{Kind: EventSignedOut})
	return err
}

// Agents returns all agents.
func (d *Desk) Agents() []AgentInfo { return d.agents.List() }

// InboxQuery is what an agent asks their inbox for.
type InboxQuery struct {
	Status   Status // empty: both
	Assignee *string
	Label    string // empty: any
	Site     string // empty: all that the agent sees
	Search   string // see Filter.Search
	Cursor   string
}

// MaxSearch is the longest text that is searched for, in bytes.
const MaxSearch = 256

// inboxPage is how many conversations a page of the inbox has.
const inboxPage = 50

// Inbox returns a page of the conversations that the agent may see, and the
// cursor of the next. A page of a search may be short, or empty, before the
// last one.
func (d *Desk) Inbox(ctx context.Context, q InboxQuery) ([]Conversation, string, error) {
	st, err := d.service.open()
	if err != nil {
		return nil, "", err
	}
	f := Filter{Sites: d.Agent.Sites, Status: q.Status, Assignee: q.Assignee, Label: q.Label, Search: q.Search}
	if len(q.Search) > MaxSearch {
		return nil, "", fmt.Errorf("%w: a search has at most %d bytes", ErrBadFrame, MaxSearch)
	}
	if q.Site != "" {
		if f.Sites = []string{}; d.Agent.Sees(q.Site) {
			f.Sites = []string{q.Site}
		}
	}
	return st.Inbox(ctx, f, q.Cursor, inboxPage)
}

// Unread returns how many open conversations wait to be read.
func (d *Desk) Unread(ctx context.Context) (int, error) {
	st, err := d.service.open()
	if err != nil {
		return 0, err
	}
	return st.CountUnread(ctx, d.Agent.Sites)
}

// Conversation returns a conversation that the agent may see; ErrNotFound for
// any other. One that was merged gives the one that took it over.
func (d *Desk) Conversation(ctx context.Context, id ConversationID) (Conversation, error) {
	st, err := d.service.open()
	if err != nil {
		return Conversation{}, err
	}
	c, err := st.Conversation(ctx, id)
	if err == nil && c.MergedInto != "" {
		c, err = st.Conversation(ctx, c.MergedInto)
	}
	if err == nil && !d.Agent.Sees(c.Site) {
		err = ErrNotFound
	}
	if err != nil {
		return Conversation{}, err
	}
	return c, nil
}

// After returns messages behind a number of a conversation that the agent may
// see, as many as one read brings.
func (d *Desk) After(ctx context.Context, id ConversationID, after Seq) ([]Message, error) {
	return d.service.messages(ctx, id, Range{After: after, Limit: catchUp})
}

// Before returns a page of messages ahead of a number; zero means the end.
func (d *Desk) Before(ctx context.Context, id ConversationID, before Seq) ([]Message, error) {
	return d.service.messages(ctx, id, Range{Before: before, Backwards: true, Limit: HistoryPage})
}

// Reply appends a message of the agent's. A conversation of nobody becomes
// theirs with it. Attachments are what Upload returned, each sent once:
// ErrNoUpload.
func (d *Desk) Reply(ctx context.Context, id ConversationID, clientID, text string, attachments ...AttachmentID) (Conversation, Message, error) {
	draft, err := Draft{ClientID: clientID, Text: text, Attachments: named(attachments),
		Author: Author{Side: Agent, ID: d.Agent.Email, Name: d.Agent.DisplayName()}}.clean()
	if err != nil {
		return Conversation{}, Message{}, err
	}
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return Conversation{}, Message{}, err
	}
	ch := Change{Message: &draft}
	if c.Assignee == "" {
		ch.Assignee = &d.Agent.Email
	}
	st, err := d.service.open()
	if err != nil {
		return Conversation{}, Message{}, err
	}
	c, m, err := st.ChangeConversation(ctx, c.ID, ch, d.service.now())
	if err != nil {
		return Conversation{}, Message{}, err
	}
	return c, *m, nil
}

// Read notes that an agent has seen the messages up to a number.
func (d *Desk) Read(ctx context.Context, id ConversationID, upTo Seq) error {
	_, err := d.change(ctx, id, Change{ReadBy: Agent, Read: upTo})
	return err
}

// SetStatus resolves or reopens a conversation.
func (d *Desk) SetStatus(ctx context.Context, id ConversationID, status Status) (Conversation, error) {
	if status != Open && status != Resolved {
		return Conversation{}, fmt.Errorf("%w: status is open or resolved", ErrBadFrame)
	}
	return d.change(ctx, id, Change{Status: status})
}

// Assign gives a conversation to an agent who may see it, or to nobody.
func (d *Desk) Assign(ctx context.Context, id ConversationID, email string) (Conversation, error) {
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return Conversation{}, err
	}
	if email != "" {
		a, _, ok := d.agents.Agent(email)
		if !ok || !a.Sees(c.Site) {
			return Conversation{}, fmt.Errorf("%w: %s is no agent of this site", ErrNotFound, email)
		}
	}
	return d.change(ctx, c.ID, Change{Assignee: &email})
}

// Typing tells the visitor, and other agents, that the agent types or stopped.
func (d *Desk) Typing(ctx context.Context, id ConversationID, on bool) error {
	c, err := d.Conversation(ctx, id)
	if err == nil {
		d.service.hub.TellConversation(Event{Kind: EventTyping, Conversation: &c, Side: Agent,
			Name: d.Agent.DisplayName(), On: on})
	}
	return err
}

func (d *Desk) change(ctx context.Context, id ConversationID, ch Change) (Conversation, error) {
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return Conversation{}, err
	}
	st, err := d.service.open()
	if err != nil {
		return Conversation{}, err
	}
	c, _, err = st.ChangeConversation(ctx, c.ID, ch, d.service.now())
	return c, err
}
