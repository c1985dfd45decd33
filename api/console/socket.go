package console

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// closeSignedOut is a close code of our own (RFC 6455, section 7.4.2).
const closeSignedOut = 4003

// maxFollows bounds the conversations that one console follows at a time.
const maxFollows = 64

// socket is the live connection of one console.
type socket struct {
	*transport.Socket
	handler *Handler
	caller  limits.Caller
	desk    *chat.Desk

	mu      sync.Mutex
	follows map[chat.ConversationID]following

	over atomic.Bool // signed out, which the console is yet to be told
}

// following is how far a followed conversation has been sent.
type following struct {
	last chat.Seq
	// shown is set once the answer to open was sent: only then do messages
	// that come have something to go on from.
	shown bool
}

func newSocket(h *Handler, s *transport.Socket, c limits.Caller, desk *chat.Desk) transport.Peer {
	return &socket{Socket: s, handler: h, caller: c, desk: desk, follows: map[chat.ConversationID]following{}}
}

func (d *socket) Begin() {
	if d.desk == nil {
		d.Push(signedOutItem{})
		return
	}
	d.Push(deskHelloItem{})
	d.hub().JoinDesk(d, d.desk)
}

type (
	signedOutItem struct{}
	deskHelloItem struct{}
)

// followItem is an answer to open with what it means for the writer.
type followItem struct {
	frame messagesFrame
	last  chat.Seq
}

// Weight implements transport.Weigher.
func (i followItem) Weight() int { return i.frame.Weight() }

func (d *socket) hub() *chat.Hub { return d.handler.Service.Hub() }

func (d *socket) Frame(kind string, body []byte) {
	if d.desk == nil || d.over.Load() {
		return
	}
	var f deskFrame
	if err := frame.Decode(body, &f); err != nil {
		d.refuse(err, f)
		return
	}
	if err := d.handler.Limits.Take(classOf(kind), d.caller); err != nil {
		if kind != "typing" && kind != "read" && kind != "leave" {
			d.refuse(err, f)
		}
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), transport.StoreTimeout)
	defer cancel()
	answer, err := d.handle(ctx, kind, f)
	if err != nil {
		d.handler.logFailure(kind, err)
		d.refuse(err, f)
		return
	}
	if answer != nil {
		d.Push(answer)
	}
}

func (d *socket) refuse(err error, f deskFrame) {
	d.Fail(err, frame.Subject{CID: f.CID, Conv: string(f.Conv)})
}

func (d *socket) Deliver(item any) {
	switch item := item.(type) {
	case signedOutItem:
		d.Send(bareFrame{"signed_out"})
		d.CloseNow(closeSignedOut)
	case deskHelloItem:
		d.hello()
	case followItem:
		d.Send(item.frame)
		d.sent(item.frame.Conv, item.last)
		d.catchUp(item.frame.Conv, item.last) // what came since the answer was made
	case chat.Event:
		d.hear(item)
	case transport.Heartbeat:
		d.beat()
	default:
		d.Send(item)
	}
}

func (d *socket) beat() {
	if d.desk != nil {
		ctx, done := d.Query()
		kind := d.desk.Check(ctx)
		done()
		if kind != 0 {
			d.hear(chat.Event{Kind: kind})
			return
		}
	}
	d.Ping()
}

func (d *socket) hello() {
	ctx, done := d.Query()
	unread, err := d.desk.Unread(ctx)
	done()
	if err != nil {
		d.handler.logFailure("hello", err)
		d.Send(frame.NewError(err))
		d.CloseNow(transport.CloseRestart)
		return
	}
	sites := d.desk.Agent.Sites
	if sites == nil {
		sites = d.handler.Sites()
	}
	d.Send(deskHelloFrame{"hello", newMeAgent(d.desk.Agent), d.agents(), sites, unread})
}

func (d *socket) agents() []agentFrame {
	list := []agentFrame{}
	for _, a := range d.desk.Agents() {
		list = append(list, agentFrame{a.Email, a.DisplayName(), d.hub().AgentOnline(a.Email)})
	}
	return list
}

