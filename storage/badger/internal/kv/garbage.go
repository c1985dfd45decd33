package kv

import (
	"errors"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// garbageShare is how much of a file must be dead for it to be rewritten.
const garbageShare = 0.5

// CollectOnce rewrites one file of the value log. It reports whether there may
// be another.
func (s *Store) CollectOnce() bool {
	select {
	case <-s.Stop:
		return false
	default:
	}
	// Rewriting takes room first, for what is not deleted.
	if disk.EnoughSpace(s.Opts.Path, s.Opts.ReserveBytes+directory.ValueLogFileSize, s.Opts.Free) != nil {
		return false // the writer reports a full disk
	}
	if s.DiskCheck.Touch() != nil {
		return false // as for a full disk
	}
	db, long, err := s.hold()
	if err != nil {
		return false
	}
	defer long.n.Done()
	err = s.runCleaning(db)
	if err != nil && !errors.Is(err, engine.ErrNoRewrite) {
		s.log.Warn("cleaning the value log", "error", err)
	}
	return err == nil
}

// runCleaning reads a whole file through its memory map. Where that can't be, it
// fails, and the others are cleaned in the next round.
func (s *Store) runCleaning(db *database.DB) (err error) {
	defer panics.OnFault()()
	defer panics.Handle(func(p *panics.Panic) { err = s.readPanicked(p) })
	return db.RunValueLogGC(garbageShare)
}
