package badger

import (
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
	"github.com/parley-chat/parley/storage/badger/internal/database"
)

// maxRecent bounds how many conversations the writer remembers.
const maxRecent = 1024

// recent holds conversations as last committed, so that the next message of a
// lively one needs neither a look-up nor decoding. Only the writer uses it, and
// only the writer changes conversations, so it is never behind.
//
// An entry takes a kilobyte or two. One that is forgotten costs the next change
// of its conversation a look-up. With several nodes it must be cleared whenever
// another node's changes were applied.
type recent struct {
	db    *database.DB // whose conversations these are
	table bounded.Table[chat.ConversationID, *chat.Conversation]
}

// useOf forgets what was committed to another database.
func (r *recent) useOf(db *database.DB) {
	if r.db != db {
		r.db = db
		r.table.Clear()
	}
}

// committed remembers what a batch has committed.
func (r *recent) committed(changes map[chat.ConversationID]conversationChange) {
	for id, ch := range changes {
		if ch.after == nil {
			r.table.Delete(id)
			continue
		}
		r.table.Put(id, ch.after)
	}
}
