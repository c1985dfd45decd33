package badger

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Bounds of files that no message has yet.
const (
	// maxUnsentBytes is how much room all of them take together: 512 MiB. Each
	// counts as a chunk at least, which bounds how many there are, and as the
	// largest file until it is complete.
	maxUnsentBytes = 512 << 20
	// uploadReserve is how many times the reserve must be free for a file: a
	// flood of them must leave room for messages.
	uploadReserve = 4
	// tellUnsentEvery is how often at most the log tells that files are refused.
	tellUnsentEvery = time.Minute
)

// unsent holds back uploads while too many wait for their messages. The zero
// value is ready.
type unsent struct {
	mu       sync.Mutex
	underWay map[chat.AttachmentID]sender
	told     time.Time

	most int64 // for tests; zero for maxUnsentBytes
}

// sender is a side of a conversation.
type sender struct {
	conversation chat.ConversationID
	side         chat.Side
}

// admit takes up an upload, or says why there is no room for it. The function
// returned must be called when it is over. What waits is read from the store
// each time, outside the writer, so that nothing that fails or crashes can
// make the count wrong.
func (s *Store) admit(ctx context.Context, u chat.Upload) (over func(), err error) {
	x := &s.unsent
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, there := x.underWay[u.ID]; there {
		return nil, fmt.Errorf("upload %s: %w", u.ID, chat.ErrConflict)
	}
	from := sender{u.Conversation, u.Side}
	files, bytes, err := s.waiting(ctx, from)
	if err != nil {
		return nil, err
	}
	if files >= chat.MaxUnsent {
		return nil, chat.ErrTooManyUnsent
	}
	if most := cmp.Or(x.most, maxUnsentBytes); bytes+chat.MaxAttachment > most {
		err := unavailable("keeping a file", fmt.Errorf("%d MB of the %d MB for files that wait for their messages are taken", bytes>>20, most>>20))
		if time.Since(x.told) >= tellUnsentEvery {
			x.told = time.Now()
			s.log.Warn("refusing files until some that wait are sent or forgotten; messages are not concerned", "error", err)
		}
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

// waiting returns how many files of a sender no message has, under way ones
// among them, and the room that those of all senders take. The caller has the
// lock of unsent.
func (s *Store) waiting(ctx context.Context, from sender) (files int, bytes int64, err error) {
	count := func(by sender, size int64) {
		if by == from {
			files++
		}
		bytes += size
	}
	for _, by := range s.unsent.underWay {
		count(by, chat.MaxAttachment)
	}
	err = s.view(ctx, func(snap snapshot) error {
		snap.eachUpload(func(rec uploadRecord) {
			if _, counted := s.unsent.underWay[rec.ID]; !counted {
				count(sender{rec.Conversation, rec.Side}, max(cmp.Or(rec.Size, chat.MaxAttachment), chunkSize))
			}
		}, func(chat.AttachmentID, error) {}) // DropUploads logs it
		return nil
	})
	return files, bytes, err
}
