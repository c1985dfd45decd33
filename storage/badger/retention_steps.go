package badger

import (
	"context"
	"slices"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/storage/badger/internal/database"
)

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
