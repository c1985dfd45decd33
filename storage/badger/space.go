package badger

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// How stale the last look at the disk may be before another write.
const (
	spaceCheckEvery = 100 * time.Millisecond
	spaceCheckBytes = 1 << 20
)

// space refuses writes while the disk is nearly full. Only the writer uses it.
type space struct {
	path    string
	reserve uint64
	free    func(string) (uint64, error)
	log     *slog.Logger
	every   time.Duration

	looked  time.Time
	written int
	err     error // what the last look found
}

// check reports whether so many bytes may be written now. While the disk is
// full it looks each time, so that it heals at once.
func (s *space) check(size int) error {
	s.written += size
	if s.err == nil && s.written < spaceCheckBytes && time.Since(s.looked) < s.every {
		return nil
	}
	s.written, s.looked = size, time.Now()
	err := enoughSpace(s.path, s.reserve, s.free)
	switch {
	case err != nil && s.err == nil:
		s.log.Error("refusing to store anything new", "path", s.path, "error", err)
	case err == nil && s.err != nil:
		s.log.Info("storing again: the disk has room", "path", s.path)
	}
	s.err = err
	return err
}

func enoughSpace(path string, need uint64, free func(string) (uint64, error)) error {
	have, err := free(path)
	if err != nil {
		return unavailable("looking for free disk space", err)
	}
	if have < need {
		return unavailable("storing", fmt.Errorf("%w: %d MB free of %d needed; make room on the disk that holds %s",
			ErrFull, have>>20, need>>20, path))
	}
	return nil
}

// ErrFull means that the disk has less room than the store keeps in reserve.
var ErrFull = errors.New("disk nearly full")
