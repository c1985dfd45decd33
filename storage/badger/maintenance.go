package badger

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chat"
)

// garbageEvery is how often uploads that were never sent are forgotten, and the
// value log is looked through for files of which most is deleted.
const garbageEvery = time.Hour

func (s *Store) collectGarbage() {
	tick := time.NewTicker(garbageEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.kv.Stop:
			return
		case <-tick.C:
			s.dropOldUploads(context.Background())
			for s.kv.CollectOnce() {
			}
		}
	}
}

// dropOldUploads forgets uploads that nobody sent in time.
func (s *Store) dropOldUploads(ctx context.Context) {
	err := s.DropUploads(ctx, time.Now().Add(-chat.UploadRetention))
	if err != nil && !errors.Is(err, chat.ErrUnavailable) {
		s.log.Warn("forgetting uploads that were not sent", "error", err)
	}
}
