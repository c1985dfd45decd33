package badger

import (
	"context"
	"errors"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// garbageEvery is how often uploads that were never sent are forgotten, and the
// value log is looked through for files of which most is deleted.
const garbageEvery = time.Hour

// garbageShare is how much of a file must be dead for it to be rewritten.
const garbageShare = 0.5

func (s *Store) collectGarbage() {
	tick := time.NewTicker(garbageEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			s.dropOldUploads(context.Background())
			for s.collectOnce() {
			}
		}
	}
}

// collectOnce rewrites one file of the value log. It reports whether there may
// be another.
func (s *Store) collectOnce() bool {
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

// dropOldUploads forgets uploads that nobody sent in time.
func (s *Store) dropOldUploads(ctx context.Context) {
	err := s.DropUploads(ctx, time.Now().Add(-chat.UploadKept))
	if err != nil && !errors.Is(err, chat.ErrUnavailable) {
		s.log.Warn("forgetting uploads that were not sent", "error", err)
	}
}
