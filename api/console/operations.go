package console

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
)

// handle does what a console's frame asks for. The answer is nil where there
// is none to give.
func (d *socket) handle(ctx context.Context, kind string, f deskFrame) (any, error) {
	switch kind {
	case "inbox":
		return d.inbox(ctx, f)
	case "open":
		return d.open(ctx, f)
	case "leave":
		d.leave(f.Conv)
		return nil, nil
	case "earlier":
		c, err := d.desk.Conversation(ctx, f.Conv)
		if err != nil {
			return nil, err
		}
		list, err := d.desk.Before(ctx, c.ID, f.Before)
		return messagesFrame{T: "messages", Conv: f.Conv, Before: f.Before,
			Messages: frame.NewMessages(list, chat.Agent), Earlier: frame.HasEarlier(list)}, err
	case "reply":
		_, m, err := d.desk.Reply(ctx, f.Conv, f.CID, f.Text, f.Attachments...)
		ack := frame.NewAck(m)
		ack.Conv = f.Conv
		return ack, err
	case "typing":
		return nil, d.desk.Typing(ctx, f.Conv, f.On)
	case "read":
		return nil, d.desk.Read(ctx, f.Conv, f.Seq)
	case "status":
		return d.summary(d.desk.SetStatus(ctx, f.Conv, chat.Status(f.Status)))
	case "assign":
		return d.summary(d.desk.Assign(ctx, f.Conv, f.Agent))
	}
	return nil, frame.ErrUnknownFrame
}

func (d *socket) summary(c chat.Conversation, err error) (any, error) {
	return conversationFrame{"conversation", newSummary(c, d.hub())}, err
}

// open shows a conversation and follows it from then on.
func (d *socket) open(ctx context.Context, f deskFrame) (any, error) {
	c, err := d.desk.Conversation(ctx, f.Conv)
	if err != nil {
		return nil, err
	}
	if c.ID != f.Conv {
		d.Push(mergedFrame{"merged", f.Conv, c.ID})
		f.After = 0
	}
	d.mu.Lock()
	if _, open := d.follows[c.ID]; !open && len(d.follows) >= maxFollows {
		d.mu.Unlock()
		return nil, fmt.Errorf("%w: too many conversations are open", chat.ErrForbidden)
	}
	d.follows[c.ID] = following{last: f.After}
	d.mu.Unlock()
	// Listen first, then read: what comes between is heard twice and told once.
	d.hub().Follow(d, c.ID)
	var list []chat.Message
	if f.After > 0 {
		list, err = d.desk.After(ctx, c.ID, f.After)
	} else {
		list, err = d.desk.Before(ctx, c.ID, 0)
	}
	if err != nil {
		return nil, err
	}
	d.Push(conversationFrame{"conversation", newSummary(c, d.hub())})
	item := followItem{frame: messagesFrame{T: "messages", Conv: c.ID, After: f.After,
		Messages: frame.NewMessages(list, chat.Agent), Earlier: frame.HasEarlier(list)}, last: f.After}
	if n := len(list); n > 0 {
		item.last = list[n-1].Seq
	}
	return item, nil
}
