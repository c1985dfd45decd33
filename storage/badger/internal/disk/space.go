package disk

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Space refuses writes while the disk is nearly full. Only the writer uses it.
type Space struct {
	Path    string
	Reserve uint64
	Free    func(string) (uint64, error)
	Log     *slog.Logger

	err error // what the last look found
}

// Check reports whether something may be written now. It looks each time, which
// is a system call beside the many of a commit.
func (s *Space) Check() error {
	err := EnoughSpace(s.Path, s.Reserve, s.Free)
	switch {
	case err != nil && s.err == nil:
		s.Log.Error("refusing to store anything new", "path", s.Path, "error", err)
	case err == nil && s.err != nil:
		s.Log.Info("storing again: the disk has room", "path", s.Path)
	}
	s.err = err
	return err
}

// EnoughSpace reports whether so many bytes are free. ErrFull if they are not.
func EnoughSpace(path string, need uint64, free func(string) (uint64, error)) error {
	have, err := free(path)
	if err != nil {
		return unavailable.When("looking for free disk space", err)
	}
	if have < need {
		return unavailable.When("storing", fmt.Errorf("%w: %d MB free of %d needed; make room on the disk that holds %s",
			ErrFull, have>>20, need>>20, path))
	}
	return nil
}

// ErrFull means that the disk has less room than the store keeps in reserve.
var ErrFull = errors.New("disk nearly full")
