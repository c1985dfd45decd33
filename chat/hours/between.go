package hours

import "time"

// longest is how many changes Between follows.
const longest = 100

// Between returns how long of the time from one moment to another the chat was to be
// answered. Of more than 100 spans it is those that came first.
func (h *Hours) Between(from, to time.Time) time.Duration {
	if !to.After(from) {
		return 0
	}
	if h == nil {
		return to.Sub(from)
	}
	var open time.Duration
	for range longest {
		// Not At, which remembers the present. What changes after the end is not
		// looked for: where the chat is open all week that would be each day of a
		// year. Beside whole days there are those of both ends, and one that the
		// clocks may have skipped.
		days := int(to.Sub(from)/(24*time.Hour)) + 3
		is, change := h.at(from, min(days, horizon))
		if change.IsZero() || !change.Before(to) {
			change = to
		}
		if is {
			open += change.Sub(from)
		}
		if from = change; !from.Before(to) {
			break
		}
	}
	return open
}
