package visitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// Close codes of our own (RFC 6455, section 7.4.2).
const (
	closeNoHello = 4001
	closeNobody  = 4002
	closeReset   = 4003
	closeAgain   = 4005
)

// socket is the connection of one of a visitor's tabs.
type socket struct {
	*transport.Socket
	handler *Handler
	caller  limits.Caller
	token   string
	client  string // as in chat.Request

	mu     sync.Mutex
	ticket service.Ticket // set once, by the first hello
	visit  *service.Visit // nil until it is needed, and when it no longer is
	used   bool           // visit, since the last heartbeat
	ended  bool           // the right has ended, which the browser is yet to be told
	asked  time.Time      // when the application was last asked about the visitor, where it is
	thread service.Thread // of the visitor's conversation; to nothing before the first message
	page   chat.Page      // that is looked at

	// What the writer alone knows.
	greeted        bool
	early          []chat.Event // from before the answer to hello was sent
	last           chat.Seq
	state          State
	rev            uint64
	beatsUngreeted int // heartbeats without a hello
}

// newSocket returns the peer of a connection that was opened with a token.
func newSocket(h *Handler, s *transport.Socket, c limits.Caller, token, client string) *socket {
	return &socket{Socket: s, handler: h, caller: c, token: token, client: client, asked: time.Now()}
}

// Begin waits for the widget's hello.
func (v *socket) Begin() {}

// Frame does what the browser asks for.
func (v *socket) Frame(name string, body []byte) {
	op, _ := operations.Lookup(name, operation.Socket)
	entered := v.entered()
	if op.First && entered {
		op = operations.Unknown()
	}
	run, err := op.Bind(body)
	if err != nil {
		v.Fail(err, frame.Subject{})
		return
	}
	if err := v.handler.Limits.Take(op.Class, v.caller); err != nil {
		if op.Answer == operation.Always {
			v.fail(err, body)
		}
		return
	}
	if !op.First && !entered {
		v.Close(closeNoHello)
		return
	}
	if op.Answer == operation.Never && v.current() == (service.Thread{}) && op.Name != pageName {
		return // there is nothing yet to be read or typed in, and nobody looks
	}
	ctx, cancel := context.WithTimeout(context.Background(), transport.StoreTimeout)
	defer cancel()
	c := &Call{handler: v.handler, socket: v}
	if op.Who != operation.Anybody {
		_, err = c.visit(ctx)
	}
	var answer any
	if err == nil {
		answer, err = run(ctx, c)
	}
	v.answer(op, name, body, answer, err)
}

// answer sends what there is to answer.
func (v *socket) answer(op *operation.Operation[*Call], name string, body []byte, answer any, err error) {
	switch {
	case errors.Is(err, operation.ErrAnswered):
	case err != nil:
		v.handler.logFailure(name, err)
		if op.Answer != operation.Never {
			v.fail(err, body)
		}
		if op.First {
			v.Close(closeNobody)
		}
	case op.Answer == operation.Always:
		v.Push(answer)
	}
}

// fail queues an error frame that names what it is about.
func (v *socket) fail(err error, body []byte) {
	v.Fail(err, frame.Subject{CID: frame.SubjectOf(body).CID})
}

// follow has the connection told of the visitor's conversation, and the agents
// where its visitor is.
func (v *socket) follow(t service.Thread, c *chat.Conversation) {
	v.mu.Lock()
	v.thread = t
	page := v.page
	v.mu.Unlock()
	v.handler.Service.Hub().Sit(v, c)
	if page != (chat.Page{}) {
		t.Moved(page)
	}
}

// at notes the page that is looked at, for when there is a conversation.
func (v *socket) at(page chat.Page) {
	v.mu.Lock()
	v.page = page
	v.mu.Unlock()
}

func (v *socket) current() service.Thread {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.thread
}

func (v *socket) entered() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ticket.Valid()
}

// OnEvent queues an event for the browser. One that ends the right to the chat
// counts here at once, however slowly the browser reads.
func (v *socket) OnEvent(e chat.Event) {
	switch e.Kind {
	case chat.EventAsked:
		v.mu.Lock()
		v.asked = time.Now()
		v.mu.Unlock()
		return // the browser knows
	case chat.EventReset, chat.EventAgain:
		v.endRight()
	}
	v.Socket.OnEvent(e)
}

func (v *socket) endRight() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.visit, v.ended = nil, true
}

// visiting returns the visit, which is at hand while there is something to do.
func (v *socket) visiting(ctx context.Context) (*service.Visit, error) {
	v.mu.Lock()
	ticket, visit, ended := v.ticket, v.visit, v.ended
	v.used = true
	v.mu.Unlock()
	if ended {
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
	if v.ended { // meanwhile
		return nil, chat.ErrNoSession
	}
	v.visit = visit
	return visit, nil
}

// idle forgets the visit if it was not used since the last call, and returns
// its ticket.
func (v *socket) idle() service.Ticket {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.used {
		v.visit = nil
	}
	v.used = false
	return v.ticket
}

// Closed leaves the hub.
func (v *socket) Closed() { v.handler.Service.Hub().Leave(v) }
