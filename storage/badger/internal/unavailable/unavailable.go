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

// When is the error of something that was being done, and failed for a cause.
func When(doing string, cause error) error { return &failure{doing, cause} }

// Error is for the log.
func (f *failure) Error() string { return f.doing + ": " + f.cause.Error() }

// Unwrap makes it chat.ErrUnavailable, and its cause.
func (f *failure) Unwrap() []error { return []error{chat.ErrUnavailable, f.cause} }
