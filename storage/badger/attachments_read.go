package badger

import (
	"context"
	"fmt"
	"io"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Attachment returns an attachment of a message.
func (s *Store) Attachment(ctx context.Context, id chat.ConversationID, seq chat.Seq, a chat.AttachmentID) (chat.Attachment, io.Reader, error) {
	list, err := s.Messages(ctx, id, chat.Range{After: max(seq, 1) - 1, Limit: 1})
	if err != nil {
		return chat.Attachment{}, nil, err
	}
	for _, m := range list {
		for _, at := range m.Attachments {
			if m.Seq == seq && at.ID == a {
				return at, &attachmentReader{ctx: ctx, store: s, of: id, seq: seq, file: at}, nil
			}
		}
	}
	return chat.Attachment{}, nil, chat.ErrNotFound
}

// attachmentReader reads a file chunk by chunk, each from what is stored then,
// so that a slow reader holds up nothing.
type attachmentReader struct {
	ctx   context.Context
	store *Store
	of    chat.ConversationID
	seq   chat.Seq
	file  chat.Attachment
	next  uint64 // chunk
	read  int64  // bytes of all chunks so far
	rest  []byte // of the last one
}

// Read reads on.
func (r *attachmentReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.read >= r.file.Size {
			return 0, io.EOF
		}
		chunk, err := r.chunk()
		if err != nil {
			return 0, err
		}
		r.rest = chunk
		r.next++
		r.read += int64(len(r.rest))
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// chunk reads the next chunk, once more if it is not what it should be: the
// engine gives no value, and no error, where the cleaning of the value log has
// moved it between the look-up and the reading.
func (r *attachmentReader) chunk() (chunk []byte, err error) {
	want := min(layout.ChunkSize, r.file.Size-r.read)
	for range 2 {
		err = r.store.view(r.ctx, func(snap database.Snapshot) error {
			stored, err := snap.Get(layout.ChunkKey(r.file.ID, r.next))
			chunk = stored.Value
			return err
		})
		if database.IsNotFound(err) {
			return nil, r.gone()
		}
		if err == nil && int64(len(chunk)) == want {
			return chunk, nil
		}
	}
	if err == nil {
		err = unavailable.When("reading", fmt.Errorf("%w: chunk %d of the file %s has %d bytes of %d", chat.ErrDamaged, r.next, r.file.ID, len(chunk), want))
	}
	return nil, err
}

// gone tells a chunk whose conversation was deleted meanwhile from one that is
// lost: a message names it.
func (r *attachmentReader) gone() error {
	return r.store.view(r.ctx, func(snap database.Snapshot) error {
		for _, key := range [][]byte{layout.ConversationKey(r.of), layout.MessageKey(r.of, r.seq)} {
			if _, err := snap.Get(key); err != nil {
				return err
			}
		}
		key := layout.ChunkKey(r.file.ID, r.next)
		if _, err := snap.Get(key); !database.IsNotFound(err) {
			return unavailable.When("reading", layout.ErrShort)
		}
		r.store.kv.ReportDamage(chat.Damage{What: database.ErrMissing.Error(), Records: layout.DescribeKey(key)})
		return database.DamagedRecord(key, database.ErrMissing)
	})
}
