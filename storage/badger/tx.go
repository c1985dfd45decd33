package badger

import (
	"maps"
	"slices"

	"github.com/parley-chat/parley/chat"
)

// conversationChange is a conversation before the batch (nil if it is new) and
// as the batch leaves it (nil if it is deleted).
type conversationChange struct {
	before, after *chat.Conversation
}

// conversation returns a conversation for the job to change and then put.
func (t *tx) conversation(id chat.ConversationID) (*chat.Conversation, error) {
	if c, ok := t.convs[id]; ok {
		return present(c)
	}
	if cc, ok := t.batch.convs[id]; ok {
		return present(cc.after)
	}
	c := t.batch.recent[id]
	if c == nil {
		var err error
		if c, err = readConversation(t.batch.snap, id); err != nil {
			return nil, err
		}
	}
	t.batch.convs[id] = conversationChange{before: c, after: c}
	return copyOf(c), nil
}

// present returns a copy of a conversation. ErrNotFound of one that this
// batch has deleted.
func present(c *chat.Conversation) (*chat.Conversation, error) {
	if c == nil {
		return nil, chat.ErrNotFound
	}
	return copyOf(c), nil
}

// copyOf copies a conversation whole: what callers get and give is theirs to
// change, maps and slices included.
func copyOf(c *chat.Conversation) *chat.Conversation {
	d := *c
	for _, p := range []*chat.Profile{&d.Profile, &d.Claims} {
		p.Labels, p.Fields = slices.Clone(p.Labels), maps.Clone(p.Fields)
	}
	return &d
}

func (t *tx) putConversation(c *chat.Conversation) error {
	value, err := encodeConversation(c)
	if err != nil {
		return err
	}
	t.put(conversationKey(c.ID), record{value: value})
	if t.convs == nil {
		t.convs = make(map[chat.ConversationID]*chat.Conversation, 1)
	}
	t.convs[c.ID] = copyOf(c)
	return nil
}

// pending returns a record that this batch has changed.
func (t *tx) pending(key []byte) (record, bool) {
	if r, ok := t.changes[string(key)]; ok {
		return r, !r.gone
	}
	r, ok := t.batch.changes[string(key)]
	return r, ok && !r.gone
}
