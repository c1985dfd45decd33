package badger

import (
	"errors"

	"github.com/parley-chat/parley/chat"
)

// ErrInUse means that another process, or another Store of this one, has the
// directory open. It may be over in a moment, where one server replaces another.
var ErrInUse = errors.New("another server is using this directory")

// ErrFull means that the disk has less room than the store keeps in reserve.
var ErrFull = errors.New("disk nearly full")

// errClosing ends what takes its time when the engine is closed meanwhile.
var errClosing = unavailable("reading", errors.New("the store is being closed"))

var errClosed = unavailable("using the store", errors.New("it is closed"))

// failure is why the store can't do something. It is chat.ErrUnavailable to
// whoever compares; its text is for the log.
type failure struct {
	doing string
	cause error
}

func unavailable(doing string, cause error) error { return &failure{doing, cause} }

func (f *failure) Error() string { return f.doing + ": " + f.cause.Error() }

func (f *failure) Unwrap() []error { return []error{chat.ErrUnavailable, f.cause} }
