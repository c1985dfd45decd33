package badger

import (
	"context"
	"errors"
	"slices"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// Steps of Expire: so many records are looked at in one read, and so many
// deleted in one transaction.
const (
	lookAtOnce   = 500
	expireAtOnce = 50
)

// LastExpiry returns the Now of the last Expire that was carried through.
func (s *Store) LastExpiry(ctx context.Context) (at time.Time, err error) {
	err = s.view(ctx, func(snap snapshot) error {
		at, err = readTime(snap, expiryKey)
		return err
	})
	return at, err
}

// Expire deletes what is too old.
func (s *Store) Expire(ctx context.Context, policy chat.Expiry) (chat.Expired, error) {
	x := &expiring{Store: s, Expiry: policy}
	steps := []func(context.Context) error{s.sweepAll, x.sessions, x.marks}
	if policy.Retention > 0 {
		steps = append(steps, x.conversations, x.people)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return x.done, err
		}
	}
	return x.done, s.change(ctx, func(t *tx) error {
		t.put(expiryKey, timeRecord(policy.Now))
		return nil
	})
}

// expiring is one call of Expire.
type expiring struct {
	*Store
	chat.Expiry
	done chat.Expired
}

// cutoff is the time before which conversations and people are too old.
func (x *expiring) cutoff() time.Time { return x.Now.Add(-x.Retention) }

// inSteps calls f with the records of a kind, a few from each snapshot, and
// then, unless it is nil, after each of those.
func (s *Store) inSteps(ctx context.Context, kind byte, f func(snap snapshot, value []byte) error, then func() error) error {
	for from := []byte{kind}; from != nil; {
		if err := s.view(ctx, func(snap snapshot) error {
			it := snap.txn.NewIterator(engine.IteratorOptions{Prefix: []byte{kind}})
			defer it.Close()
			it.Seek(from)
			for range lookAtOnce {
				if !it.Valid() {
					from = nil
					return nil
				}
				if err := it.Item().Value(func(value []byte) error { return f(snap, value) }); err != nil {
					return err
				}
				it.Next()
			}
			from = nil
			if it.Valid() {
				from = it.Item().KeyCopy(nil)
			}
			return nil
		}); err != nil {
			return err
		}
		if then == nil {
			continue
		}
		if err := then(); err != nil {
			return err
		}
	}
	return nil
}

// findAndDrop looks at the records of a kind and has what find says of them
// dropped, a few at a time: there may be very many.
func findAndDrop[T any](ctx context.Context, s *Store, kind byte, find func(value []byte) (T, bool), drop func([]T) error) error {
	var found []T
	return s.inSteps(ctx, kind, func(_ snapshot, value []byte) error {
		if v, is := find(value); is {
			found = append(found, v)
		}
		return nil
	}, func() error {
		err := drop(found)
		found = found[:0]
		return err
	})
}

// deleteAll deletes candidates, a few in each transaction. What drop reports
// to have deleted is counted.
func deleteAll[T any](ctx context.Context, s *Store, candidates []T, count *int, drop func(*tx, T) (bool, error)) error {
	for some := range slices.Chunk(candidates, expireAtOnce) {
		n := 0
		if err := s.change(ctx, func(t *tx) error {
			n = 0
			for _, c := range some {
				dropped, err := drop(t, c)
				if err != nil {
					return err
				}
				if dropped {
					n++
				}
			}
			return nil
		}); err != nil {
			return err
		}
		*count += n
	}
	return nil
}

// sessions deletes live sessions that nobody was heard of by. Ended ones go by
// themselves.
func (x *expiring) sessions(ctx context.Context) error {
	old := func(rec sessionRecord) bool {
		last := latest(rec.Created, rec.Contact, rec.Evidence)
		return rec.Live() && x.Now.Sub(last) > x.Lives(rec.Site).Session
	}
	return findAndDrop(ctx, x.Store, kindSession, func(value []byte) (chat.SessionID, bool) {
		rec, err := decodeSession(value)
		return rec.ID, err == nil && old(rec)
	}, func(ids []chat.SessionID) error {
		return deleteAll(ctx, x.Store, ids, &x.done.Sessions, func(t *tx, id chat.SessionID) (bool, error) {
			rec, err := readSession(t, id)
			if err != nil || !old(rec) {
				return false, unlessNotFound(err)
			}
			t.dropSession(rec)
			return true, nil
		})
	})
}

// marks deletes marks that nobody was heard of by. Their conversations stay
// for the agents.
func (x *expiring) marks(ctx context.Context) error {
	old := func(m chat.Mark) bool { return x.Now.Sub(latest(m.Created, m.Heard)) > x.Lives(m.Site).Mark }
	return findAndDrop(ctx, x.Store, kindMark, func(value []byte) (chat.Hash, bool) {
		m, err := decodeJSON[chat.Mark](value)
		return m.Hash, err == nil && old(m)
	}, func(hashes []chat.Hash) error {
		return deleteAll(ctx, x.Store, hashes, &x.done.Marks, func(t *tx, hash chat.Hash) (bool, error) {
			m, err := readMark(t, hash)
			if err != nil || !old(m) {
				return false, unlessNotFound(err)
			}
			t.dropMark(m)
			return true, nil
		})
	})
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// errEnough ends a look at all records.
var errEnough = errors.New("no more are wanted")

// conversations deletes those in which nothing has happened for too long.
func (x *expiring) conversations(ctx context.Context) error {
	err := findAndDrop(ctx, x.Store, kindConversation, func(value []byte) (chat.ConversationID, bool) {
		c, err := decodeConversation(value)
		if err != nil || !c.Active.Before(x.cutoff()) {
			return "", false
		}
		return c.ID, true
	}, func(ids []chat.ConversationID) error {
		left := x.opts.expireMost - len(x.done.Conversations)
		if err := x.expireConversations(ctx, ids[:min(left, len(ids))]); err != nil {
			return err
		}
		if left <= len(ids) {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// expireConversations deletes the candidates of one look in one transaction, so
// that subscribers learn of them together, and then what was in them.
func (x *expiring) expireConversations(ctx context.Context, ids []chat.ConversationID) error {
	var gone []chat.Conversation
	if err := x.change(ctx, func(t *tx) (err error) {
		gone, err = x.dropConversations(t, ids)
		return err
	}); err != nil {
		return err
	}
	x.done.Conversations = append(x.done.Conversations, gone...)
	for _, c := range gone {
		x.done.Messages += int(c.Last)
		if err := x.sweep(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// dropConversations deletes those of them that are still too old.
func (x *expiring) dropConversations(t *tx, ids []chat.ConversationID) (gone []chat.Conversation, err error) {
	for _, id := range ids {
		c, err := t.conversation(id)
		if isNotFound(err) || err == nil && !c.Active.Before(x.cutoff()) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.Person != "" {
			if err := t.disown(chat.Owner{Site: c.Site, Person: c.Person}, id); err != nil {
				return nil, err
			}
		}
		if err := t.dropConversation(id); err != nil {
			return nil, err
		}
		gone = append(gone, chat.Conversation{ID: c.ID, Site: c.Site, Person: c.Person, Last: c.Last})
	}
	return gone, nil
}

// disown deletes what leads from an owner to a conversation.
func (t *tx) disown(owner chat.Owner, id chat.ConversationID) error {
	owned, err := t.get(ownerKey(owner))
	if err == nil && string(owned.value) == string(id) {
		t.delete(ownerKey(owner))
	}
	return unlessNotFound(err)
}

// Bounds of how many people and conversations one Expire deletes, and so of the
// memory for it. The others go with the next one.
const (
	maxPeople        = 20000
	maxConversations = 20000
)
