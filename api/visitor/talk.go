package visitor

import (
	"context"
	"encoding/json"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// send keeps a message.
func send(ctx context.Context, c *Call, r SendRequest) (frame.Ack, error) {
	v, err := c.visit(ctx)
	if err != nil {
		return frame.Ack{}, err
	}
	n := service.NewMessage{ClientID: r.CID, Text: r.Text, Attachments: r.Attachments, Page: r.Page.clean()}
	if n.Unverified, err = parseForm(r.Tag); err != nil {
		return frame.Ack{}, err
	}
	conversation, m, err := v.SendTo(ctx, c.known(), n)
	if err == nil {
		c.handler.moved(&conversation, n.Page)
	}
	return frame.NewAck(m), err
}

// parseForm reads what the visitor has said of themselves in a form, which may be
// absent.
func parseForm(tag json.RawMessage) (chat.ProfilePatch, error) {
	if len(tag) == 0 || string(tag) == "null" {
		return chat.ProfilePatch{}, nil
	}
	return chat.ParseProfilePatch(tag)
}

// earlier returns a page of the messages before one.
func earlier(ctx context.Context, c *Call, r EarlierRequest) (Earlier, error) {
	v, err := c.visit(ctx)
	if err != nil {
		return Earlier{}, err
	}
	t, _, err := v.Thread(ctx)
	if err != nil {
		return Earlier{}, err
	}
	list, err := t.Earlier(ctx, r.Before)
	return Earlier{"earlier", c.handler.messages(list), frame.HasEarlier(list)}, err
}

// read notes how far the visitor has read.
func read(ctx context.Context, c *Call, r ReadRequest) (frame.Ok, error) {
	v, err := c.visit(ctx)
	if err == nil {
		err = v.Read(ctx, r.Seq)
	}
	return frame.NewOk(), err
}

// typing tells the agents that the visitor types, which is kept nowhere.
func typing(ctx context.Context, c *Call, r TypingRequest) (frame.Ok, error) {
	v, err := c.visit(ctx)
	if err != nil {
		return frame.Ok{}, err
	}
	t, err := c.thread(ctx, v)
	if err != nil {
		return frame.Ok{}, err
	}
	v.Typing(t, r.On)
	return frame.NewOk(), nil
}

// pageName is what page is called. Of what needs no answer it alone counts before
// there is a conversation: who opens one is shown to be there.
const pageName = "page"

// page tells the agents where the visitor is, which is not stored.
func page(ctx context.Context, c *Call, r Page) (frame.Ok, error) {
	at := r.clean()
	if c.socket != nil {
		c.socket.at(at)
		if c.known() == (service.Thread{}) {
			return frame.NewOk(), nil
		}
	}
	v, err := c.visit(ctx)
	if err != nil {
		return frame.Ok{}, err
	}
	t, err := c.thread(ctx, v)
	if err != nil {
		return frame.Ok{}, err
	}
	t.Moved(at)
	return frame.NewOk(), nil
}

// thread returns the visitor's conversation, or ErrNotFound.
func (c *Call) thread(ctx context.Context, v *service.Visit) (service.Thread, error) {
	if c.socket == nil {
		t, _, err := v.Thread(ctx)
		return t, err
	}
	t := c.known()
	if t == (service.Thread{}) {
		return t, chat.ErrNotFound
	}
	return t, nil
}

// known returns the visitor's conversation where it is at hand, which it is on a
// socket: no need to ask the store each time.
func (c *Call) known() service.Thread {
	if c.socket == nil {
		return service.Thread{}
	}
	return c.socket.current()
}

// here shows that the connection is alive.
func here(context.Context, *Call, operation.Nothing) (frame.Ok, error) { return frame.NewOk(), nil }
