package kv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/internal/program"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
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
func (s *Store) broken(db *database.DB, cause error) {
	if long, out := s.takeOut(db, fmt.Errorf("a write failed: %w", cause)); out {
		s.log.Error("closing the store after a failed write, to open it again", "path", s.Opts.Path, "error", cause)
		s.background.Go(func() { s.reopen(db, long) })
	}
}

// takeOut takes an engine out of use, unless somebody else has.
func (s *Store) takeOut(db *database.DB, why error) (*longReads, bool) {
	s.Using.Lock()
	defer s.Using.Unlock()
	if s.db != db {
		return nil, false
	}
	s.db, s.why = nil, unavailable.When("using the store", why)
	return s.long, true
}

// lose takes the engine out of use since its files are not what they were, and
// returns why nothing is acknowledged.
func (s *Store) lose(db *database.DB, cause error) error {
	if errors.Is(cause, directory.ErrCut) {
		if err := s.Identity.Uncut(); err != nil {
			cause = errors.Join(cause, err)
		}
		s.broken(db, cause)
		return unavailable.When("writing", cause)
	}
	if long, out := s.takeOut(db, cause); out {
		s.log.Error("the store's directory was moved, replaced or deleted: nothing is acknowledged any more; "+
			"put the directory back, or restart the server to use what is there now (restored from the last backup with `"+program.Name()+" chat restore`, say)",
			"path", s.Opts.Path, "error", cause)
		s.background.Go(func() { s.awaitBack(db, long) })
	}
	return unavailable.When("writing", cause)
}

// awaitBack waits until the engine's own files are back, and opens the store
// again. It does not close the engine before: that writes and deletes files by
// their names, which may be those of another store now.
func (s *Store) awaitBack(db *database.DB, long *longReads) {
	for wait := reopenFirst; s.Identity.Directories() != nil; wait = min(2*wait, reopenMost) {
		select {
		case <-time.After(wait):
		case <-s.Stop:
			return
		}
	}
	s.reopen(db, long)
}

// reopen closes the engine and opens it again, however long that takes.
func (s *Store) reopen(broken *database.DB, long *longReads) {
	closed := make(chan struct{})
	go func() { // the engine waits for a vanished disk without end
		defer close(closed)
		defer panics.OnFault()()
		defer panics.Log(s.log, "closing the broken store")
		long.stop()
		if err := errors.Join(s.closeEngine(broken), s.DiskCheck.Close()); err != nil {
			s.log.Warn("closing the broken store", "error", err)
		}
	}()
	select {
	case <-closed:
	case <-s.Stop:
		return
	}
	for wait := reopenFirst; ; wait = min(2*wait, reopenMost) {
		o, err := s.OpenAgain()
		if err == nil {
			if err = s.Identity.Take(s.Opts.Path, o.dir, &s.DiskCheck, nil); err != nil {
				err = errors.Join(err, s.closeEngine(o.db), s.DiskCheck.Close())
			}
		}
		if err == nil {
			s.Using.Lock()
			s.install(o)
			s.Using.Unlock()
			s.note(o.db, o.dir)
			s.log.Info("the store is open again", "path", s.Opts.Path)
			return
		}
		s.log.Warn("opening the store again", "error", err, "retry", wait)
		select {
		case <-time.After(wait):
		case <-s.Stop:
			return
		}
	}
}

// OpenAgain opens what was open before. It never makes a new store: where the
// disk is gone, that would begin another history in the place of this one.
func (s *Store) OpenAgain() (Opened, error) {
	dir, err := directory.Current(s.Opts.Path)
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, engine.ManifestFilename))
	}
	if err != nil {
		return Opened{}, fmt.Errorf("the data is gone (is its disk mounted?): %w", err)
	}
	return s.openEngine(context.Background())
}
