package whoami

import "time"

// SetTimes has configurations that are loaded from now on ask applications
// more often, or with other patience, than is good for them.
func SetTimes(every, retry, patience time.Duration) (restore func()) {
	e, r, p := answerLife, retryInterval, askTimeout
	answerLife, retryInterval, askTimeout = every, retry, patience
	return func() { answerLife, retryInterval, askTimeout = e, r, p }
}
