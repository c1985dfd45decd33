package visitor

import "time"

// online reports whether visitors are told that an agent is there: not outside
// of the hours, whoever has a console open.
func (h *Handler) online(agent bool) bool {
	if !agent {
		return false
	}
	open, _ := h.Site.Hours.At(time.Now())
	return open
}

// hours returns what visitors are told of the hours; nil where there are none.
func (h *Handler) hours() *Hours {
	if h.Site.Hours == nil {
		return nil
	}
	now := time.Now()
	open, change := h.Site.Hours.At(now)
	answer := &Hours{Open: open}
	if change.IsZero() {
		return answer
	}
	// Rounded up, or who asks again then would hear of the same state.
	answer.Change = int(change.Sub(now)/time.Second) + 1
	if !open {
		answer.Opens = change.UnixMilli()
	}
	return answer
}
