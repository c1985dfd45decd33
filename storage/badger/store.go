package badger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Store is a chat.Store in a directory.
type Store struct {
	opts   Options
	log    *slog.Logger
	inbox  *inbox
	probe  probe
	unsent unsent
	feed   feed

	damages damages
	// faulted tells that a read has panicked, perhaps with a lock of the engine.
	faulted  atomic.Bool
	identity identity
	// from is the first commit of which each later one has its record.
	from uint64

	queue   chan *job
	written chan struct{} // closed when the writer has ended
	stop    chan struct{} // closed when Close has begun

	// closing guards closed, so that nobody sends on a closed queue.
	closing sync.RWMutex
	closed  bool

	// using is held for reading while the engine is used.
	using sync.RWMutex
	db    *database  // nil while it is broken or after Close
	why   error      // why db is nil
	long  *longReads // of db
	dir   string     // where db's files are

	exclusive  sync.Mutex // held by a backup or a compaction
	background sync.WaitGroup
	closeOnce  sync.Once
	closeErr   error
}

var _ chat.Store = (*Store)(nil)

// current returns the engine, or nil while there is none. It is for the
// writer, which alone replaces it.
func (s *Store) current() *database {
	s.using.RLock()
	defer s.using.RUnlock()
	return s.db
}

// unusable returns why there is no engine.
func (s *Store) unusable() error {
	s.using.RLock()
	defer s.using.RUnlock()
	return s.why
}

// view reads from a snapshot of all that is committed.
func (s *Store) view(ctx context.Context, read func(snapshot) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.using.RLock()
	defer s.using.RUnlock()
	if s.db == nil {
		return s.why
	}
	// The engine panics in readers where a write has just left it broken, and
	// where a file in a memory map was cut off.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			s.faulted.Store(true)
			s.log.Error("failing a read that panicked", "panic", p, "stack", string(debug.Stack()), "remedy", openRemedy(s.opts.Path))
			err = unavailable("reading", fmt.Errorf("panic: %v", p))
		}
	}()
	snap := s.db.read()
	defer snap.close()
	return read(snap)
}

// Close finishes what is queued, ends the background work and closes the
// directory. It may be called again.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.closing.Lock()
		s.closed = true
		close(s.queue)
		s.closing.Unlock()
		close(s.stop)
		<-s.written
		s.background.Wait()

		s.using.Lock()
		db, long := s.db, s.long
		s.db, s.why = nil, errClosed
		s.using.Unlock()
		if db == nil {
			return
		}
		long.stop()
		if err := errors.Join(s.closeForGood(db), s.probe.close()); err != nil {
			s.closeErr = fmt.Errorf("closing store: %w", err)
		}
	})
	return s.closeErr
}

// closeEngine closes an engine, which writes much of what it has in memory.
func (s *Store) closeEngine(db *database) error {
	_ = s.probe.touch() // waits while the disk hangs; closing is due in any case
	if db.guard == nil {
		return db.Close()
	}
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	var late <-chan time.Time
	if s.faulted.Load() {
		late = time.After(faultedCloseTimeout)
	}
	select {
	case <-late:
		return errors.New("the engine does not close after a read that panicked: leaving its files as they are")
	case err := <-closed:
		db.guard.close()
		return err
	case <-db.guard.stopped:
		// A merge of damaged tables is held up for good. What was acknowledged
		// is in the engine's log.
		return fmt.Errorf("%w: leaving its files as they are", ErrDamaged)
	}
}

// faultedCloseTimeout bounds how long closing may take after a read that
// panicked. What was acknowledged is in the engine's log.
const faultedCloseTimeout = 5 * time.Second

// closeForGood closes the engine and notes what is known of its files. Where
// these are not there any more it leaves everything alone: the engine would
// write to whatever has come in their place.
func (s *Store) closeForGood(db *database) error {
	if err := s.identity.directories(); err != nil {
		return err
	}
	tables := db.guard.knownTables()
	if err := s.closeEngine(db); err != nil {
		return err
	}
	if err := s.noteClosed(tables); err != nil { // what was noted last is true as well
		s.log.Warn("noting what the store has", "path", s.opts.Path, "error", err)
	}
	return nil
}

// isNotFound tells what is absent from what can't be read.
func isNotFound(err error) bool { return errors.Is(err, chat.ErrNotFound) }

// unlessNotFound is for what may well be absent.
func unlessNotFound(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}
