package badger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/internal/panics"
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
func (s *kvStore) broken(db *database, cause error) {
	if long, out := s.takeOut(db, fmt.Errorf("a write failed: %w", cause)); out {
		s.log.Error("closing the store after a failed write, to open it again", "path", s.opts.Path, "error", cause)
		s.background.Go(func() { s.reopen(db, long) })
	}
}

// takeOut takes an engine out of use, unless somebody else has.
func (s *kvStore) takeOut(db *database, why error) (*longReads, bool) {
	s.using.Lock()
	defer s.using.Unlock()
	if s.db != db {
		return nil, false
	}
	s.db, s.why = nil, unavailable("using the store", why)
	return s.long, true
}

// lose takes the engine out of use since its files are not what they were, and
// returns why nothing is acknowledged.
func (s *kvStore) lose(db *database, cause error) error {
	if errors.Is(cause, errCut) {
		if err := s.identity.uncut(); err != nil {
			cause = errors.Join(cause, err)
		}
		s.broken(db, cause)
		return unavailable("writing", cause)
	}
	if long, out := s.takeOut(db, cause); out {
		s.log.Error("the store's directory was moved, replaced or deleted: nothing is acknowledged any more; "+
			"put the directory back, or restart the server to use what is there now (restored from the last backup with `parley chat restore`, say)",
			"path", s.opts.Path, "error", cause)
		s.background.Go(func() { s.awaitBack(db, long) })
	}
	return unavailable("writing", cause)
}

// awaitBack waits until the engine's own files are back, and opens the store
// again. It does not close the engine before: that writes and deletes files by
// their names, which may be those of another store now.
func (s *kvStore) awaitBack(db *database, long *longReads) {
	for wait := reopenFirst; s.identity.directories() != nil; wait = min(2*wait, reopenMost) {
		select {
		case <-time.After(wait):
		case <-s.stop:
			return
		}
	}
	s.reopen(db, long)
}

// reopen closes the engine and opens it again, however long that takes.
func (s *kvStore) reopen(broken *database, long *longReads) {
	closed := make(chan struct{})
	go func() { // the engine waits for a vanished disk without end
		defer close(closed)
		defer panics.OnFault()()
		defer panics.Log(s.log, "closing the broken store")
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
			if err = s.identity.take(s.opts.Path, o.dir, &s.probe, nil); err != nil {
				err = errors.Join(err, s.closeEngine(o.db), s.probe.close())
			}
		}
		if err == nil {
			s.using.Lock()
			s.install(o)
			s.using.Unlock()
			s.note(o.db, o.dir)
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
func (s *kvStore) openAgain() (opened, error) {
	dir, err := currentDirectory(s.opts.Path)
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, engine.ManifestFilename))
	}
	if err != nil {
		return opened{}, fmt.Errorf("the data is gone (is its disk mounted?): %w", err)
	}
	return s.openEngine(context.Background())
}
