package badger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// chunks are buffers for reading files.
var chunks = sync.Pool{New: func() any { return new([layout.ChunkSize]byte) }}

// Upload reads a file and keeps it for a message.
func (s *Store) Upload(ctx context.Context, u chat.Upload, file io.Reader) (chat.Attachment, error) {
	over, err := s.admit(u)
	if err != nil {
		return chat.Attachment{}, err
	}
	defer over()
	rec := layout.UploadRecord{Attachment: chat.Attachment{ID: u.ID, Name: u.Name, Type: u.Type},
		Conversation: u.Conversation, Side: u.Side, Created: u.Created}
	size, err := s.upload(ctx, rec, file)
	if err != nil {
		if !errors.Is(err, chat.ErrConflict) { // else it is another's
			s.dropBroken(ctx, u.ID)
		}
		return chat.Attachment{}, err
	}
	rec.Size = size
	return rec.Attachment, nil
}

// upload stores a file chunk by chunk and returns its size.
func (s *Store) upload(ctx context.Context, rec layout.UploadRecord, file io.Reader) (size int64, err error) {
	buf := chunks.Get().(*[layout.ChunkSize]byte)
	for n := uint64(0); ; n++ {
		read, end, err := readChunk(buf[:], file)
		if err != nil {
			chunks.Put(buf)
			return 0, err
		}
		size += int64(read)
		if err := s.putChunk(ctx, rec, n, buf[:read], size, end); err != nil {
			return 0, err // the writer may still have the buffer: it is not used again
		}
		if end {
			chunks.Put(buf)
			return size, nil
		}
	}
}

// readChunk reads until the buffer is full or the file ends. It is not
// io.ReadFull, which can't tell an end from a connection that was cut off.
func readChunk(buf []byte, file io.Reader) (n int, end bool, err error) {
	for idle := 0; n < len(buf); {
		read, err := file.Read(buf[n:])
		n += read
		if err == io.EOF { // as it is: wrapped, it is no end
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
		if read > 0 {
			idle = 0
		} else if idle++; idle == 100 {
			return n, false, io.ErrNoProgress
		}
	}
	return n, false, nil
}

// putChunk makes one chunk durable, with the upload's record where it begins
// or ends. Size is that of all chunks so far.
func (s *Store) putChunk(ctx context.Context, rec layout.UploadRecord, n uint64, chunk []byte, size int64, end bool) error {
	switch {
	case size > chat.MaxAttachment:
		return chat.ErrTooLarge
	case size == 0:
		return chat.ErrEmpty
	}
	if err := s.kv.RoomFor(uploadReserve); err != nil {
		return err
	}
	if end {
		rec.Size = size
	}
	return s.change(ctx, func(t *tx) error {
		there, err := t.Has(layout.UploadKey(rec.ID))
		switch {
		case err != nil:
			return err
		case n == 0 && there:
			return fmt.Errorf("upload %s: %w", rec.ID, chat.ErrConflict)
		case n == 0:
			if _, err := t.survivor(rec.Conversation); err != nil {
				return err
			}
		case !there: // dropped meanwhile
			return chat.ErrNoUpload
		}
		if len(chunk) > 0 {
			t.Put(layout.ChunkKey(rec.ID, n), database.Record{Value: chunk})
		}
		if n == 0 || end {
			return t.PutJSON(layout.UploadKey(rec.ID), rec, 0)
		}
		return nil
	})
}

// dropBrokenTime bounds how long a failed upload waits to be cleared away.
const dropBrokenTime = 10 * time.Second

// dropBroken clears away what a failed upload left. Where that fails too, as
// on a full disk, it is dropped for its age.
func (s *Store) dropBroken(ctx context.Context, id chat.AttachmentID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropBrokenTime)
	defer cancel()
	err := s.change(ctx, func(t *tx) error {
		if there, err := t.Has(layout.UploadKey(id)); err != nil || !there {
			return err
		}
		return t.dropUpload(id)
	})
	if err != nil && !errors.Is(err, chat.ErrUnavailable) {
		s.log.Warn("clearing away a failed upload", "error", err)
	}
}

// DropUploads forgets uploads that were begun before then.
func (s *Store) DropUploads(ctx context.Context, before time.Time) error {
	var old []chat.AttachmentID
	err := s.view(ctx, func(r database.Snapshot) error {
		database.EachUpload(r, func(rec layout.UploadRecord) {
			if rec.Created.Before(before) {
				old = append(old, rec.ID)
			}
		}, s.badUpload)
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range old {
		err := s.change(ctx, func(t *tx) error {
			// Meanwhile it may have been sent.
			if there, err := t.Has(layout.UploadKey(id)); err != nil || !there {
				return err
			}
			return t.dropUpload(id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// badUpload logs that the record of an upload can't be read.
func (s *Store) badUpload(id chat.AttachmentID, err error) {
	s.log.Warn("leaving an upload that can't be read", "upload", id, "error", err)
}

// dropUpload deletes an upload that no message has.
func (t *tx) dropUpload(id chat.AttachmentID) error {
	t.Delete(layout.UploadKey(id))
	return t.dropChunks(id)
}

// dropChunks deletes the content of a file. Who deletes a message for good
// calls it for each of its attachments, in the same transaction.
func (t *tx) dropChunks(id chat.AttachmentID) error {
	for n := uint64(0); ; n++ {
		key := layout.ChunkKey(id, n)
		if there, err := t.Has(key); err != nil || !there {
			return err
		}
		t.Delete(key)
	}
}

// attach makes uploads the attachments of a message of a conversation, once.
func (t *tx) attach(c *chat.Conversation, side chat.Side, named []chat.Attachment) ([]chat.Attachment, error) {
	out := make([]chat.Attachment, len(named))
	for i, a := range named {
		rec, err := readUpload(t, a.ID)
		if err != nil {
			return nil, orNoUpload(err)
		}
		if rec.Size == 0 || rec.Side != side {
			return nil, chat.ErrNoUpload
		}
		// A merge may have taken its conversation over meanwhile.
		now, err := t.survivor(rec.Conversation)
		if err != nil {
			return nil, orNoUpload(err)
		}
		if now.ID != c.ID {
			return nil, chat.ErrNoUpload
		}
		t.Delete(layout.UploadKey(a.ID))
		out[i] = rec.Attachment
	}
	return out, nil
}

func orNoUpload(err error) error {
	if database.IsNotFound(err) {
		return chat.ErrNoUpload
	}
	return err
}

func readUpload(r database.Reader, id chat.AttachmentID) (layout.UploadRecord, error) {
	stored, err := r.Get(layout.UploadKey(id))
	if err != nil {
		return layout.UploadRecord{}, err
	}
	return layout.DecodeJSON[layout.UploadRecord](stored.Value)
}
