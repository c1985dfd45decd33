package kv

import (
	"errors"

	engine "github.com/dgraph-io/badger/v4"

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
	err = db.RunValueLogGC(garbageShare)
	if err != nil && !errors.Is(err, engine.ErrNoRewrite) {
		s.log.Warn("cleaning the value log", "error", err)
	}
	return err == nil
}
