package badger

import (
	"context"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// A conversation may have more in it than one transaction deletes. It goes in
// one transaction all the same, so that nobody finds what was in it, and is
// noted as doomed. Then the rest is swept away in steps, others' writes in
// between. What a crash leaves goes after the next start, or in the next hour.

// dropConversation deletes a conversation and dooms what is in it. One that is
// not there is no error.
func (t *tx) dropConversation(id chat.ConversationID) error {
	c, err := t.conversation(id)
	if err != nil {
		return unlessNotFound(err)
	}
	t.delete(conversationKey(id))
	t.delete(trimKey(id)) // there is nothing left to keep what is trimmed apart from
	t.put(doomedKey(id), record{value: seqValue(c.Last)})
	if t.convs == nil {
		t.convs = make(map[chat.ConversationID]*chat.Conversation, 1)
	}
	t.convs[id] = nil
	t.committed = append(t.committed, chat.Committed{Before: c})
	return nil
}

// sweepAll deletes the rest of all conversations that are gone.
func (s *Store) sweepAll(ctx context.Context) error {
	var ids []chat.ConversationID
	err := s.view(ctx, func(snap snapshot) error {
		eachKey(snap.txn, []byte{kindDoomed}, func(key []byte) {
			ids = append(ids, chat.ConversationID(key[1:]))
		})
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.sweep(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// finishDeleting deletes what was doomed before the store was closed.
func (s *Store) finishDeleting() {
	ctx, end := s.untilClosed()
	defer end()
	if err := s.sweepAll(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("deleting the rest of deleted conversations; trying again in an hour", "error", err)
	}
}

// sweep deletes the rest of a conversation that is gone.
func (s *Store) sweep(ctx context.Context, id chat.ConversationID) error {
	uploads, err := s.unsentOf(ctx, id)
	if err != nil {
		return err
	}
	for done := false; !done; {
		if err := s.change(ctx, func(t *tx) (err error) {
			done, err = t.sweep(id, uploads)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// sweep deletes some of what is left of a conversation, and of its uploads, and
// reports whether that was all.
func (t *tx) sweep(id chat.ConversationID, uploads []chat.AttachmentID) (done bool, err error) {
	doomed, err := t.get(doomedKey(id))
	if err != nil {
		return true, unlessNotFound(err) // it is not doomed, or somebody else was quicker
	}
	last, err := decodeLast(doomed.value)
	if err != nil {
		return false, err
	}
	if err := t.sweepMessages(id, last); err != nil {
		return false, err
	}
	if err := t.sweepUploads(uploads); err != nil {
		return false, err
	}
	it := t.batch.snap.txn.NewIterator(engine.IteratorOptions{Prefix: clientIDPrefix(id)})
	defer it.Close()
	for it.Rewind(); it.Valid() && t.size < sweepSize; it.Next() {
		t.delete(it.Item().KeyCopy(nil))
	}
	if t.size > 0 {
		return false, nil
	}
	t.delete(doomedKey(id))
	return true, nil
}

// sweepSize is how many bytes of deletions, at about 100 each, one step makes.
const sweepSize = maxTransaction / 4

// sweepMessages deletes messages with their files. Behind the last one there
// may be copies that an interrupted claim has left: their files are those of
// messages elsewhere.
func (t *tx) sweepMessages(id chat.ConversationID, last chat.Seq) error {
	it := t.batch.snap.txn.NewIterator(engine.IteratorOptions{Prefix: messagePrefix(id)})
	defer it.Close()
	for it.Rewind(); it.Valid() && t.size < sweepSize; it.Next() {
		item := it.Item()
		if seq := messageSeq(item.Key()); seq <= last {
			if err := t.dropFiles(seq, item); err != nil {
				return err
			}
		}
		t.delete(item.KeyCopy(nil))
	}
	return nil
}

// dropFiles deletes the files of a message. One that can't be read has none
// that could be found.
func (t *tx) dropFiles(seq chat.Seq, item *engine.Item) error {
	return item.Value(func(value []byte) error {
		m, err := decodeMessage(seq, value)
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
	err = s.view(ctx, func(snap snapshot) error {
		snap.eachUpload(func(rec uploadRecord) {
			if rec.Conversation == id {
				ids = append(ids, rec.ID)
			}
		}, s.badUpload)
		return nil
	})
	return ids, err
}

// sweepUploads deletes the files that were never sent.
func (t *tx) sweepUploads(uploads []chat.AttachmentID) error {
	for _, id := range uploads {
		if t.size >= sweepSize {
			return nil
		}
		there, err := t.has(uploadKey(id))
		if err == nil && there {
			err = t.dropUpload(id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readTime returns the time that a record of the store's upkeep holds.
func readTime(r reader, key []byte) (time.Time, error) {
	stored, err := r.get(key)
	if isNotFound(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, string(stored.value))
	if err != nil {
		return time.Time{}, unavailable("reading "+string(key), err)
	}
	return at, nil
}

func timeRecord(at time.Time) record {
	return record{value: at.UTC().AppendFormat(nil, time.RFC3339Nano)}
}
