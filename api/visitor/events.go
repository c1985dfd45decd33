package visitor

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// What a visitor's connection is told, by its writer.

// Deliver writes one item.
func (v *socket) Deliver(item any) {
	switch item := item.(type) {
	case Hello:
		v.greet(item)
	case chat.Event:
		v.onEvent(item)
	case transport.Heartbeat:
		v.heartbeat()
	default:
		v.Send(item)
	}
}

// greet sends the answer to hello, and then what has happened since it was made.
func (v *socket) greet(hello Hello) {
	v.Send(hello)
	v.greeted = true
	if c := hello.conversation; c != nil {
		v.last, v.state, v.rev = c.Last, *hello.Conversation, c.Rev
		if n := len(hello.Messages); n > 0 {
			v.last = hello.Messages[n-1].Seq
		}
		if v.last < c.Last {
			v.catchUp() // one answer may not hold all that was missed
		}
	}
	early := v.early
	v.early = nil
	for _, e := range early {
		v.onEvent(e)
	}
}

// heartbeat checks that the right to the chat still holds, and that the browser
// has shown lately who it is.
func (v *socket) heartbeat() {
	if ticket := v.idle(); !ticket.Valid() {
		if v.beatsUngreeted++; v.beatsUngreeted > 1 {
			v.CloseNow(closeNoHello)
			return
		}
	} else {
		ctx, done := v.Query()
		event := ticket.Check(ctx)
		done()
		if event == 0 && v.unasked() {
			event = chat.EventAgain
		}
		if event != 0 {
			v.endRight()
			v.onEvent(chat.Event{Kind: event})
			return
		}
	}
	v.Ping()
}

func (v *socket) onEvent(e chat.Event) {
	if v.onEnd(e) {
		return
	}
	if !v.greeted {
		// Without the answer to hello this has nothing to go on from.
		if v.early = append(v.early, e); len(v.early) > transport.MaxQueue {
			v.CloseNow(transport.CloseTooSlow)
		}
		return
	}
	id := v.current().ID()
	switch e.Kind {
	case chat.EventOpened:
		v.catchUp()
	case chat.EventMessage:
		if e.Conversation.ID != id {
			return
		}
		switch {
		case e.Message.Seq == v.last+1:
			v.sendMessage(*e.Message)
		case e.Message.Seq > v.last:
			v.catchUp()
		}
		v.sendState(e.Conversation)
	case chat.EventState:
		if e.Conversation.ID == id {
			v.sendState(e.Conversation)
		}
	case chat.EventTyping:
		if e.Side == chat.Agent {
			v.Send(frame.Typing{T: "typing", On: e.On, Name: e.Name})
		}
	case chat.EventOnline:
		v.Send(Online{"online", v.handler.online(e.On)})
	}
}

// onEnd ends the connection if that is what an event means.
func (v *socket) onEnd(e chat.Event) bool {
	switch e.Kind {
	case chat.EventReset:
		v.Send(Reset{"reset"})
		v.CloseNow(closeReset)
	case chat.EventAgain:
		v.Send(Again{"again"})
		v.CloseNow(closeAgain)
	case chat.EventRestart:
		v.CloseNow(transport.CloseRestart)
	case chat.EventGone:
		v.CloseNow(transport.CloseGoingAway)
	default:
		return false
	}
	return true
}

// catchUp sends the messages of the visitor's conversation behind the last one
// sent, and has the connection told of it from then on.
func (v *socket) catchUp() {
	for {
		ctx, done := v.Query()
		list, err := v.missed(ctx)
		done()
		if errors.Is(err, chat.ErrNotFound) {
			return // it was deleted meanwhile
		}
		if err != nil {
			if !errors.Is(err, chat.ErrUnavailable) && !errors.Is(err, chat.ErrNoSession) {
				v.handler.Log.Error("reading messages for a connection", "error", err)
			}
			v.CloseNow(transport.CloseTooSlow) // it comes back and asks for the same again
			return
		}
		for _, m := range list {
			v.sendMessage(m)
		}
		if len(list) == 0 {
			return
		}
	}
}

// missed reads some of the messages behind the last one sent.
func (v *socket) missed(ctx context.Context) ([]chat.Message, error) {
	visit, err := v.visiting(ctx)
	if err != nil {
		return nil, err
	}
	t, c, err := visit.Thread(ctx)
	if err != nil {
		return nil, err
	}
	if t != v.current() {
		// Follow first, then read: a message that comes between the two is in what
		// is read too, and is sent once.
		v.follow(t, &c)
	}
	return t.After(ctx, v.last)
}

// sendMessage sends a message, and notes what the widget makes of it by itself.
func (v *socket) sendMessage(m chat.Message) {
	v.Send(NewMessage{"message", v.handler.message(m)})
	v.last = m.Seq
	v.state.apply(m)
}

// sendState sends the state where the visitor would see a difference.
func (v *socket) sendState(c *chat.Conversation) {
	state := v.handler.state(c)
	shown, known := state, v.state
	shown.Last, known.Last = 0, 0
	if shown == known || c.Rev < v.rev {
		return
	}
	v.state, v.rev = state, c.Rev
	v.Send(state)
}
