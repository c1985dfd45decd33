package console

import (
	"context"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/chat"
)

// open shows a conversation and follows it from then on.
func open(ctx context.Context, c *Call, r OpenRequest) (Messages, error) {
	d := c.socket
	t, conversation, err := c.desk.Thread(ctx, r.Conv)
	if err != nil {
		return Messages{}, err
	}
	id := conversation.ID
	if id != r.Conv {
		d.Push(Merged{"merged", r.Conv, id})
		r.After = 0
	}
	d.mu.Lock()
	if _, open := d.follows[id]; !open && len(d.follows) >= maxFollows {
		d.mu.Unlock()
		return Messages{}, frame.ErrTooManyOpen
	}
	d.follows[id] = following{last: r.After}
	d.mu.Unlock()
	// Follow first, then read: a message that comes between the two is in what is
	// read too, and is sent once.
	d.hub().Follow(d, id)
	var list []chat.Message
	if r.After > 0 {
		list, err = t.After(ctx, r.After)
	} else {
		list, err = t.Before(ctx, 0)
	}
	if err != nil {
		return Messages{}, err
	}
	d.Push(Conversation{"conversation", d.summary(conversation)})
	d.Push(chat.Event{Kind: chat.EventViewers, Conversation: &conversation})
	answer := Messages{T: "messages", Conv: id, After: r.After, Messages: newMessages(list),
		Earlier: frame.HasEarlier(list), opens: true, last: r.After}
	if n := len(list); n > 0 {
		answer.last = list[n-1].Seq
	}
	return answer, nil
}

// leave no longer follows a conversation.
func leave(_ context.Context, c *Call, r LeaveRequest) (operation.None, error) {
	c.socket.leave(r.Conv)
	return operation.None{}, nil
}

// earlier returns a page of the messages before one.
func earlier(ctx context.Context, c *Call, r EarlierRequest) (Messages, error) {
	t, _, err := c.desk.Thread(ctx, r.Conv)
	if err != nil {
		return Messages{}, err
	}
	list, err := t.Earlier(ctx, r.Before)
	return Messages{T: "messages", Conv: r.Conv, Before: r.Before,
		Messages: newMessages(list), Earlier: frame.HasEarlier(list)}, err
}

// later returns a page of the messages after one.
func later(ctx context.Context, c *Call, r LaterRequest) (Messages, error) {
	t, conversation, err := c.desk.Thread(ctx, r.Conv)
	if err != nil {
		return Messages{}, err
	}
	list, err := t.Later(ctx, r.After)
	more := len(list) > 0 && list[len(list)-1].Seq < conversation.Last
	return Messages{T: "messages", Conv: r.Conv, After: r.After, Later: more,
		Messages: newMessages(list), Earlier: frame.HasEarlier(list)}, err
}

// reply keeps a message of the agent's.
func reply(ctx context.Context, c *Call, r ReplyRequest) (Ack, error) {
	_, m, err := c.desk.ReplyHavingSeen(ctx, r.Conv, r.Seen, r.CID, r.Text, r.Attachments...)
	return Ack{frame.NewAck(m), r.Conv}, err
}

// typing tells the visitor, and the other agents, that the agent types.
func typing(ctx context.Context, c *Call, r TypingRequest) (operation.None, error) {
	return operation.None{}, c.desk.Typing(ctx, r.Conv, r.On)
}

// unread makes messages unread to the agent.
func unread(ctx context.Context, c *Call, r UnreadRequest) (Conversation, error) {
	conversation, err := c.desk.MarkUnread(ctx, r.Conv, r.Seq)
	return c.summary(conversation), err
}

// read notes how far the agent has read.
func read(ctx context.Context, c *Call, r ReadRequest) (operation.None, error) {
	return operation.None{}, c.desk.Read(ctx, r.Conv, r.Seq)
}

// status resolves or reopens a conversation.
func status(ctx context.Context, c *Call, r StatusRequest) (Conversation, error) {
	conversation, err := c.desk.SetStatus(ctx, r.Conv, r.Status)
	return c.summary(conversation), err
}

// assign gives a conversation to an agent.
func assign(ctx context.Context, c *Call, r AssignRequest) (Conversation, error) {
	conversation, err := c.desk.Assign(ctx, r.Conv, r.Agent)
	return c.summary(conversation), err
}

func (c *Call) summary(conversation chat.Conversation) Conversation {
	return Conversation{"conversation", newSummary(conversation, c.handler.Service.Hub(), c.desk.Agent.Email)}
}
