package badger

import (
	"maps"
	"slices"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// tx is what one call of the store sees and changes, conversations as such
// besides their records.
type tx struct {
	*kv.Tx
	batch *conversations
	// convs holds the conversations that this call has changed; nil for one
	// that it has deleted.
	convs map[chat.ConversationID]*chat.Conversation
	// committed is what subscribers learn of this call.
	committed []chat.Committed
}

// conversations are those that the calls of a batch have read or changed.
type conversations struct {
	recent *recent
	convs  map[chat.ConversationID]conversationChange
	// committed is what subscribers learn of the batch, once it is.
	committed []chat.Committed
}

// conversationChange is a conversation before the batch (nil if it is new) and
// as the batch leaves it (nil if it is deleted).
type conversationChange struct {
	before, after *chat.Conversation
}

// inTx makes a change of the store one of records.
func (s *Store) inTx(run func(*tx) error) func(*kv.Tx) error {
	return func(k *kv.Tx) error {
		b, ok := k.Batch.Attached.(*conversations)
		if !ok {
			s.recent.useOf(k.Batch.Snap.DB)
			b = &conversations{recent: &s.recent, convs: make(map[chat.ConversationID]conversationChange)}
			k.Batch.Attached = b
		}
		t := &tx{Tx: k, batch: b}
		k.Merged = t.keepConversations
		return run(t)
	}
}

// keepConversations makes the conversations that were changed those of the batch.
func (t *tx) keepConversations() {
	for id, c := range t.convs {
		cc := t.batch.convs[id]
		cc.after = c
		t.batch.convs[id] = cc
	}
	t.batch.committed = append(t.batch.committed, t.committed...)
}

// snap is what was committed before the batch.
func (t *tx) snap() database.Snapshot { return t.Tx.Batch.Snap }

// conversation returns a conversation for the job to change and then put.
func (t *tx) conversation(id chat.ConversationID) (*chat.Conversation, error) {
	if c, ok := t.convs[id]; ok {
		return present(c)
	}
	if cc, ok := t.batch.convs[id]; ok {
		return present(cc.after)
	}
	c, ok := t.batch.recent.table.Get(id)
	if !ok {
		var err error
		if c, err = database.ReadConversation(t.snap(), id); err != nil {
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
	for _, p := range []*chat.Profile{&d.Profile, &d.Unverified} {
		p.Labels, p.Fields = slices.Clone(p.Labels), maps.Clone(p.Fields)
	}
	d.Readers = maps.Clone(d.Readers) // activities are only ever appended, to a slice without room
	return &d
}

// putConversation stores a conversation. What subscribers are to learn of the
// change, beside how the conversation was and is, comes with it.
func (t *tx) putConversation(c *chat.Conversation, change chat.Committed) error {
	value, err := layout.EncodeConversation(c)
	if err != nil {
		return err
	}
	t.Put(layout.ConversationKey(c.ID), database.Record{Value: value})
	t.setConversation(c.ID, copyOf(c), change)
	return nil
}

// setConversation notes a conversation as it is now, nil for a deleted one, and
// what subscribers are to learn of that.
func (t *tx) setConversation(id chat.ConversationID, c *chat.Conversation, change chat.Committed) {
	if t.convs == nil {
		t.convs = make(map[chat.ConversationID]*chat.Conversation, 1)
	}
	change.Before, change.After = t.batch.convs[id].after, c
	t.convs[id] = c
	t.committed = append(t.committed, change)
}
