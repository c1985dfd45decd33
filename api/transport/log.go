package transport

import (
	"errors"
	"log/slog"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/loglimit"
)

// failures bounds the log lines of all consoles and sites of the process.
var failures = loglimit.Limit{Burst: 50, Every: time.Second}

// LogFailure logs why an operation failed, unless that is the asker's doing.
// That the store is unavailable is logged by whoever opens it, once.
func LogFailure(log *slog.Logger, op string, err error) {
	var known *chat.Error
	if !errors.As(err, &known) {
		failures.Log(log, slog.LevelError, "answering a frame", "frame", loglimit.Shorten(op), "error", err)
	}
}
