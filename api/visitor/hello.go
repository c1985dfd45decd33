package visitor

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// hello tells who the visitor is, and what they have missed.
func hello(ctx context.Context, c *Call, r HelloRequest) (Hello, error) {
	if c.socket != nil {
		return Hello{}, c.socket.hello(ctx, r)
	}
	h := c.handler
	v, err := h.Service.Enter(ctx, h.Site, c.token, r.TabSecret)
	if err != nil {
		return Hello{}, err
	}
	h.asked(v)
	c.applyCookie(v.Renewal())
	resumed, err := v.Continues(ctx, r.From)
	if err != nil {
		return Hello{}, err
	}
	answer, err := h.hello(ctx, v, r.After)
	answer.Resumed = resumed
	if err == nil {
		h.moved(answer.conversation, r.Page.clean())
	}
	return answer, err
}

// start makes the session of an anonymous visitor, and keeps their first
// message if it comes along. Without one what they have said in a form is ignored.
func start(ctx context.Context, c *Call, r StartRequest) (Hello, error) {
	h := c.handler
	withMessage := r.CID != "" || r.Text != ""
	var form chat.ProfilePatch
	if withMessage {
		// What will be refused in the end makes no session.
		var err error
		if form, err = parseForm(r.Tag); err != nil {
			return Hello{}, err
		}
		if err := chat.CheckDraft(r.CID, r.Text); err != nil {
			return Hello{}, err
		}
	}
	v, secret, token, err := h.Service.Start(ctx, h.Site, c.token, r.TabSecret)
	if err != nil {
		return Hello{}, err
	}
	c.applyCookie(h.Site.AnonymousCookie(token))
	if withMessage && v.Who != chat.WhoNone {
		n := service.NewMessage{ClientID: r.CID, Text: r.Text, Page: r.Page.clean(), Unverified: form}
		if _, _, err := v.SendTo(ctx, service.Thread{}, n); err != nil {
			return Hello{}, err
		}
	}
	answer, err := h.hello(ctx, v, 0)
	answer.TabSecret = secret
	return answer, err
}

// reset logs out.
func reset(ctx context.Context, c *Call, _ operation.Nothing) (Reset, error) {
	h := c.handler
	if h.Whoami != nil {
		h.Whoami.Question(c.r).Withdraw()
	}
	l, err := h.Service.Sessions.BeginLogout(ctx, c.request())
	l.Done()
	c.applyCookie(chat.Cookie{Clear: true})
	if err != nil {
		h.logFailure("reset", err)
	}
	return Reset{"reset"}, nil
}

// hello describes a visit, with the messages behind a number or, with zero, the
// last ones.
func (h *Handler) hello(ctx context.Context, v *service.Visit, after chat.Seq) (Hello, error) {
	answer := Hello{T: "hello", Who: v.Who, Stale: v.Stale, Hours: h.hours(), Messages: []frame.Message{}}
	answer.Online = h.online(h.Service.Hub().Online(h.Site.Name))
	answer.Replies = h.replies()
	if v.Who == chat.WhoNone {
		return answer, nil
	}
	answer.Repeat, answer.Session = h.repeat(), v.Session.ID
	if p := v.Person.Profile; v.Who == chat.WhoPerson {
		answer.Me = &Me{p.Firstname, p.Lastname, p.Email}
		answer.Rules = h.rules(p)
	}
	t, c, err := v.Thread(ctx)
	if errors.Is(err, chat.ErrNotFound) {
		return answer, nil
	}
	if err != nil {
		return answer, err
	}
	var list []chat.Message
	if after > 0 && after <= c.Last {
		list, err = t.After(ctx, after)
	} else {
		list, err = t.Before(ctx, 0)
	}
	if err != nil {
		return answer, err
	}
	state := h.state(&c)
	answer.Conversation, answer.Messages, answer.Earlier = &state, h.messages(list), frame.HasEarlier(list)
	answer.conversation = &c
	return answer, nil
}

// state is a conversation as the visitor sees it.
func (h *Handler) state(c *chat.Conversation) State {
	f := State{T: "state", Status: c.Status, Last: c.Last, Read: c.VisitorRead, Unread: c.VisitorUnread, Seen: c.SeenByAgents(),
		Resolves: c.Resolves, Rating: newRating(c.CurrentRating()),
		Reachable: c.Profile.Email != "" || c.Unverified.Email != ""}
	if h.Site.Agents != nil && c.Assignee != "" {
		if a, _, ok := h.Site.Agents.Agent(c.Assignee); ok {
			f.Agent = a.DisplayName()
		}
	}
	return f
}

// moved tells where the visitor of a conversation is, if there is one and their
// browser says it.
func (h *Handler) moved(c *chat.Conversation, page chat.Page) {
	if c != nil && page != (chat.Page{}) {
		h.Service.Hub().Moved(c, page)
	}
}

// hello answers the first frame of a socket, which is told of all that happens
// from then on.
func (v *socket) hello(ctx context.Context, r HelloRequest) error {
	h := v.handler
	visit, err := h.Service.Enter(ctx, h.Site, v.token, r.TabSecret)
	if err != nil {
		return err
	}
	if visit.Who == chat.WhoNone {
		v.Push(Hello{T: "hello", Who: visit.Who, Stale: visit.Stale, Messages: []frame.Message{}})
		v.Close(closeNobody)
		return operation.ErrAnswered
	}
	ticket := visit.Ticket()
	v.mu.Lock()
	v.ticket = ticket
	v.mu.Unlock()
	v.at(r.Page.clean())
	hub := h.Service.Hub()
	// Join first, then read: an event that comes between the two is in what is
	// read too, and is sent once.
	hub.JoinVisitor(v, visit.Session, visit.Owner, v.client)
	if event := ticket.Check(ctx); event != 0 {
		v.Push(chat.Event{Kind: event})
		return operation.ErrAnswered
	}
	if t, c, err := visit.Thread(ctx); err == nil {
		v.follow(t, &c)
	}
	answer, err := h.hello(ctx, visit, r.After)
	if err != nil {
		return err
	}
	v.Push(answer)
	return operation.ErrAnswered
}