func (d *socket) hear(e chat.Event) {
	switch e.Kind {
	case chat.EventMessage:
		d.message(e)
	case chat.EventState:
		d.Send(conversationFrame{"conversation", newSummary(*e.Conversation, d.hub())})
	case chat.EventTyping:
		if e.Side == chat.Visitor {
			d.Send(frame.Typing{T: "typing", Conv: e.Conversation.ID, On: e.On, Name: e.Name})
		}
	case chat.EventPresence:
		d.presence(e.Conversation.ID)
	case chat.EventMerged:
		d.Send(mergedFrame{"merged", e.From, e.Conversation.ID})
	case chat.EventAgents:
		d.Send(agentsFrame{"agents", d.agents()})
	case chat.EventAgain:
		d.anew()
	case chat.EventSignedOut:
		d.Deliver(signedOutItem{})
	case chat.EventRestart:
		d.CloseNow(transport.CloseRestart)
	}
}

// Hear queues an event. Where the visitor of a conversation has come and gone
// and come, one look at how it is now tells it all.
func (d *socket) Hear(e chat.Event) {
	if e.Kind == chat.EventPresence && d.Queued(func(item any) bool {
		other, ok := item.(chat.Event)
		return ok && other.Kind == e.Kind && other.Conversation.ID == e.Conversation.ID
	}) {
		return
	}
	if e.Kind == chat.EventSignedOut {
		d.over.Store(true)
	}
	d.Push(e)
}

// anew greets a console once more, for which so much has changed that it should
// ask for all again. What it follows is looked at here: it may be no more.
func (d *socket) anew() {
	d.mu.Lock()
	ids := slices.Collect(maps.Keys(d.follows))
	d.mu.Unlock()
	for _, id := range ids {
		d.presence(id)
	}
	d.hello()
}

// presence tells of a visitor who came or went, or that their conversation was
// deleted.
func (d *socket) presence(id chat.ConversationID) {
	ctx, done := d.Query()
	c, err := d.desk.Conversation(ctx, id)
	done()
	switch {
	case errors.Is(err, chat.ErrNotFound):
		d.leave(id)
		d.Send(goneFrame{"gone", id})
	case err == nil && c.Last > 0:
		d.Send(conversationFrame{"conversation", newSummary(c, d.hub())})
	}
}

// leave no longer follows a conversation.
func (d *socket) leave(id chat.ConversationID) {
	d.mu.Lock()
	delete(d.follows, id)
	d.mu.Unlock()
	d.hub().Unfollow(d, id)
}

// message passes a message of a followed conversation on, and what was missed
// before it.
func (d *socket) message(e chat.Event) {
	id := e.Conversation.ID
	d.mu.Lock()
	f := d.follows[id]
	last := f.last
	d.mu.Unlock()
	switch {
	case !f.shown || e.Message.Seq <= last:
	case e.Message.Seq == last+1:
		d.Send(deskMessageFrame{"message", id, frame.NewMessage(*e.Message, chat.Agent)})
		d.sent(id, e.Message.Seq)
	default:
		d.catchUp(id, last)
	}
}

func (d *socket) catchUp(id chat.ConversationID, last chat.Seq) {
	for {
		ctx, done := d.Query()
		list, err := d.desk.After(ctx, id, last)
		done()
		if err != nil {
			if !errors.Is(err, chat.ErrUnavailable) {
				d.handler.Log.Error("reading messages for a live connection", "error", err)
			}
			d.CloseNow(transport.CloseTooSlow) // it comes back and asks for the same again
			return
		}
		for _, m := range list {
			d.Send(deskMessageFrame{"message", id, frame.NewMessage(m, chat.Agent)})
			last = m.Seq
		}
		d.sent(id, last)
		if len(list) == 0 {
			return
		}
	}
}

func (d *socket) sent(id chat.ConversationID, last chat.Seq) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if before, ok := d.follows[id]; ok {
		d.follows[id] = following{max(last, before.last), true}
	}
}

func (d *socket) Closed() {
	d.mu.Lock()
	ids := slices.Collect(maps.Keys(d.follows))
	d.mu.Unlock()
	if d.desk != nil {
		d.hub().LeaveDesk(d, d.desk, ids)
	}
}

// classOf is what a frame counts as.
func classOf(name string) limits.Class {
	if name == "reply" {
		return limits.Message
	}
	return limits.Request
}
