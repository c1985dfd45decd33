package badger

import (
	"errors"
	"fmt"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// batch collects the changes of several jobs that are committed together.
type batch struct {
	snap    snapshot
	recent  recent
	changes map[string]record
	// convs holds each conversation that a job has read or changed.
	convs map[chat.ConversationID]conversationChange
	size  int
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
	batch   *batch
	changes map[string]record
	convs   map[chat.ConversationID]*chat.Conversation
	size    int
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
