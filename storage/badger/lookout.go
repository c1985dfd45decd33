package badger

import (
	"context"
	"slices"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// lookout finds sessions that were stored after a look at all of them.
type lookout struct {
	db    *database.DB
	since uint64
}

// lookOut begins a lookout: what is committed before the snapshots that are
// taken from now on is no news to it.
func (s *Store) lookOut(ctx context.Context) (l lookout, err error) {
	err = s.view(ctx, func(snap database.Snapshot) error {
		l = lookout{snap.DB, snap.Txn.ReadTs()}
		return nil
	})
	return l, err
}

// sessions returns the sessions that a person has and that came or changed
// since. Call it in the writer.
func (l lookout) sessions(t *tx, ref personRef) (out []layout.SessionRecord, err error) {
	if t.snap().DB != l.db {
		return nil, kv.ErrMoved
	}
	add := func(value []byte) {
		if rec, err := layout.DecodeSession(value); err == nil && rec.Site == ref.site && rec.Person == ref.key {
			out = append(out, rec)
		}
	}
	it := t.snap().Txn.NewIterator(engine.IteratorOptions{Prefix: []byte{layout.KindSession}, SinceTs: l.since})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if t.ChangedBefore(it.Item().Key()) {
			continue
		}
		if err := it.Item().Value(func(value []byte) error { add(value); return nil }); err != nil {
			return nil, err
		}
	}
	for key, r := range t.PutBefore() {
		if key[0] == layout.KindSession {
			add(r.Value)
		}
	}
	return slices.Clip(out), nil
}
