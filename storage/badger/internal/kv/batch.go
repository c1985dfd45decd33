package kv

import (
	"errors"
	"fmt"
	"iter"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// Batch collects the changes of several jobs that are committed together.
type Batch struct {
	Snap    database.Snapshot
	Changes map[string]database.Record
	size    int
	// Attached is what the owner of the records notes of a batch.
	Attached any
}

// recordsEach is how many records most jobs change: a message, what finds it by
// its client id, and its conversation.
const recordsEach = 3

func newBatch(snap database.Snapshot, jobs int) *Batch {
	return &Batch{Snap: snap, Changes: make(map[string]database.Record, recordsEach*jobs)}
}

// ErrTooBig means that a job's changes don't fit into one transaction.
var ErrTooBig = errors.New("the change is too big for one transaction")

// MaxTransaction is how many bytes of changes go into one transaction, by the
// estimate of Tx.Put. The engine's cap is 15 % of a memtable, 1.2 MiB, with a
// different estimate.
const MaxTransaction = 768 << 10

// recordOverhead is what a change costs beyond its key and value. The engine
// also caps the number of entries, at one for each 96 bytes of its cap.
const recordOverhead = 64

// Tx is what one job sees and changes: its own changes first, then those of
// the jobs before it in the batch, then what is committed. A job that fails
// leaves nothing behind.
type Tx struct {
	Batch   *Batch
	changes map[string]database.Record
	// Size is how many bytes of changes there are, by an estimate.
	Size int
	// Merged is called when the changes have become part of the batch.
	Merged func()
}

func (b *Batch) begin() *Tx { return &Tx{Batch: b} }

// merge makes a job's changes part of the batch.
func (b *Batch) merge(t *Tx) {
	for key, r := range t.changes {
		b.Changes[key] = r
	}
	if t.Merged != nil {
		t.Merged()
	}
	b.size += t.Size
}

// Get reads a record. chat.ErrNotFound if there is none.
func (t *Tx) Get(key []byte) (database.Record, error) {
	if len(t.changes) > 0 {
		if r, ok := t.changes[string(key)]; ok {
			return unlessDeleted(r)
		}
	}
	if r, ok := t.Batch.Changes[string(key)]; ok {
		return unlessDeleted(r)
	}
	return t.Batch.Snap.Get(key)
}

func unlessDeleted(r database.Record) (database.Record, error) {
	if r.Gone {
		return database.Record{}, chat.ErrNotFound
	}
	return r, nil
}

// Has reports whether there is a record, without reading it.
func (t *Tx) Has(key []byte) (bool, error) {
	for _, changes := range []map[string]database.Record{t.changes, t.Batch.Changes} {
		if r, ok := changes[string(key)]; ok {
			return !r.Gone, nil
		}
	}
	_, err := t.Batch.Snap.Item(key)
	return err == nil, database.UnlessNotFound(err)
}

// Pending returns a record that this batch has changed.
func (t *Tx) Pending(key []byte) (database.Record, bool) {
	if r, ok := t.changes[string(key)]; ok {
		return r, !r.Gone
	}
	r, ok := t.Batch.Changes[string(key)]
	return r, ok && !r.Gone
}

// ChangedBefore reports whether a job before this one in the batch has changed
// a record.
func (t *Tx) ChangedBefore(key []byte) bool {
	_, changed := t.Batch.Changes[string(key)]
	return changed
}

// PutBefore goes through the records that the jobs before this one have put.
func (t *Tx) PutBefore() iter.Seq2[string, database.Record] {
	return func(yield func(string, database.Record) bool) {
		for key, r := range t.Batch.Changes {
			if !r.Gone && !yield(key, r) {
				return
			}
		}
	}
}

// Put changes a record.
func (t *Tx) Put(key []byte, r database.Record) {
	if t.changes == nil {
		t.changes = make(map[string]database.Record, recordsEach)
	}
	t.changes[string(key)] = r
	t.Size += len(key) + len(r.Value) + recordOverhead
}

// Delete deletes a record, which need not be there.
func (t *Tx) Delete(key []byte) { t.Put(key, database.Record{Gone: true}) }

// PutJSON changes a record to a value as JSON, which is forgotten at so many
// seconds since 1970; zero for never.
func (t *Tx) PutJSON(key []byte, v any, expires uint64) error {
	value, err := layout.EncodeJSON(v)
	if err != nil {
		return err
	}
	t.Put(key, database.Record{Value: value, Expires: expires})
	return nil
}

// commit makes the changes durable, all or none. It calls ready at the last
// moment before the engine writes, and ends with its error if it has one.
func (b *Batch) commit(db *database.DB, ready func() error) error {
	return db.Update(func(txn *engine.Txn) error {
		for key, r := range b.Changes {
			var err error
			if r.Gone {
				err = txn.Delete([]byte(key))
			} else {
				e := engine.NewEntry([]byte(key), r.Value).WithMeta(r.Meta)
				e.ExpiresAt = r.Expires
				err = txn.SetEntry(e)
			}
			if err != nil {
				return fmt.Errorf("%w: %w", disk.ErrNotWritten, err)
			}
		}
		return ready()
	})
}
