package badger

import (
	linked "container/list"
	"fmt"
	"sync"

	engine "github.com/dgraph-io/badger/v4"
)

// database is an engine whose commits are numbered here ("managed mode").
// Where the engine numbers them, who begins to read waits for all commits that
// are under way, and so for the disk. Here a read is as of the last commit that
// is complete.
//
// One goroutine at a time may write.
type database struct {
	*engine.DB
	guard *guard // nil while nobody reads but who fills it

	mu   sync.Mutex
	last uint64 // number of the last complete commit
	// inUse has the commits as of which somebody reads, the oldest first: the
	// engine must not forget what was true then.
	inUse linked.List // of *asOf
}

// asOf is a commit and how many read as of it.
type asOf struct {
	number  uint64
	readers int
}

// openDatabase opens an engine. Its files are the same in both modes.
func openDatabase(o engine.Options) (*database, error) {
	db, err := engine.OpenManaged(o)
	if err != nil {
		return nil, err
	}
	d := &database{DB: db}
	d.complete(db.MaxVersion())
	return d, nil
}

// read takes a snapshot of all that is committed. Close it.
func (d *database) read() snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.inUse.Back()
	if at == nil || at.Value.(*asOf).number != d.last {
		at = d.inUse.PushBack(&asOf{number: d.last})
	}
	at.Value.(*asOf).readers++
	return snapshot{txn: d.NewTransactionAt(d.last, false), db: d, at: at}
}

// release ends a read.
func (d *database) release(at *linked.Element) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := at.Value.(*asOf)
	if a.readers--; a.readers > 0 || a.number == d.last {
		return // complete removes the last one
	}
	oldest := at == d.inUse.Front()
	d.inUse.Remove(at)
	if oldest {
		d.forget()
	}
}

// skipTo has the numbers go on behind one, so that they never fall back where
// one engine takes the place of another.
func (d *database) skipTo(number uint64) {
	if number >= d.next() {
		d.complete(number)
	}
}

// lastCommit returns the number of the last complete commit.
func (d *database) lastCommit() uint64 { return d.next() - 1 }

// next returns the number for the next commit.
func (d *database) next() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last + 1
}

// complete has those see a commit who begin to read from now on.
func (d *database) complete(number uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.inUse.Back(); at != nil && at.Value.(*asOf).readers == 0 {
		d.inUse.Remove(at)
	}
	d.last = number
	d.forget()
}

// forget lets the engine forget what nobody can read any more.
func (d *database) forget() {
	oldest := d.last
	if at := d.inUse.Front(); at != nil {
		oldest = at.Value.(*asOf).number
	}
	d.SetDiscardTs(oldest)
}

// update makes what change does durable, all or none.
func (d *database) update(change func(*engine.Txn) error) error {
	number := d.next()
	txn := d.NewTransactionAt(number-1, true)
	defer txn.Discard()
	if err := change(txn); err != nil {
		return err
	}
	if err := txn.Set(commitKey, nil); err != nil {
		return fmt.Errorf("%w: %w", errNotWritten, err)
	}
	if err := txn.CommitAt(number, nil); err != nil {
		return err
	}
	d.complete(number)
	return nil
}
