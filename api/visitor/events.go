package visitor

import (
	"errors"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// What a visitor's connection is told, by its writer.

func (v *socket) Deliver(item any) {
	switch item := item.(type) {
	case helloItem:
		v.greet(item)
	case chat.Event:
		v.hear(item)
	case transport.Heartbeat:
		v.beat()
	default:
		v.Send(item)
	}
}

// greet sends the answer to hello, and then what was heard since it was made.
func (v *socket) greet(item helloItem) {
	v.Send(item.frame)
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

func (v *socket) beat() {
	if ticket := v.idle(); !ticket.Valid() {
		if v.silent++; v.silent > 1 {
			v.CloseNow(closeNoHello)
			return
		}
	} else {
		ctx, done := v.Query()
		kind := ticket.Check(ctx)
		done()
		if kind != 0 {
			v.hear(chat.Event{Kind: kind})
			return
		}
	}
	v.Ping()
}

func (v *socket) hear(e chat.Event) {
	if v.tellEnd(e) {
		return
	}
	if !v.greeted {
		// Without the answer to hello this has nothing to go on from.
		if v.early = append(v.early, e); len(v.early) > transport.MaxQueue {
			v.CloseNow(transport.CloseTooSlow)
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
			v.pass(*e.Message)
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
			v.Send(frame.Typing{T: "typing", On: e.On, Name: e.Name})
		}
	case chat.EventOnline:
		v.Send(onlineFrame{"online", e.On})
	}
}

// tellEnd ends the connection if that is what an event means.
func (v *socket) tellEnd(e chat.Event) bool {
	switch e.Kind {
	case chat.EventReset:
		v.Send(bareFrame{"reset"})
		v.CloseNow(closeReset)
	case chat.EventAgain:
		v.Send(bareFrame{"again"})
		v.CloseNow(closeAgain)
	case chat.EventRestart:
		v.CloseNow(transport.CloseRestart)
	case chat.EventGone:
		v.CloseNow(transport.CloseGone)
	default:
		return false
	}
	return true
}

// catchUp sends the messages behind the last one sent.
func (v *socket) catchUp(id chat.ConversationID) {
	for {
		ctx, done := v.Query()
		var list []chat.Message
		visit, err := v.visiting(ctx)
		if err == nil {
			list, err = visit.After(ctx, id, v.last)
		}
		done()
		if err != nil {
			if !errors.Is(err, chat.ErrUnavailable) && !errors.Is(err, chat.ErrNoSession) {
				v.handler.Log.Error("reading messages for a live connection", "error", err)
			}
			v.CloseNow(transport.CloseTooSlow) // it comes back and asks for the same again
			return
		}
		for _, m := range list {
			v.pass(m)
		}
		if len(list) == 0 {
			return
		}
	}
}

// pass sends a message, and notes what the widget makes of it by itself.
func (v *socket) pass(m chat.Message) {
	v.Send(messageFrame{"message", frame.NewMessage(m, chat.Visitor)})
	v.last = m.Seq
	v.state.take(m)
}

// take changes the state as a message does: there is no need to tell of that
// apart from the message.
func (s *stateFrame) take(m chat.Message) {
	if m.Seq <= s.Last {
		return
	}
	s.Last = m.Seq
	switch m.Author.Side {
	case chat.Visitor:
		s.Status, s.Read, s.Unread = chat.Open, m.Seq, 0
	case chat.Agent:
		s.Unread++
	}
}

// changed tells of the state where the visitor would see a difference.
func (v *socket) changed(c *chat.Conversation) {
	state := v.handler.state(c)
	shown, known := state, v.state
	shown.Last, known.Last = 0, 0
	if shown == known || c.Rev < v.rev {
		return
	}
	v.state, v.rev = state, c.Rev
	v.Send(state)
}
