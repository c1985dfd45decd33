package caddymodule

import "time"

// SetPatience has responses and the end of a server wait longer for the store
// than sites and operators would: for tests of what is decided, on machines
// that may be busy.
func SetPatience(d time.Duration) (restore func()) {
	e, s := evidenceTime, stopTime
	evidenceTime, stopTime = d, d
	return func() { evidenceTime, stopTime = e, s }
}
