package caddytest

import (
	"time"

	"github.com/parley-chat/parley/internal/timeouts"
)

// ExtendTimeouts has responses and the end of a server wait longer for the store
// than sites and operators would.
func ExtendTimeouts(d time.Duration) (restore func()) {
	e, s := timeouts.Evidence, timeouts.Stop
	timeouts.Evidence, timeouts.Stop = d, d
	return func() { timeouts.Evidence, timeouts.Stop = e, s }
}

// SetHeartbeat has servers that are started from now on check their sockets at
// another interval.
func SetHeartbeat(d time.Duration) (restore func()) {
	h := timeouts.Heartbeat
	timeouts.Heartbeat = d
	return func() { timeouts.Heartbeat = h }
}
