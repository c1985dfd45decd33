package api

import (
	"errors"

	"github.com/parley-chat/parley/chat"
)

// What a visitor's connection is told, by its writer.

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
	if ticket := v.idle(); !ticket.Valid() {
		if v.silent++; v.silent > 1 {
			v.end(closeNoHello)
			return
		}
	} else {
		ctx, done := v.consult()
		kind := ticket.Check(ctx)
		done()
		if kind != 0 {
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
	for {
		ctx, done := v.consult()
		var list []chat.Message
		visit, err := v.visiting(ctx)
		if err == nil {
			list, err = visit.After(ctx, id, v.last)
		}
		done()
		if err != nil {
			if !errors.Is(err, chat.ErrUnavailable) && !errors.Is(err, chat.ErrNoSession) {
				v.widget.Log.Error("reading messages for a live connection", "error", err)
			}
			v.end(closeTooSlow) // it comes back and asks for the same again
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
func (v *visitorSocket) pass(m chat.Message) {
	v.send(newMessage{"message", newMessageFrame(m, chat.Visitor)})
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
