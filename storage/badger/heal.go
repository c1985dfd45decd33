package badger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	engine "github.com/dgraph-io/badger/v4"
)

// Waits between attempts to open a broken store again.
const (
	reopenFirst = time.Second
	reopenMost  = 30 * time.Second
)

// broken takes the engine out of use after a write that failed within. It may
// hold half of the write in memory, and some of its later errors end the
// process; opened anew it is whole again, by its log. Until then all calls
// fail.
func (w *writer) broken(cause error) {
	w.using.Lock()
	db, long := w.db, w.long
	w.db, w.why = nil, unavailable("using the store", fmt.Errorf("a write failed: %w", cause))
	w.using.Unlock()
	w.log.Error("closing the store after a failed write, to open it again", "path", w.opts.Path, "error", cause)
	w.background.Go(func() { w.reopen(db, long) })
}

// reopen closes the engine and opens it again, however long that takes.
func (s *Store) reopen(broken *database, long *longReads) {
	closed := make(chan struct{})
	go func() { // the engine waits for a vanished disk without end
		defer close(closed)
		defer func() {
			if p := recover(); p != nil {
				s.log.Warn("closing the broken store", "panic", p)
			}
		}()
		long.stop()
		if err := errors.Join(s.closeEngine(broken), s.probe.close()); err != nil {
			s.log.Warn("closing the broken store", "error", err)
		}
	}()
	select {
	case <-closed:
	case <-s.stop:
		return
	}
	for wait := reopenFirst; ; wait = min(2*wait, reopenMost) {
		o, err := s.openAgain()
		if err == nil {
			s.using.Lock()
			s.install(o)
			s.using.Unlock()
			s.log.Info("the store is open again", "path", s.opts.Path)
			return
		}
		s.log.Warn("opening the store again", "error", err, "retry", wait)
		select {
		case <-time.After(wait):
		case <-s.stop:
			return
		}
	}
}

// openAgain opens what was open before. It never makes a new store: where the
// disk is gone, that would begin another history in the place of this one.
func (s *Store) openAgain() (opened, error) {
	dir, err := currentDirectory(s.opts.Path)
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, engine.ManifestFilename))
	}
	if err != nil {
		return opened{}, fmt.Errorf("the data is gone (is its disk mounted?): %w", err)
	}
	return s.openEngine(context.Background())
}
