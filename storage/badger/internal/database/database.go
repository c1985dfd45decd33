package database

import (
	linked "container/list"
	"fmt"
	"sync"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// DB is an engine whose commits are numbered here ("managed mode").
// Where the engine numbers them, who begins to read waits for all commits that
// are under way, and so for the disk. Here a read is as of the last commit that
// is complete.
//
// One goroutine at a time may write.
type DB struct {
	*engine.DB
	Verifier *Verifier // nil while nobody reads but who fills it

	mu   sync.Mutex
	last uint64 // number of the last complete commit
	// InUse has the commits as of which somebody reads, the oldest first: the
	// engine must not forget what was true then.
	InUse linked.List // of *asOf
}

// asOf is a commit and how many read as of it.
type asOf struct {
	number  uint64
	readers int
}

// Open opens an engine. Its files are the same in both modes.
func Open(o engine.Options) (*DB, error) {
	db, err := engine.OpenManaged(o)
	if err != nil {
		return nil, err
	}
	d := &DB{DB: db}
	d.Complete(db.MaxVersion())
	return d, nil
}

// Read takes a snapshot of all that is committed. Close it.
func (d *DB) Read() Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.InUse.Back()
	if at == nil || at.Value.(*asOf).number != d.last {
		at = d.InUse.PushBack(&asOf{number: d.last})
	}
	at.Value.(*asOf).readers++
	return Snapshot{Txn: d.NewTransactionAt(d.last, false), DB: d, at: at}
}

// release ends a read.
func (d *DB) release(at *linked.Element) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := at.Value.(*asOf)
	if a.readers--; a.readers > 0 || a.number == d.last {
		return // complete removes the last one
	}
	oldest := at == d.InUse.Front()
	d.InUse.Remove(at)
	if oldest {
		d.forget()
	}
}

// SkipTo has the numbers go on behind one, so that they never fall back where
// one engine takes the place of another.
func (d *DB) SkipTo(number uint64) {
	if number >= d.Next() {
		d.Complete(number)
	}
}

// LastCommit returns the number of the last complete commit.
func (d *DB) LastCommit() uint64 { return d.Next() - 1 }

// Next returns the number for the next commit.
func (d *DB) Next() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last + 1
}

// Complete has those see a commit who begin to read from now on.
func (d *DB) Complete(number uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.InUse.Back(); at != nil && at.Value.(*asOf).readers == 0 {
		d.InUse.Remove(at)
	}
	d.last = number
	d.forget()
}

// forget lets the engine forget what nobody can read any more.
func (d *DB) forget() {
	oldest := d.last
	if at := d.InUse.Front(); at != nil {
		oldest = at.Value.(*asOf).number
	}
	d.SetDiscardTs(oldest)
}

// Update makes what change does durable, all or none.
func (d *DB) Update(change func(*engine.Txn) error) error {
	number := d.Next()
	txn := d.NewTransactionAt(number-1, true)
	defer txn.Discard()
	if err := change(txn); err != nil {
		return err
	}
	if err := txn.Set(layout.CommitKey, nil); err != nil {
		return fmt.Errorf("%w: %w", disk.ErrNotWritten, err)
	}
	if err := txn.CommitAt(number, nil); err != nil {
		return err
	}
	d.Complete(number)
	return nil
}
