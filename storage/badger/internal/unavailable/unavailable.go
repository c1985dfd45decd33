package unavailable

import (
	"github.com/parley-chat/parley/chat"
)

// failure is why the store can't do something. It is chat.ErrUnavailable to
// whoever compares; its text is for the log.
type failure struct {
	doing string
	cause error
}

func When(doing string, cause error) error { return &failure{doing, cause} }

func (f *failure) Error() string { return f.doing + ": " + f.cause.Error() }

func (f *failure) Unwrap() []error { return []error{chat.ErrUnavailable, f.cause} }
