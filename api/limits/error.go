package limits

import (
	"time"

	"github.com/parley-chat/parley/chat"
)

// Exceeded is chat.ErrRateLimited with the time after which there will be room.
type Exceeded struct{ Retry time.Duration }

// Error returns the sentence for who asked.
func (e *Exceeded) Error() string { return chat.ErrRateLimited.Text }

// Unwrap returns chat.ErrRateLimited.
func (e *Exceeded) Unwrap() error { return chat.ErrRateLimited }
