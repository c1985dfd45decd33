package badger

import (
	"errors"
	"fmt"
	"iter"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// batch collects the changes of several jobs that are committed together.
type batch struct {
	snap    snapshot
	changes map[string]record
	size    int
	// attached is what the owner of the records notes of a batch.
	attached any
}

func newBatch(snap snapshot) *batch {
	return &batch{snap: snap, changes: make(map[string]record)}
}

// errTooBig means that a job's changes don't fit into one transaction.
var errTooBig = errors.New("the change is too big for one transaction")

// maxTransaction is how many bytes of changes go into one transaction, by the
// estimate of kvTx.put. The engine's cap is 15 % of a memtable, 1.2 MiB, with a
// different estimate.
const maxTransaction = 768 << 10

// recordOverhead is what a change costs beyond its key and value. The engine
// also caps the number of entries, at one for each 96 bytes of its cap.
const recordOverhead = 64

// kvTx is what one job sees and changes: its own changes first, then those of
// the jobs before it in the batch, then what is committed. A job that fails
// leaves nothing behind.
type kvTx struct {
	batch   *batch
	changes map[string]record
	// size is how many bytes of changes there are, by an estimate.
	size int
	// kept is called when the changes have become part of the batch.
	kept func()
}

func (b *batch) begin() *kvTx { return &kvTx{batch: b} }

// keep makes a job's changes part of the batch.
func (b *batch) keep(t *kvTx) {
	for key, r := range t.changes {
		b.changes[key] = r
	}
	if t.kept != nil {
		t.kept()
	}
	b.size += t.size
}

func (t *kvTx) get(key []byte) (record, error) {
	if len(t.changes) > 0 {
		if r, ok := t.changes[string(key)]; ok {
			return unlessGone(r)
		}
	}
	if r, ok := t.batch.changes[string(key)]; ok {
		return unlessGone(r)
	}
	return t.batch.snap.get(key)
}

func unlessGone(r record) (record, error) {
	if r.gone {
		return record{}, chat.ErrNotFound
	}
	return r, nil
}

// has reports whether there is a record, without reading it.
func (t *kvTx) has(key []byte) (bool, error) {
	for _, changes := range []map[string]record{t.changes, t.batch.changes} {
		if r, ok := changes[string(key)]; ok {
			return !r.gone, nil
		}
	}
	_, err := t.batch.snap.item(key)
	return err == nil, unlessNotFound(err)
}

// pending returns a record that this batch has changed.
func (t *kvTx) pending(key []byte) (record, bool) {
	if r, ok := t.changes[string(key)]; ok {
		return r, !r.gone
	}
	r, ok := t.batch.changes[string(key)]
	return r, ok && !r.gone
}

// changedBefore reports whether a job before this one in the batch has changed
// a record.
func (t *kvTx) changedBefore(key []byte) bool {
	_, changed := t.batch.changes[string(key)]
	return changed
}

// putBefore goes through the records that the jobs before this one have put.
func (t *kvTx) putBefore() iter.Seq2[string, record] {
	return func(yield func(string, record) bool) {
		for key, r := range t.batch.changes {
			if !r.gone && !yield(key, r) {
				return
			}
		}
	}
}

// put changes a record.
func (t *kvTx) put(key []byte, r record) {
	if t.changes == nil {
		t.changes = make(map[string]record, 4)
	}
	t.changes[string(key)] = r
	t.size += len(key) + len(r.value) + recordOverhead
}

func (t *kvTx) delete(key []byte) { t.put(key, record{gone: true}) }

// putJSON changes a record to a value as JSON, which is forgotten at so many
// seconds since 1970; zero for never.
func (t *kvTx) putJSON(key []byte, v any, expires uint64) error {
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
