package caddymodule

import "time"

// SetProbeTimes has configurations that are loaded from now on ask applications
// more often, or with other patience, than is good for them.
func SetProbeTimes(every, retry, patience time.Duration) (restore func()) {
	e, r, p := probeEvery, probeRetry, probeTime
	probeEvery, probeRetry, probeTime = every, retry, patience
	return func() { probeEvery, probeRetry, probeTime = e, r, p }
}
