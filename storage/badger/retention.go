package badger

import (
	"context"
	"slices"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// LastExpiry returns the Now of the last Expire that was carried through.
func (s *Store) LastExpiry(ctx context.Context) (at time.Time, err error) {
	err = s.view(ctx, func(snap database.Snapshot) error {
		at, err = database.ReadTime(snap, layout.ExpiryKey)
		return err
	})
	return at, err
}

// Expire deletes what is too old.
func (s *Store) Expire(ctx context.Context, policy chat.Expiry) (chat.Expired, error) {
	return s.expire(ctx, policy, maxConversations)
}

// expire is Expire that deletes at most so many conversations.
func (s *Store) expire(ctx context.Context, policy chat.Expiry, most int) (chat.Expired, error) {
	x := &expiring{Store: s, Expiry: policy, most: most}
	steps := []func(context.Context) error{s.purgeAll, x.sessions, x.tabSecrets}
	if policy.Retention > 0 {
		steps = append(steps, x.conversations, x.people)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return x.done, err
		}
	}
	return x.done, s.change(ctx, func(t *tx) error {
		t.Put(layout.ExpiryKey, database.TimeRecord(policy.Now))
		return nil
	})
}

// expiring is one call of Expire.
type expiring struct {
	*Store
	chat.Expiry
	most int // conversations
	done chat.Expired
}

// cutoff is the time before which conversations and people are too old.
func (x *expiring) cutoff() time.Time { return x.Now.Add(-x.Retention) }

// sessions deletes live sessions that were too long without contact. Ended ones go by
// themselves.
func (x *expiring) sessions(ctx context.Context) error {
	old := func(rec layout.SessionRecord) bool {
		last := latest(rec.Created, rec.Contact, rec.Evidence)
		return rec.Live() && x.Now.Sub(last) > x.Lives(rec.Site).Session
	}
	return findAndDrop(ctx, x.Store, layout.KindSession, func(value []byte) (chat.SessionID, bool) {
		rec, err := layout.DecodeSession(value)
		return rec.ID, err == nil && old(rec)
	}, func(ids []chat.SessionID) error {
		return deleteAll(ctx, x.Store, ids, &x.done.Sessions, func(t *tx, id chat.SessionID) (bool, error) {
			rec, err := readSession(t, id)
			if err != nil || !old(rec) {
				return false, database.UnlessNotFound(err)
			}
			t.dropSession(rec)
			return true, nil
		})
	})
}

// tabSecrets deletes tab secrets that were too long without contact. Their conversations stay
// for the agents.
func (x *expiring) tabSecrets(ctx context.Context) error {
	old := func(m chat.TabSecret) bool {
		return x.Now.Sub(latest(m.Created, m.Contact)) > x.Lives(m.Site).TabSecret
	}
	return findAndDrop(ctx, x.Store, layout.KindTabSecret, func(value []byte) (chat.Hash, bool) {
		m, err := layout.DecodeJSON[chat.TabSecret](value)
		return m.Hash, err == nil && old(m)
	}, func(hashes []chat.Hash) error {
		return deleteAll(ctx, x.Store, hashes, &x.done.TabSecrets, func(t *tx, hash chat.Hash) (bool, error) {
			m, err := readTabSecret(t, hash)
			if err != nil || !old(m) {
				return false, database.UnlessNotFound(err)
			}
			t.dropTabSecret(m)
			return true, nil
		})
	})
}

// Steps of Expire: so many records are looked at in one read, and so many
// deleted in one transaction.
const (
	lookAtOnce   = 500
	expireAtOnce = 50
)

// inSteps calls f with the records of a kind, a few from each snapshot, and
// then, unless it is nil, after each of those.
func (s *Store) inSteps(ctx context.Context, kind byte, f func(snap database.Snapshot, value []byte) error, then func() error) error {
	for from := []byte{kind}; from != nil; {
		if err := s.view(ctx, func(snap database.Snapshot) error {
			it := snap.Txn.NewIterator(engine.IteratorOptions{Prefix: []byte{kind}})
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
	return s.inSteps(ctx, kind, func(_ database.Snapshot, value []byte) error {
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
