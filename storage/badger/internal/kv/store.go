package kv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Store is records by their keys, in a directory. One goroutine writes, the
// writer; reads run beside it on snapshots.
type Store struct {
	Opts      directory.Options
	log       *slog.Logger
	hooks     Hooks
	DiskCheck disk.Check

	damages damages
	// faulted tells that a read has panicked, perhaps with a lock of the engine.
	faulted  atomic.Bool
	Identity directory.Identity
	// from is the first commit of which each later one has its record.
	from uint64

	queue   chan *job
	written chan struct{} // closed when the writer has ended
	Stop    chan struct{} // closed when Close has begun

	// closing guards closed, so that nobody sends on a closed queue.
	closing sync.RWMutex
	closed  bool

	// Using is held for reading while the engine is used.
	Using sync.RWMutex
	db    *database.DB // nil while it is broken or after Close
	why   error        // why db is nil
	long  *longReads   // of db
	dir   string       // where db's files are

	exclusive  sync.Mutex // held by a backup or a compaction
	noting     sync.Mutex // held by who writes KNOWN
	background sync.WaitGroup
	closeOnce  sync.Once
	closeErr   error
}

// Current returns the engine, or nil while there is none. It is for the
// writer, which alone replaces it.
func (s *Store) Current() *database.DB {
	s.Using.RLock()
	defer s.Using.RUnlock()
	return s.db
}

// Directory returns where the files are that count.
func (s *Store) Directory() string {
	s.Using.RLock()
	defer s.Using.RUnlock()
	return s.dir
}

// unusable returns why there is no engine.
func (s *Store) unusable() error {
	s.Using.RLock()
	defer s.Using.RUnlock()
	return s.why
}

// View reads from a snapshot of all that is committed.
func (s *Store) View(ctx context.Context, read func(database.Snapshot) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.Using.RLock()
	defer s.Using.RUnlock()
	if s.db == nil {
		return s.why
	}
	// The engine panics in readers where a write has just left it broken, and
	// where a file in a memory map was cut off.
	defer panics.OnFault()()
	defer panics.Handle(func(p *panics.Panic) { err = s.readPanicked(p) })
	snap := s.db.Read()
	defer snap.Close()
	return read(snap)
}

// readPanicked notes that a read has panicked, and returns its error.
func (s *Store) readPanicked(p *panics.Panic) error {
	s.panicked(p)
	s.log.Error("failing a read that panicked", "panic", p.Value, "stack", p.Stack, "remedy", directory.OpenRemedy(s.Opts.Path))
	return unavailable.When("reading", p)
}

// RoomFor reports whether the reserve is free so many times. ErrFull if it is not.
func (s *Store) RoomFor(reserves uint64) error {
	return disk.EnoughSpace(s.Opts.Path, reserves*s.Opts.ReserveBytes, s.Opts.Free)
}

// Close finishes what is queued, ends the background work and closes the
// directory. It may be called again.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.closing.Lock()
		s.closed = true
		close(s.queue)
		s.closing.Unlock()
		close(s.Stop)
		<-s.written
		s.background.Wait()

		s.Using.Lock()
		db, long := s.db, s.long
		s.db, s.why = nil, errClosed
		s.Using.Unlock()
		if db == nil {
			return
		}
		long.stop()
		if err := errors.Join(s.closeForGood(db), s.DiskCheck.Close()); err != nil {
			s.closeErr = fmt.Errorf("closing store: %w", err)
		}
	})
	return s.closeErr
}

// closeEngine closes an engine, which writes much of what it has in memory.
func (s *Store) closeEngine(db *database.DB) error {
	_ = s.DiskCheck.Touch() // waits while the disk hangs; closing is due in any case
	if db.Verifier == nil {
		return s.closeSafely(db)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.closeSafely(db) }()
	var late <-chan time.Time
	if s.faulted.Load() {
		late = time.After(faultedCloseTimeout)
	}
	select {
	case <-late:
		return errors.New("the engine does not close after a read that panicked: leaving its files as they are")
	case err := <-closed:
		db.Verifier.Close()
		return err
	case <-db.Verifier.Stopped:
		// A merge of damaged tables is held up for good. What was acknowledged
		// is in the engine's log.
		return fmt.Errorf("%w: leaving its files as they are", chat.ErrDamaged)
	}
}

// closeSafely closes an engine. A panic in it, as where a file in a memory map can't
// be read, is an error; the engine may then hold its lock until the process ends.
func (s *Store) closeSafely(db *database.DB) (err error) {
	defer panics.OnFault()()
	defer panics.Handle(func(p *panics.Panic) {
		s.log.Error("closing the storage engine panicked", "panic", p.Value, "stack", p.Stack)
		err = p
	})
	return db.Close()
}

// faultedCloseTimeout bounds how long closing may take after a read that
// panicked. What was acknowledged is in the engine's log.
const faultedCloseTimeout = 5 * time.Second

// closeForGood closes the engine and notes what is known of its files. Where
// these are not there any more it leaves everything alone: the engine would
// write to whatever has come in their place.
func (s *Store) closeForGood(db *database.DB) error {
	if err := s.Identity.Directories(); err != nil {
		return err
	}
	tables := db.Verifier.KnownTables()
	if err := s.closeEngine(db); err != nil {
		return err
	}
	if err := s.noteClosed(tables); err != nil { // what was noted last is true as well
		s.log.Warn("noting what the store has", "path", s.Opts.Path, "error", err)
	}
	return nil
}

// errClosing ends what takes its time when the engine is closed meanwhile.
var errClosing = unavailable.When("reading", errors.New("the store is being closed"))

var errClosed = unavailable.When("using the store", errors.New("it is closed"))

// ErrMoved means that the engine was replaced since something was looked for,
// so that what came since can't be told from what was there.
var ErrMoved = errors.New("the files were replaced meanwhile")
