package badger

import (
	"context"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// A conversation may have more in it than one transaction deletes. It goes in
// one transaction all the same, so that nobody finds what was in it, and leaves a
// tombstone. Then the rest is purged in steps, others' writes in between. What a
// crash leaves goes after the next start, or in the next hour.

// dropConversation deletes a conversation and leaves a tombstone for what is in it. One that is
// not there is no error.
func (t *tx) dropConversation(id chat.ConversationID, erased bool) error {
	c, err := t.conversation(id)
	if err != nil {
		return database.UnlessNotFound(err)
	}
	t.Delete(layout.ConversationKey(id))
	t.Delete(layout.TruncationKey(id)) // there is nothing left to tell what is truncated from
	t.Put(layout.TombstoneKey(id), database.Record{Value: layout.SeqValue(c.Last)})
	t.setConversation(id, nil, chat.Committed{Erased: erased})
	return nil
}

// purgeAll deletes the rest of all conversations that have a tombstone.
func (s *Store) purgeAll(ctx context.Context) error {
	var ids []chat.ConversationID
	err := s.view(ctx, func(snap database.Snapshot) error {
		database.EachKey(snap.Txn, []byte{layout.KindTombstone}, func(key []byte) {
			ids = append(ids, chat.ConversationID(key[1:]))
		})
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.purge(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// finishDeleting purges what was left when the store was closed.
func (s *Store) finishDeleting() {
	ctx, end := s.kv.UntilClosed()
	defer end()
	if err := s.purgeAll(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("deleting the rest of deleted conversations; trying again in an hour", "error", err)
	}
}

// purge deletes the rest of a conversation that is gone.
func (s *Store) purge(ctx context.Context, id chat.ConversationID) error {
	uploads, err := s.unsentOf(ctx, id)
	if err != nil {
		return err
	}
	for done := false; !done; {
		if err := s.change(ctx, func(t *tx) (err error) {
			done, err = t.purge(id, uploads)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// purge deletes some of what is left of a conversation, and of its uploads, and
// reports whether that was all.
func (t *tx) purge(id chat.ConversationID, uploads []chat.AttachmentID) (done bool, err error) {
	tombstone, err := t.Get(layout.TombstoneKey(id))
	if err != nil {
		return true, database.UnlessNotFound(err) // it has none, or somebody else was quicker
	}
	last, err := layout.DecodeLast(tombstone.Value)
	if err != nil {
		return false, err
	}
	if err := t.purgeMessages(id, last); err != nil {
		return false, err
	}
	if err := t.purgeUploads(uploads); err != nil {
		return false, err
	}
	it := t.snap().Txn.NewIterator(engine.IteratorOptions{Prefix: layout.ClientIDPrefix(id)})
	defer it.Close()
	for it.Rewind(); it.Valid() && t.Size < purgeSize; it.Next() {
		t.Delete(it.Item().KeyCopy(nil))
	}
	if t.Size > 0 {
		return false, nil
	}
	t.Delete(layout.TombstoneKey(id))
	return true, nil
}

// purgeSize is how many bytes of deletions, at about 100 each, one step makes.
const purgeSize = kv.MaxTransaction / 4

// purgeMessages deletes messages with their files. Behind the last one there
// may be copies that an interrupted merge has left: their files are those of
// messages elsewhere.
func (t *tx) purgeMessages(id chat.ConversationID, last chat.Seq) error {
	it := t.snap().Txn.NewIterator(engine.IteratorOptions{Prefix: layout.MessagePrefix(id)})
	defer it.Close()
	for it.Rewind(); it.Valid() && t.Size < purgeSize; it.Next() {
		item := it.Item()
		if seq := layout.MessageSeq(item.Key()); seq <= last {
			if err := t.dropFiles(seq, item); err != nil {
				return err
			}
		}
		t.Delete(item.KeyCopy(nil))
	}
	return nil
}

// dropFiles deletes the files of a message. One that can't be read has none
// that could be found.
func (t *tx) dropFiles(seq chat.Seq, item *engine.Item) error {
	return item.Value(func(value []byte) error {
		m, err := layout.DecodeMessage(seq, value)
		if err != nil {
			return nil
		}
		for _, a := range m.Attachments {
			if err := t.dropChunks(a.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// unsentOf returns the files of a conversation that were never sent. There are
// no more of them once it is gone, so they are looked for once, and not while
// the writer waits.
func (s *Store) unsentOf(ctx context.Context, id chat.ConversationID) (ids []chat.AttachmentID, err error) {
	err = s.view(ctx, func(snap database.Snapshot) error {
		database.EachUpload(snap, func(rec layout.UploadRecord) {
			if rec.Conversation == id {
				ids = append(ids, rec.ID)
			}
		}, s.badUpload)
		return nil
	})
	return ids, err
}

// purgeUploads deletes the files that were never sent.
func (t *tx) purgeUploads(uploads []chat.AttachmentID) error {
	for _, id := range uploads {
		if t.Size >= purgeSize {
			return nil
		}
		there, err := t.Has(layout.UploadKey(id))
		if err == nil && there {
			err = t.dropUpload(id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
