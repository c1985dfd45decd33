package badger

import (
	"errors"
	"fmt"
	"log/slog"
)

// space refuses writes while the disk is nearly full. Only the writer uses it.
type space struct {
	path    string
	reserve uint64
	free    func(string) (uint64, error)
	log     *slog.Logger

	err error // what the last look found
}

// check reports whether something may be written now. It looks each time, which
// is a system call beside the many of a commit.
func (s *space) check() error {
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

// enoughSpace reports whether so many bytes are free. ErrFull if they are not.
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
