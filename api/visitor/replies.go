package visitor

import "time"

// replies returns what visitors are told of how long an answer takes; nil where
// that is not known, or not told.
func (h *Handler) replies() *Replies {
	if h.UsualReply == nil {
		return nil
	}
	const day = 24 * time.Hour
	switch d := h.UsualReply(); {
	case d < time.Minute:
		return nil
	case d < time.Hour:
		return &Replies{int(d / time.Minute), "minute"}
	case d < day:
		return &Replies{int(d / time.Hour), "hour"}
	default:
		return &Replies{int(d / day), "day"}
	}
}
