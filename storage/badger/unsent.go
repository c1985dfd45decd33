package badger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/loglimit"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Bounds of files that no message has yet.
const (
	// maxUnsentBytes is how much room all of them take together: 512 MiB. Each
	// counts as a chunk at least, which bounds how many there are, and as the
	// largest file until it is complete.
	maxUnsentBytes = 512 << 20
	// agentShare of that room, as its fraction's denominator, is for agents
	// alone: visitors need no name, and must not shut agents out.
	agentShare = 4
	// uploadReserve is how many times the reserve must be free for a file: a
	// flood of them must leave room for messages.
	uploadReserve = 4
)

// unsent holds back uploads while too many wait for their messages. What has no
// room is refused and nothing is forgotten: an entry is a record on the disk, of
// some 100 bytes in memory, and room counts them all. Several nodes would each
// have to count what the others hold, which the records tell.
type unsent struct {
	mu       sync.Mutex
	underWay map[chat.AttachmentID]sender
	stored   map[chat.AttachmentID]waiting // those that have a record, as last committed
	room     int64                         // that all of them may take, in bytes
	refusals loglimit.Limit
}

// sender is a side of a conversation.
type sender struct {
	conversation chat.ConversationID
	side         chat.Side
}

// waiting is a file that waits for its message, and the room that it takes.
type waiting struct {
	from sender
	room int64
}

func waitingFor(rec layout.UploadRecord) waiting {
	return waiting{sender{rec.Conversation, rec.Side}, max(cmp.Or(rec.Size, chat.MaxAttachment), layout.ChunkSize)}
}

// load begins anew with what a database has.
func (x *unsent) load(db *database.DB) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.stored = make(map[chat.AttachmentID]waiting)
	snap := db.Read()
	defer snap.Close()
	database.EachUpload(snap, func(rec layout.UploadRecord) { x.stored[rec.ID] = waitingFor(rec) },
		func(chat.AttachmentID, error) {}) // DropUploads logs it
}

// apply follows what was committed. It is the records themselves that are
// followed, so nothing that fails can make the count wrong.
func (x *unsent) apply(changes map[string]database.Record) {
	for key, r := range changes {
		if key[0] == layout.KindUpload {
			x.applyOne(chat.AttachmentID(key[1:]), r)
		}
	}
}

func (x *unsent) applyOne(id chat.AttachmentID, r database.Record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	rec, err := layout.DecodeJSON[layout.UploadRecord](r.Value)
	if r.Gone || err != nil { // one that can't be read counts as little as on opening
		delete(x.stored, id)
		return
	}
	x.stored[id] = waitingFor(rec)
}

// admit takes up an upload, or says why there is no room for it. The function
// returned must be called when it is over.
func (s *Store) admit(u chat.Upload) (over func(), err error) {
	x := &s.unsent
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, there := x.underWay[u.ID]; there {
		return nil, fmt.Errorf("upload %s: %w", u.ID, chat.ErrConflict)
	}
	from := sender{u.Conversation, u.Side}
	files, bytes := x.count(from)
	if files >= chat.MaxUnsent {
		return nil, chat.ErrTooManyUnsent
	}
	if most := x.mostFor(u.Side); bytes+chat.MaxAttachment > most {
		err := unavailable.When("keeping a file", fmt.Errorf("%d MB are taken by files that wait for their messages, and the %s side may fill %d MB", bytes>>20, u.Side, most>>20))
		x.refusals.Log(s.log, slog.LevelWarn, "refusing files until some that wait are sent or forgotten; messages are not concerned", "error", err)
		return nil, err
	}
	if x.underWay == nil {
		x.underWay = make(map[chat.AttachmentID]sender)
	}
	x.underWay[u.ID] = from
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		delete(x.underWay, u.ID)
	}, nil
}

// mostFor returns how much room may be taken for a side to get some.
func (x *unsent) mostFor(side chat.Side) int64 {
	most := x.room
	if side != chat.Agent {
		most -= most / agentShare
	}
	return most
}

// count returns how many files of a sender no message has, under way ones
// among them, and the room that those of all senders take.
func (x *unsent) count(from sender) (files int, bytes int64) {
	add := func(w waiting) {
		if w.from == from {
			files++
		}
		bytes += w.room
	}
	for _, by := range x.underWay {
		add(waiting{by, chat.MaxAttachment})
	}
	for id, w := range x.stored {
		if _, counted := x.underWay[id]; !counted {
			add(w)
		}
	}
	return files, bytes
}

// dropOldUploads forgets uploads that nobody sent in time.
func (s *Store) dropOldUploads(ctx context.Context) {
	err := s.DropUploads(ctx, time.Now().Add(-chat.UploadRetention))
	if err != nil && !errors.Is(err, chat.ErrUnavailable) {
		s.log.Warn("forgetting uploads that were not sent", "error", err)
	}
}
