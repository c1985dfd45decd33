package api

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/parley-chat/parley/chat"
)

// visitorSocket is the live connection of one of a visitor's tabs.
type visitorSocket struct {
	*socket
	widget *Widget
	caller caller
	token  string

	mu    sync.Mutex
	visit *chat.Visit         // set once, by the first hello
	conv  chat.ConversationID // empty before the first message

	// What the writer alone knows.
	greeted bool
	early   []chat.Event // heard before the answer to hello was sent
	last    chat.Seq
	state   stateFrame
	rev     uint64
	silent  int // heartbeats without a hello
}

func newVisitorSocket(wd *Widget, s *socket, c caller, token string) peer {
	// The token is part of a longer header, which need not be kept.
	return &visitorSocket{socket: s, widget: wd, caller: c, token: strings.Clone(token)}
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
	case kind == "hello" && v.visit == nil:
		v.hello(ctx, f)
		return
	case v.visit == nil:
		v.close(closeNoHello)
		return
	case kind == "here":
		v.push(bareFrame{"ok"})
		return
	case kind == "typing" || kind == "page":
		// The conversation is known here: no need to ask the store each time.
		if id := v.current(); id != "" {
			c := &chat.Conversation{ID: id, Site: v.widget.Site.Name}
			if kind == "typing" {
				v.visit.Typing(c, f.On)
			} else {
				v.widget.Service.Hub().Moved(c, f.clean())
			}
		}
		return
	}
	answer, err := v.widget.say(ctx, v.visit, kind, f)
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
	v.mu.Lock()
	v.visit = visit
	v.mu.Unlock()
	hub := v.widget.Service.Hub()
	// Listen first, then read: what happens between the two is heard twice and
	// told once.
	hub.JoinVisitor(v, visit.Session, visit.Owner)
	if kind := visit.Check(ctx); kind != 0 {
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

func (v *visitorSocket) visiting() *chat.Visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.visit
}

func (v *visitorSocket) deliver(item any) {
	switch item := item.(type) {
	case helloItem:
		v.greet(item)
	case chat.Event:
		v.hear(item)
	case beatItem:
		v.beat()
	default:
		v.send(item)
	}
}

// greet sends the answer to hello, and then what was heard since it was made.
func (v *visitorSocket) greet(item helloItem) {
	v.send(item.frame)
	v.greeted = true
	if item.conv != nil {
		v.last, v.state, v.rev = item.conv.Last, *item.frame.Conversation, item.conv.Rev
		if n := len(item.frame.Messages); n > 0 {
			v.last = item.frame.Messages[n-1].Seq
		}
		if v.last < item.conv.Last {
			v.catchUp(item.conv.ID) // one answer may not hold all that was missed
		}
	}
	early := v.early
	v.early = nil
	for _, e := range early {
		v.hear(e)
	}
}

func (v *visitorSocket) beat() {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	visit := v.visiting()
	if visit == nil {
		if v.silent++; v.silent > 1 {
			v.end(closeNoHello)
			return
		}
	} else {
		if kind := visit.Check(ctx); kind != 0 {
			v.hear(chat.Event{Kind: kind})
			return
		}
	}
	v.ping()
}

func (v *visitorSocket) hear(e chat.Event) {
	if v.tellEnd(e) {
		return
	}
	if !v.greeted {
		// Without the answer to hello this has nothing to go on from.
		if v.early = append(v.early, e); len(v.early) > maxQueue {
			v.end(closeTooSlow)
		}
		return
	}
	id := v.current()
	switch e.Kind {
	case chat.EventOpened:
		v.sit(e.Conversation)
		v.catchUp(e.Conversation.ID)
	case chat.EventMessage:
		if e.Conversation.ID != id {
			return
		}
		switch {
		case e.Message.Seq == v.last+1:
			v.last++
			v.send(newMessage{"message", newMessageFrame(*e.Message, chat.Visitor)})
		case e.Message.Seq > v.last:
			v.catchUp(id)
		}
		v.changed(e.Conversation)
	case chat.EventState:
		if e.Conversation.ID == id {
			v.changed(e.Conversation)
		}
	case chat.EventTyping:
		if e.Side == chat.Agent {
			v.send(typingFrame{T: "typing", On: e.On, Name: e.Name})
		}
	case chat.EventOnline:
		v.send(onlineFrame{"online", e.On})
	}
}

// tellEnd ends the connection if that is what an event means.
func (v *visitorSocket) tellEnd(e chat.Event) bool {
	switch e.Kind {
	case chat.EventReset:
		v.send(bareFrame{"reset"})
		v.end(closeReset)
	case chat.EventAgain:
		v.send(bareFrame{"again"})
		v.end(closeAgain)
	case chat.EventRestart:
		v.end(closeRestart)
	case chat.EventGone:
		v.end(closeGone)
	default:
		return false
	}
	return true
}

// catchUp sends the messages behind the last one sent.
func (v *visitorSocket) catchUp(id chat.ConversationID) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	for {
		list, err := v.visiting().After(ctx, id, v.last)
		if err != nil {
			if !errors.Is(err, chat.ErrUnavailable) {
				v.widget.Log.Error("reading messages for a live connection", "error", err)
			}
			v.end(closeTooSlow) // it comes back and asks for the same again
			return
		}
		for _, m := range list {
			v.send(newMessage{"message", newMessageFrame(m, chat.Visitor)})
			v.last = m.Seq
		}
		if len(list) == 0 {
			return
		}
	}
}

// changed tells of the state where the visitor would see a difference.
func (v *visitorSocket) changed(c *chat.Conversation) {
	state := v.widget.state(c)
	shown, known := state, v.state
	shown.Last, known.Last = 0, 0
	if shown == known || c.Rev < v.rev {
		return
	}
	v.state, v.rev = state, c.Rev
	v.send(state)
}

func (v *visitorSocket) gone() { v.widget.Service.Hub().Leave(v) }
