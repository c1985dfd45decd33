package badger

import "github.com/parley-chat/parley/chat"

// maxRecent bounds how many conversations the writer remembers; at a
// kilobyte or two each.
const maxRecent = 1024

// recent holds conversations as last committed, so that the next message of a
// lively one needs neither a look-up nor decoding. Only the writer has it, and
// only the writer changes conversations, so it is never behind.
type recent map[chat.ConversationID]*chat.Conversation

// keep remembers what a batch has committed.
func (r recent) keep(changes map[chat.ConversationID]conversationChange) {
	for id, ch := range changes {
		if ch.after == nil {
			delete(r, id)
			continue
		}
		if _, known := r[id]; !known && len(r) >= maxRecent {
			for other := range r { // some other: the order of a map is random
				delete(r, other)
				break
			}
		}
		r[id] = ch.after
	}
}
