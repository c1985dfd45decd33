package service

import (
	"context"
	"io"
	"slices"

	"github.com/parley-chat/parley/chat"
)

// HistoryPage is how many messages are shown at once.
const HistoryPage = 30

// catchUp bounds the messages that one read brings to whoever has missed some,
// and catchUpBytes their text: an answer waits in memory for its reader.
const (
	catchUp      = 500
	catchUpBytes = 512 << 10
)

// Thread is the right to the messages of one conversation, as it was when that was
// checked. Only a Visit and a Desk give one, so that nothing is read, uploaded or
// typed by an id that somebody has named. The zero value is the right to nothing.
type Thread struct {
	id      chat.ConversationID
	site    string
	service *Service
}

// ID is the conversation's, and empty for the right to nothing.
func (t Thread) ID() chat.ConversationID { return t.id }

// store returns the store. ErrNotFound for the right to nothing.
func (t Thread) store() (chat.Store, error) {
	if t.service == nil {
		return nil, chat.ErrNotFound
	}
	return t.service.open()
}

// After returns the messages behind a number, as many as one read brings.
func (t Thread) After(ctx context.Context, after chat.Seq) ([]chat.Message, error) {
	return t.messages(ctx, chat.Range{After: after, Limit: catchUp})
}

// Before returns a page of the messages ahead of a number; zero means the end.
func (t Thread) Before(ctx context.Context, before chat.Seq) ([]chat.Message, error) {
	return t.messages(ctx, chat.Range{Before: before, Backwards: true, Limit: HistoryPage})
}

// longPage is how many messages whoever looks through a conversation gets at once:
// some thirty screens, so that reading on seldom has to wait. catchUpBytes bounds it
// where they are long.
const longPage = 300

// Earlier returns a longer page of the messages ahead of a number, for whoever
// looks through a conversation; zero means the end, which is shown at once.
func (t Thread) Earlier(ctx context.Context, before chat.Seq) ([]chat.Message, error) {
	if before == 0 {
		return t.Before(ctx, 0)
	}
	return t.messages(ctx, chat.Range{Before: before, Backwards: true, Limit: longPage})
}

// Later returns such a page of the messages behind a number; zero means the
// beginning.
func (t Thread) Later(ctx context.Context, after chat.Seq) ([]chat.Message, error) {
	return t.messages(ctx, chat.Range{After: after, Limit: longPage})
}

func (t Thread) messages(ctx context.Context, r chat.Range) ([]chat.Message, error) {
	st, err := t.store()
	if err != nil {
		return nil, err
	}
	list, err := st.Messages(ctx, t.id, r)
	size := 0
	for i := range list {
		if r.Backwards {
			i = len(list) - 1 - i
		}
		switch size += len(list[i].Text); {
		case size <= catchUpBytes:
		case r.Backwards:
			return slices.Clone(list[i+1:]), err // the rest comes with the next read
		default:
			return list[:i:i], err
		}
	}
	return list, err
}

// publish publishes what is kept nowhere.
func (t Thread) publish(e chat.Event) {
	if t.service != nil {
		e.Conversation = &chat.Conversation{ID: t.id, Site: t.site}
		t.service.hub.Publish(e)
	}
}

// Moved tells the agents on which page the conversation's visitor is.
func (t Thread) Moved(page chat.Page) {
	if t.service != nil {
		t.service.hub.Moved(&chat.Conversation{ID: t.id, Site: t.site}, page)
	}
}

// attachment returns an attachment of a message, to be read as long as ctx lives.
func (t Thread) attachment(ctx context.Context, seq chat.Seq, id chat.AttachmentID) (chat.Attachment, io.Reader, error) {
	st, err := t.store()
	if err != nil {
		return chat.Attachment{}, nil, err
	}
	return st.Attachment(ctx, t.id, seq, id)
}

// upload keeps a file for a message of one side.
func (t Thread) upload(ctx context.Context, side chat.Side, f chat.File) (chat.Attachment, error) {
	st, err := t.store()
	if err != nil {
		return chat.Attachment{}, err
	}
	return st.Upload(ctx, chat.Upload{ID: chat.AttachmentID(chat.NewID()), Conversation: t.id, Side: side,
		Name: chat.CleanFileName(f.Name), Type: f.Type, Created: t.service.now()}, f.Body)
}

// thread is for a conversation whose right was checked.
func (s *Service) thread(c chat.Conversation) Thread { return Thread{c.ID, c.Site, s} }

// Thread returns the visitor's conversation, and the right to its messages.
// ErrNotFound before the first message, ErrNoSession for nobody.
func (v *Visit) Thread(ctx context.Context) (Thread, chat.Conversation, error) {
	c, err := v.Conversation(ctx)
	if err != nil {
		return Thread{}, chat.Conversation{}, err
	}
	return v.service.thread(c), c, nil
}

// Thread returns a conversation that the agent may see, or the one that has taken
// it over, and the right to its messages. ErrNotFound for any other.
func (d *Desk) Thread(ctx context.Context, id chat.ConversationID) (Thread, chat.Conversation, error) {
	c, err := d.Conversation(ctx, id)
	if err != nil {
		return Thread{}, chat.Conversation{}, err
	}
	return d.service.thread(c), c, nil
}
