package replytime

import (
	"time"

	"github.com/parley-chat/parley/chat"
)

// A wait is that of one visitor for one answer.
type wait struct {
	// asked is when their first message came after the answer before, answered when
	// an agent wrote.
	asked, answered time.Time
	conversation    chat.ConversationID
}

// ofCommit returns the wait that a change has ended.
func ofCommit(c chat.Committed) (wait, bool) {
	if c.Before == nil || c.After == nil || c.Message == nil || c.Message.Author.Side != chat.Agent {
		return wait{}, false
	}
	asked := c.Before.WaitingSince()
	return wait{asked, c.Message.Time, c.After.ID}, !asked.IsZero()
}

// ofMessages returns the waits in a part of a conversation, which is in order. Where
// the part doesn't begin with the first message, what is before its first answer may
// be the end of a longer wait, and is left out.
func ofMessages(id chat.ConversationID, list []chat.Message) []wait {
	var waits []wait
	var asked time.Time
	known := len(list) > 0 && list[0].Seq == 1
	for _, m := range list {
		for _, a := range m.Before {
			if a.Kind == chat.ActivityResolved {
				asked = time.Time{} // an agent saw no need to answer
			}
		}
		switch m.Author.Side {
		case chat.Visitor:
			if known && asked.IsZero() {
				asked = m.Time
			}
		case chat.Agent:
			if !asked.IsZero() {
				waits = append(waits, wait{asked, m.Time, id})
			}
			asked, known = time.Time{}, true
		}
	}
	return waits
}
