package caddytest

import (
	"time"

	"github.com/parley-chat/parley/internal/timeouts"
	_ "github.com/parley-chat/parley/internal/timeouts/patient" // where a test does not say otherwise
)

// Sockets are checked where a test has them checked, and who does not answer is
// there all the same.
func init() { timeouts.Heartbeat, timeouts.Silence = time.Hour, time.Hour }

// SetHeartbeat has servers that are started from now on check their sockets at
// another interval.
func SetHeartbeat(d time.Duration) (restore func()) {
	h := timeouts.Heartbeat
	timeouts.Heartbeat = d
	return func() { timeouts.Heartbeat = h }
}
