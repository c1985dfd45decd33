package caddymodule

import "time"

// SetProbeTimes has configurations that are loaded from now on ask applications
// more often, or with other patience, than is good for them.
func SetProbeTimes(every, retry, patience time.Duration) (restore func()) {
	e, r, p := probeEvery, probeRetry, probeTime
	probeEvery, probeRetry, probeTime = every, retry, patience
	return func() { probeEvery, probeRetry, probeTime = e, r, p }
}

// SetPatience has responses and the end of a server wait longer for the store
// than sites and operators would: for tests of what is decided, on machines
// that may be busy.
func SetPatience(d time.Duration) (restore func()) {
	e, s := evidenceTime, stopTime
	evidenceTime, stopTime = d, d
	return func() { evidenceTime, stopTime = e, s }
}
