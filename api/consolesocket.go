package api

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
)

// maxFollows bounds the conversations that one console follows at a time.
const maxFollows = 64

// deskSocket is the live connection of one console.
type deskSocket struct {
	*socket
	console *Console
	caller  caller
	desk    *service.Desk

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

func newDeskSocket(cs *Console, s *socket, c caller, desk *service.Desk) peer {
	return &deskSocket{socket: s, console: cs, caller: c, desk: desk, follows: map[chat.ConversationID]following{}}
}

func (d *deskSocket) begin() {
	if d.desk == nil {
		d.push(signedOutItem{})
		return
	}
	d.push(deskHelloItem{})
	d.desk.Join(d)
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

func (d *deskSocket) hub() *hub.Hub { return d.console.Service.Hub() }

func (d *deskSocket) frame(kind string, body []byte) {
	if d.desk == nil || d.over.Load() {
		return
	}
	var f deskFrame
	if err := decode(body, &f); err != nil {
		d.refuse(err, f)
		return
	}
	if err := d.console.Limits.take(kindOf(kind), d.caller); err != nil {
		if kind != "typing" && kind != "read" && kind != "leave" {
			d.refuse(err, f)
		}
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	answer, err := d.handle(ctx, kind, f)
	if err != nil {
		d.console.logFailure(kind, err)
		d.refuse(err, f)
		return
	}
	if answer != nil {
		d.push(answer)
	}
}

func (d *deskSocket) refuse(err error, f deskFrame) {
	frame := newErrorFrame(err)
	frame.CID, frame.Conv = f.CID, string(f.Conv)
	d.push(frame)
}

func (d *deskSocket) deliver(item any) {
	switch item := item.(type) {
	case signedOutItem:
		d.send(bareFrame{"signed_out"})
		d.end(closeSignedOut)
	case deskHelloItem:
		d.hello()
	case followItem:
		d.send(item.frame)
		d.sent(item.frame.Conv, item.last)
		d.catchUp(item.frame.Conv, item.last) // what came since the answer was made
	case chat.Event:
		d.hear(item)
	case beatItem:
		d.beat()
	default:
		d.send(item)
	}
}

func (d *deskSocket) beat() {
	if d.desk != nil {
		ctx, done := d.consult()
		kind := d.desk.Check(ctx)
		done()
		if kind != 0 {
			d.hear(chat.Event{Kind: kind})
			return
		}
	}
	d.ping()
}

func (d *deskSocket) hello() {
	ctx, done := d.consult()
	unread, err := d.desk.Unread(ctx)
	done()
	if err != nil {
		d.console.logFailure("hello", err)
		d.send(newErrorFrame(err))
		d.end(closeRestart)
		return
	}
	sites := d.desk.Agent.Sites
	if sites == nil {
		sites = d.console.Sites()
	}
	d.send(deskHelloFrame{"hello", newMeAgent(d.desk.Agent), d.agents(), sites, unread})
}

func (d *deskSocket) agents() []agentFrame {
	list := []agentFrame{}
	for _, a := range d.desk.Agents() {
		list = append(list, agentFrame{a.Email, a.DisplayName(), d.hub().AgentOnline(a.Email)})
	}
	return list
}

func (d *deskSocket) hear(e chat.Event) {
	switch e.Kind {
	case chat.EventMessage:
		d.message(e)
	case chat.EventState:
		d.send(conversationFrame{"conversation", newSummary(*e.Conversation, d.hub())})
	case chat.EventTyping:
		if e.Side == chat.Visitor {
			d.send(typingFrame{T: "typing", Conv: string(e.Conversation.ID), On: e.On, Name: e.Name})
		}
	case chat.EventPresence:
		d.presence(e.Conversation.ID)
	case chat.EventMerged:
		d.send(mergedFrame{"merged", e.From, e.Conversation.ID})
	case chat.EventAgents:
		d.send(agentsFrame{"agents", d.agents()})
	case chat.EventAgain:
		d.anew()
	case chat.EventSignedOut:
		d.deliver(signedOutItem{})
	case chat.EventRestart:
		d.end(closeRestart)
	}
}

// Hear queues an event. Where the visitor of a conversation has come and gone
// and come, one look at how it is now tells it all; to begin anew looks at
// everything.
func (d *deskSocket) Hear(e chat.Event) {
	again, presence := e.Kind == chat.EventAgain, e.Kind == chat.EventPresence
	if (again || presence) && d.waits(func(item any) bool {
		other, ok := item.(chat.Event)
		return ok && other.Kind == e.Kind && (again || other.Conversation.ID == e.Conversation.ID)
	}) {
		return
	}
	if e.Kind == chat.EventSignedOut {
		d.over.Store(true)
	}
	d.push(e)
}

// anew greets a console once more, for which so much has changed that it should
// ask for all again. What it follows is looked at here: it may be no more.
func (d *deskSocket) anew() {
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
func (d *deskSocket) presence(id chat.ConversationID) {
	ctx, done := d.consult()
	c, err := d.desk.Conversation(ctx, id)
	done()
	switch {
	case errors.Is(err, chat.ErrNotFound):
		d.leave(id)
		d.send(goneFrame{"gone", id})
	case err == nil && c.Last > 0:
		d.send(conversationFrame{"conversation", newSummary(c, d.hub())})
	}
}

// leave no longer follows a conversation.
func (d *deskSocket) leave(id chat.ConversationID) {
	d.mu.Lock()
	delete(d.follows, id)
	d.mu.Unlock()
	d.hub().Unfollow(d, id)
}

// message passes a message of a followed conversation on, and what was missed
// before it.
func (d *deskSocket) message(e chat.Event) {
	id := e.Conversation.ID
	d.mu.Lock()
	f := d.follows[id]
	last := f.last
	d.mu.Unlock()
	switch {
	case !f.shown || e.Message.Seq <= last:
	case e.Message.Seq == last+1:
		d.send(deskMessageFrame{"message", id, newMessageFrame(*e.Message, chat.Agent)})
		d.sent(id, e.Message.Seq)
	default:
		d.catchUp(id, last)
	}
}

func (d *deskSocket) catchUp(id chat.ConversationID, last chat.Seq) {
	for {
		ctx, done := d.consult()
		list, err := d.desk.After(ctx, id, last)
		done()
		if err != nil {
			if !errors.Is(err, chat.ErrUnavailable) {
				d.console.Log.Error("reading messages for a live connection", "error", err)
			}
			d.end(closeTooSlow) // it comes back and asks for the same again
			return
		}
		for _, m := range list {
			d.send(deskMessageFrame{"message", id, newMessageFrame(m, chat.Agent)})
			last = m.Seq
		}
		d.sent(id, last)
		if len(list) == 0 {
			return
		}
	}
}

func (d *deskSocket) sent(id chat.ConversationID, last chat.Seq) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if before, ok := d.follows[id]; ok {
		d.follows[id] = following{max(last, before.last), true}
	}
}

func (d *deskSocket) gone() {
	d.mu.Lock()
	ids := slices.Collect(maps.Keys(d.follows))
	d.mu.Unlock()
	if d.desk != nil {
		d.desk.Leave(d, ids)
	}
}
