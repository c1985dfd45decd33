package visitor

import (
	"context"
	"sync"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// Close codes of our own (RFC 6455, section 7.4.2).
const (
	closeNoHello = 4001
	closeNobody  = 4002
	closeReset   = 4003
	closeAgain   = 4005
)

// socket is the live connection of one of a visitor's tabs.
type socket struct {
	*transport.Socket
	handler *Handler
	caller  limits.Caller
	token   string
	asking  *asking // nil where the application need not be asked

	mu     sync.Mutex
	ticket chat.Ticket         // set once, by the first hello
	visit  *chat.Visit         // nil until it is needed, and when it no longer is
	used   bool                // visit, since the last heartbeat
	over   bool                // the right has ended, which the browser is yet to be told
	conv   chat.ConversationID // empty before the first message

	// What the writer alone knows.
	greeted bool
	early   []chat.Event // heard before the answer to hello was sent
	last    chat.Seq
	state   stateFrame
	rev     uint64
	silent  int // heartbeats without a hello
}

func newSocket(h *Handler, s *transport.Socket, c limits.Caller, token string) *socket {
	return &socket{Socket: s, handler: h, caller: c, token: token}
}

// helloItem is a hello with what it means for the writer.
type helloItem struct {
	frame helloFrame
	conv  *chat.Conversation
}

// Weight implements transport.Weigher.
func (i helloItem) Weight() int { return i.frame.Weight() }

// begin waits for the widget's hello.
func (v *socket) Begin() {}

func (v *socket) Frame(kind string, body []byte) {
	var f visitorFrame
	if err := frame.Decode(body, &f); err != nil {
		v.Fail(err, frame.Subject{})
		return
	}
	if err := v.handler.Limits.Take(classOf(kind), v.caller); err != nil {
		if !unanswered(kind) {
			v.Fail(err, frame.Subject{CID: f.CID})
		}
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), transport.StoreTimeout)
	defer cancel()
	switch {
	case kind == "hello" && !v.entered():
		v.hello(ctx, f)
	case !v.entered():
		v.Close(closeNoHello)
	case kind == "here":
		v.Push(frame.NewOk())
	case kind == "typing" || kind == "page":
		v.stir(ctx, kind, f)
	default:
		v.say(ctx, kind, f)
	}
}

// stir tells what is kept nowhere. The conversation is known here: no need to
// ask the store each time.
func (v *socket) stir(ctx context.Context, kind string, f visitorFrame) {
	id := v.current()
	if id == "" {
		return
	}
	c := &chat.Conversation{ID: id, Site: v.handler.Site.Name}
	if kind == "page" {
		v.handler.Service.Hub().Moved(c, f.clean())
		return
	}
	visit, err := v.visiting(ctx)
	if err != nil {
		v.handler.logFailure(kind, err)
		return
	}
	visit.Typing(c, f.On)
}

func (v *socket) say(ctx context.Context, kind string, f visitorFrame) {
	var answer any
	visit, err := v.visiting(ctx)
	if err == nil {
		answer, err = v.handler.say(ctx, visit, kind, f)
	}
	if err != nil {
		v.handler.logFailure(kind, err)
		v.Fail(err, frame.Subject{CID: f.CID})
		return
	}
	if !unanswered(kind) {
		v.Push(answer)
	}
}

// unanswered reports whether a kind of frame gets no answer on a socket.
func unanswered(kind string) bool { return kind == "typing" || kind == "page" || kind == "read" }

// hello finds out who is there and brings what was missed.
func (v *socket) hello(ctx context.Context, f visitorFrame) {
	visit, err := v.handler.Service.Enter(ctx, v.handler.Site, v.token, f.Mark)
	if err != nil {
		v.handler.logFailure("hello", err)
		v.Fail(err, frame.Subject{})
		v.Close(closeNobody)
		return
	}
	if visit.Who == chat.WhoNone {
		v.Push(helloItem{frame: helloFrame{T: "hello", Who: visit.Who, Stale: visit.Stale, Messages: []frame.Message{}}})
		v.Close(closeNobody)
		return
	}
	ticket := visit.Ticket()
	v.mu.Lock()
	v.ticket = ticket
	v.mu.Unlock()
	hub := v.handler.Service.Hub()
	// Listen first, then read: what happens between the two is heard twice and
	// told once.
	hub.JoinVisitor(v, visit.Session, visit.Owner)
	if kind := ticket.Check(ctx); kind != 0 {
		v.Push(chat.Event{Kind: kind})
		return
	}
	if c, err := visit.Conversation(ctx); err == nil {
		v.sit(&c)
	}
	answer, c, err := v.handler.hello(ctx, visit, f)
	if err != nil {
		v.handler.logFailure("hello", err)
		v.Fail(err, frame.Subject{})
		v.Close(closeNobody)
		return
	}
	v.Push(helloItem{answer, c})
	if v.asking != nil {
		v.asking.start()
	}
	if c != nil && f.Page.URL != "" {
		hub.Moved(c, f.Page.clean())
	}
}

func (v *socket) sit(c *chat.Conversation) {
	v.mu.Lock()
	v.conv = c.ID
	v.mu.Unlock()
	v.handler.Service.Hub().Sit(v, c)
}

func (v *socket) current() chat.ConversationID {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.conv
}

func (v *socket) entered() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ticket.Valid()
}

// Hear queues an event for the browser. One that ends the right to the chat
// counts here at once, however slowly the browser reads.
func (v *socket) Hear(e chat.Event) {
	if e.Kind == chat.EventReset || e.Kind == chat.EventAgain {
		v.mu.Lock()
		v.visit, v.over = nil, true
		v.mu.Unlock()
	}
	v.Socket.Hear(e)
}

// visiting returns the visit, which is at hand while there is something to do.
func (v *socket) visiting(ctx context.Context) (*chat.Visit, error) {
	v.mu.Lock()
	ticket, visit, over := v.ticket, v.visit, v.over
	v.used = true
	v.mu.Unlock()
	if over {
		return nil, chat.ErrNoSession
	}
	if visit != nil {
		return visit, nil
	}
	visit, err := ticket.Visit(ctx)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over { // meanwhile
		return nil, chat.ErrNoSession
	}
	v.visit = visit
	return visit, nil
}

// idle forgets the visit if it was not used since the last call, and returns
// its ticket.
func (v *socket) idle() chat.Ticket {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.used {
		v.visit = nil
	}
	v.used = false
	return v.ticket
}

func (v *socket) Closed() {
	v.handler.Service.Hub().Leave(v)
	if v.asking != nil {
		v.asking.stop()
	}
}
