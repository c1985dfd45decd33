package badger

import (
	"errors"

	engine "github.com/dgraph-io/badger/v4"
)

// garbageShare is how much of a file must be dead for it to be rewritten.
const garbageShare = 0.5

// collectOnce rewrites one file of the value log. It reports whether there may
// be another.
func (s *kvStore) collectOnce() bool {
	select {
	case <-s.stop:
		return false
	default:
	}
	// Rewriting takes room first, for what is not deleted.
	if enoughSpace(s.opts.Path, s.opts.ReserveBytes+valueLogFileSize, s.opts.Free) != nil {
		return false // the writer reports a full disk
	}
	if s.probe.touch() != nil {
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
