package badger

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// record is a stored value with what the engine keeps beside it.
type record struct {
	value   []byte
	meta    byte   // of a message: its side
	expires uint64 // in seconds since 1970; zero for never
	gone    bool   // of a change: the key is deleted
}

// reader finds records. chat.ErrNotFound if there is none.
type reader interface {
	get(key []byte) (record, error)
}

func (s snapshot) get(key []byte) (record, error) {
	item, err := s.item(key)
	if err != nil {
		return record{}, err
	}
	value, err := s.value(item)
	if err != nil {
		return record{}, err
	}
	return record{value: value, meta: item.UserMeta(), expires: item.ExpiresAt()}, nil
}

// item looks a record up. chat.ErrNotFound means that there is none, and not
// that it could not be read.
func (s snapshot) item(key []byte) (*engine.Item, error) {
	item, err := s.txn.Get(key)
	version := uint64(never)
	if err == nil {
		version = item.Version()
	} else if !errors.Is(err, engine.ErrKeyNotFound) {
		return nil, unavailable("reading", err)
	}
	if s.db.guard != nil {
		if d := s.db.guard.sound(key, version); d != nil {
			s.db.guard.found(*d)
			return nil, damagedRecord(key, errors.New(d.String()))
		}
	}
	if err != nil {
		return nil, chat.ErrNotFound
	}
	return item, nil
}

// errNoValue means that the checksum of a value is wrong, or that its file is
// missing or shorter. The engine gives no error then, but no value.
var errNoValue = errors.New("its value is damaged or missing")

// value copies a record's value. It looks twice, since the engine gives none as
// well where the cleaning of the value log has just moved it.
func (s snapshot) value(item *engine.Item) ([]byte, error) {
	for range 2 {
		value, err := item.ValueCopy(nil)
		if err != nil {
			return nil, damagedRecord(item.Key(), err)
		}
		if len(value) > 0 || item.ValueSize() == 0 {
			return value, nil
		}
		if item, err = s.txn.Get(item.KeyCopy(nil)); err != nil {
			return nil, unavailable("reading", err)
		}
	}
	if s.db.guard != nil {
		s.db.guard.found(chat.Damage{What: errNoValue.Error(), Records: describeKey(item.Key())})
	}
	return nil, damagedRecord(item.Key(), errNoValue)
}

// batch collects the changes of several jobs that are committed together.
type batch struct {
	snap    snapshot
	recent  recent
	changes map[string]record
	// convs holds each conversation that a job has read or changed.
	convs     map[chat.ConversationID]conversationChange
	committed []chat.Committed // what subscribers learn, once it is
	size      int
}

// conversationChange is a conversation before the batch (nil if it is new) and
// as the batch leaves it (nil if it is deleted).
type conversationChange struct {
	before, after *chat.Conversation
}

func newBatch(snap snapshot, r recent) *batch {
	return &batch{
		snap:    snap,
		recent:  r,
		changes: make(map[string]record),
		convs:   make(map[chat.ConversationID]conversationChange),
	}
}

// errTooBig means that a job's changes don't fit into one transaction.
var errTooBig = errors.New("the change is too big for one transaction")

// maxTransaction is how many bytes of changes go into one transaction, by the
// estimate of tx.put. The engine's cap is 15 % of a memtable, 1.2 MiB, with a
// different estimate.
const maxTransaction = 768 << 10

// recordOverhead is what a change costs beyond its key and value. The engine
// also caps the number of entries, at one for each 96 bytes of its cap.
const recordOverhead = 64

// tx is what one job sees and changes: its own changes first, then those of
// the jobs before it in the batch, then what is committed. A job that fails
// leaves nothing behind.
type tx struct {
	batch     *batch
	changes   map[string]record
	convs     map[chat.ConversationID]*chat.Conversation
	committed []chat.Committed
	size      int
}

func (b *batch) begin() *tx { return &tx{batch: b} }

// keep makes a job's changes part of the batch.
func (b *batch) keep(t *tx) {
	for key, r := range t.changes {
		b.changes[key] = r
	}
	for id, c := range t.convs { // nil for a deleted one
		cc := b.convs[id]
		cc.after = c
		b.convs[id] = cc
	}
	b.committed = append(b.committed, t.committed...)
	b.size += t.size
}

func (t *tx) get(key []byte) (record, error) {
	if len(t.changes) > 0 {
		if r, ok := t.changes[string(key)]; ok {
			return found(r)
		}
	}
	if r, ok := t.batch.changes[string(key)]; ok {
		return found(r)
	}
	return t.batch.snap.get(key)
}

// has reports whether there is a record, without reading it.
func (t *tx) has(key []byte) (bool, error) {
	for _, changes := range []map[string]record{t.changes, t.batch.changes} {
		if r, ok := changes[string(key)]; ok {
			return !r.gone, nil
		}
	}
	_, err := t.batch.snap.item(key)
	return err == nil, unlessNotFound(err)
}

func found(r record) (record, error) {
	if r.gone {
		return record{}, chat.ErrNotFound
	}
	return r, nil
}

// put changes a record.
func (t *tx) put(key []byte, r record) {
	if t.changes == nil {
		t.changes = make(map[string]record, 4)
	}
	t.changes[string(key)] = r
	t.size += len(key) + len(r.value) + recordOverhead
}

func (t *tx) delete(key []byte) { t.put(key, record{gone: true}) }

func (t *tx) putJSON(key []byte, v any, expires uint64) error {
	value, err := encodeJSON(v)
	if err != nil {
		return err
	}
	t.put(key, record{value: value, expires: expires})
	return nil
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

// putConversation stores a conversation. What subscribers are to learn of the
// change, beside how the conversation was and is, comes with it.
func (t *tx) putConversation(c *chat.Conversation, change chat.Committed) error {
	value, err := encodeConversation(c)
	if err != nil {
		return err
	}
	t.put(conversationKey(c.ID), record{value: value})
	if t.convs == nil {
		t.convs = make(map[chat.ConversationID]*chat.Conversation, 1)
	}
	change.Before, change.After = t.batch.convs[c.ID].after, copyOf(c)
	t.convs[c.ID] = change.After
	t.committed = append(t.committed, change)
	return nil
}

// commit makes the changes durable, all or none. It calls ready at the last
// moment before the engine writes, and ends with its error if it has one.
func (b *batch) commit(db *database, ready func() error) error {
	return db.update(func(txn *engine.Txn) error {
		for key, r := range b.changes {
			var err error
			if r.gone {
				err = txn.Delete([]byte(key))
			} else {
				e := engine.NewEntry([]byte(key), r.value).WithMeta(r.meta)
				e.ExpiresAt = r.expires
				err = txn.SetEntry(e)
			}
			if err != nil {
				return fmt.Errorf("%w: %w", errNotWritten, err)
			}
		}
		return ready()
	})
}

// errNotWritten marks an error from before anything was written, which leaves
// the engine as good as it was.
var errNotWritten = errors.New("preparing the transaction")
