package api

import (
	"context"
	"sync"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// visitorSocket is the live connection of one of a visitor's tabs.
type visitorSocket struct {
	*socket
	widget *Widget
	caller caller
	token  string
	asking *asking // nil where the application need not be asked

	mu     sync.Mutex
	ticket service.Ticket      // set once, by the first hello
	visit  *service.Visit      // nil until it is needed, and when it no longer is
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

func newVisitorSocket(wd *Widget, s *socket, c caller, token string) *visitorSocket {
	return &visitorSocket{socket: s, widget: wd, caller: c, token: token}
}

// helloItem is a hello with what it means for the writer.
type helloItem struct {
	frame helloFrame
	conv  *chat.Conversation
}

// begin waits for the widget's hello.
func (v *visitorSocket) begin() {}

func (v *visitorSocket) frame(kind string, body []byte) {
	var f visitorFrame
	if err := decode(body, &f); err != nil {
		v.fail(err, "")
		return
	}
	if err := v.widget.Limits.take(kindOf(kind), v.caller); err != nil {
		if !unanswered(kind) {
			v.fail(err, f.CID)
		}
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	switch {
	case kind == "hello" && !v.entered():
		v.hello(ctx, f)
	case !v.entered():
		v.close(closeNoHello)
	case kind == "here":
		v.push(bareFrame{"ok"})
	case kind == "typing" || kind == "page":
		v.stir(ctx, kind, f)
	default:
		v.say(ctx, kind, f)
	}
}

// stir tells what is kept nowhere. The conversation is known here: no need to
// ask the store each time.
func (v *visitorSocket) stir(ctx context.Context, kind string, f visitorFrame) {
	id := v.current()
	if id == "" {
		return
	}
	c := &chat.Conversation{ID: id, Site: v.widget.Site.Name}
	if kind == "page" {
		v.widget.Service.Hub().Moved(c, f.clean())
		return
	}
	visit, err := v.visiting(ctx)
	if err != nil {
		v.widget.logFailure(kind, err)
		return
	}
	visit.Typing(c, f.On)
}

func (v *visitorSocket) say(ctx context.Context, kind string, f visitorFrame) {
	var answer any
	visit, err := v.visiting(ctx)
	if err == nil {
		answer, err = v.widget.say(ctx, visit, kind, f)
	}
	if err != nil {
		v.widget.logFailure(kind, err)
		v.fail(err, f.CID)
		return
	}
	if !unanswered(kind) {
		v.push(answer)
	}
}

// unanswered reports whether a kind of frame gets no answer on a socket.
func unanswered(kind string) bool { return kind == "typing" || kind == "page" || kind == "read" }

// hello finds out who is there and brings what was missed.
func (v *visitorSocket) hello(ctx context.Context, f visitorFrame) {
	visit, err := v.widget.Service.Enter(ctx, v.widget.Site, v.token, f.Mark)
	if err != nil {
		v.widget.logFailure("hello", err)
		v.fail(err, "")
		v.close(closeNobody)
		return
	}
	if visit.Who == chat.WhoNone {
		v.push(helloItem{frame: helloFrame{T: "hello", Who: visit.Who, Stale: visit.Stale, Messages: []messageFrame{}}})
		v.close(closeNobody)
		return
	}
	ticket := visit.Ticket()
	v.mu.Lock()
	v.ticket = ticket
	v.mu.Unlock()
	hub := v.widget.Service.Hub()
	// Listen first, then read: what happens between the two is heard twice and
	// told once.
	hub.JoinVisitor(v, visit.Session, visit.Owner)
	if kind := ticket.Check(ctx); kind != 0 {
		v.push(chat.Event{Kind: kind})
		return
	}
	if c, err := visit.Conversation(ctx); err == nil {
		v.sit(&c)
	}
	frame, c, err := v.widget.hello(ctx, visit, f)
	if err != nil {
		v.widget.logFailure("hello", err)
		v.fail(err, "")
		v.close(closeNobody)
		return
	}
	v.push(helloItem{frame, c})
	if v.asking != nil {
		v.asking.start()
	}
	if c != nil && f.Page.URL != "" {
		hub.Moved(c, f.Page.clean())
	}
}

func (v *visitorSocket) sit(c *chat.Conversation) {
	v.mu.Lock()
	v.conv = c.ID
	v.mu.Unlock()
	v.widget.Service.Hub().Sit(v, c)
}

func (v *visitorSocket) current() chat.ConversationID {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.conv
}

func (v *visitorSocket) entered() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ticket.Valid()
}

// Hear queues an event for the browser. One that ends the right to the chat
// counts here at once, however slowly the browser reads.
func (v *visitorSocket) Hear(e chat.Event) {
	if e.Kind == chat.EventReset || e.Kind == chat.EventAgain {
		v.mu.Lock()
		v.visit, v.over = nil, true
		v.mu.Unlock()
	}
	v.socket.Hear(e)
}

// visiting returns the visit, which is at hand while there is something to do.
func (v *visitorSocket) visiting(ctx context.Context) (*service.Visit, error) {
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
func (v *visitorSocket) idle() service.Ticket {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.used {
		v.visit = nil
	}
	v.used = false
	return v.ticket
}

func (v *visitorSocket) gone() {
	v.widget.Service.Hub().Leave(v)
	if v.asking != nil {
		v.asking.end()
	}
}
