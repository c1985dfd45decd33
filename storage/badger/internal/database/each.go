package database

import (
	"context"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// EachUpload calls f for each unsent upload, and bad where a record is damaged:
// one damaged record must not stop what concerns the others.
func EachUpload(s Snapshot, f func(layout.UploadRecord), bad func(id chat.AttachmentID, err error)) {
	it := s.Txn.NewIterator(engine.IteratorOptions{Prefix: []byte{layout.KindUpload}})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		var rec layout.UploadRecord
		if err := it.Item().Value(func(value []byte) (err error) {
			rec, err = layout.DecodeJSON[layout.UploadRecord](value)
			return err
		}); err != nil {
			bad(chat.AttachmentID(it.Item().Key()[1:]), err)
			continue
		}
		f(rec)
	}
}

// EachConversation calls f for each conversation, merged ones too. One that
// can't be read is left out: erasing others must not depend on it.
func EachConversation(ctx context.Context, s Snapshot, f func(*chat.Conversation)) error {
	return EachDecoded(ctx, s, layout.KindConversation, layout.DecodeConversation, f)
}

// EachDecoded calls f for each record of a kind. One that can't be decoded is left
// out: what concerns the others must not depend on it.
func EachDecoded[T any](ctx context.Context, s Snapshot, kind byte, decode func([]byte) (T, error), f func(T)) error {
	return s.Each(ctx, []byte{kind}, func(item *engine.Item) error {
		return item.Value(func(value []byte) error {
			if v, err := decode(value); err == nil {
				f(v)
			}
			return nil
		})
	})
}

// EachKey calls f for all keys that begin with a prefix. f must not keep the key.
func EachKey(txn *engine.Txn, prefix []byte, f func(key []byte)) {
	it := txn.NewIterator(engine.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		f(it.Item().Key())
	}
}

// ReadConversation reads a conversation, a merged one too.
func ReadConversation(r Reader, id chat.ConversationID) (*chat.Conversation, error) {
	stored, err := r.Get(layout.ConversationKey(id))
	if err != nil {
		return nil, err
	}
	return layout.DecodeConversation(stored.Value)
}

// ReadTime returns the time that a record of the store's maintenance holds.
func ReadTime(r Reader, key []byte) (time.Time, error) {
	stored, err := r.Get(key)
	if IsNotFound(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, string(stored.Value))
	if err != nil {
		return time.Time{}, unavailable.When("reading "+string(key), err)
	}
	return at, nil
}

// TimeRecord is a record that holds a time of the store's maintenance.
func TimeRecord(at time.Time) Record {
	return Record{Value: at.UTC().AppendFormat(nil, time.RFC3339Nano)}
}
