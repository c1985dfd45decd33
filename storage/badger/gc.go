package badger

import (
	"errors"
	"time"

	engine "github.com/dgraph-io/badger/v4"
)

// garbageEvery is how often the value log is looked through for files that are
// mostly dead. There is seldom any: values of ordinary size live in the tree.
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
			s.collectOnce()
		}
	}
}

func (s *Store) collectOnce() {
	if enoughSpace(s.opts.Path, s.opts.ReserveBytes, s.opts.Free) != nil {
		return // rewriting takes room first; the writer reports it
	}
	s.using.RLock()
	defer s.using.RUnlock()
	if s.db == nil {
		return
	}
	if err := s.db.RunValueLogGC(garbageShare); err != nil && !errors.Is(err, engine.ErrNoRewrite) {
		s.log.Warn("cleaning the value log", "error", err)
	}
}
