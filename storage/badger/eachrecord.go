package badger

import (
	"context"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
)

// eachUpload calls f for each upload that no message has, and bad for each
// whose record can't be read: one damaged record must not stop what concerns
// the others.
func eachUpload(s snapshot, f func(uploadRecord), bad func(id chat.AttachmentID, err error)) {
	it := s.txn.NewIterator(engine.IteratorOptions{Prefix: []byte{kindUpload}})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		var rec uploadRecord
		if err := it.Item().Value(func(value []byte) (err error) {
			rec, err = decodeJSON[uploadRecord](value)
			return err
		}); err != nil {
			bad(chat.AttachmentID(it.Item().Key()[1:]), err)
			continue
		}
		f(rec)
	}
}

// eachConversation calls f for each conversation, merged ones too. One that
// can't be read is left out: erasing others must not depend on it.
func eachConversation(ctx context.Context, s snapshot, f func(*chat.Conversation)) error {
	return eachDecoded(ctx, s, kindConversation, decodeConversation, f)
}

func eachDecoded[T any](ctx context.Context, s snapshot, kind byte, decode func([]byte) (T, error), f func(T)) error {
	return s.each(ctx, []byte{kind}, func(item *engine.Item) error {
		return item.Value(func(value []byte) error {
			if v, err := decode(value); err == nil {
				f(v)
			}
			return nil
		})
	})
}

// eachKey calls f for all keys that begin with a prefix. They are f's only
// while it runs.
func eachKey(txn *engine.Txn, prefix []byte, f func(key []byte)) {
	it := txn.NewIterator(engine.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		f(it.Item().Key())
	}
}

func readConversation(r reader, id chat.ConversationID) (*chat.Conversation, error) {
	stored, err := r.get(conversationKey(id))
	if err != nil {
		return nil, err
	}
	return decodeConversation(stored.value)
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

// timeRecord is a record that holds a time of the store's maintenance.
func timeRecord(at time.Time) record {
	return record{value: at.UTC().AppendFormat(nil, time.RFC3339Nano)}
}
