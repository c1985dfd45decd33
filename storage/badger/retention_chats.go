package badger

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// people deletes those of whom there is neither a conversation nor a session.
func (x *expiring) people(ctx context.Context) error {
	since, err := x.lookOut(ctx)
	if err != nil {
		return err
	}
	found := map[personRef][]string{} // and their addresses
	if err := x.inSteps(ctx, layout.KindPerson, func(snap database.Snapshot, value []byte) error {
		p, err := layout.DecodeJSON[chat.Person](value)
		if err != nil || !p.Created.Before(x.cutoff()) || len(found) >= maxPeople {
			return nil // what can't be read is no reason to keep the rest
		}
		_, err = snap.Get(layout.OwnerKey(chat.Owner{Site: p.Site, Person: p.Key}))
		if database.IsNotFound(err) {
			found[personRef{p.Site, p.Key}] = nil
			return nil
		}
		return err
	}, nil); err != nil || len(found) == 0 {
		return err
	}
	if err := x.inSteps(ctx, layout.KindSession, func(_ database.Snapshot, value []byte) error {
		if rec, err := layout.DecodeSession(value); err == nil {
			delete(found, personRef{rec.Site, rec.Person})
		}
		return nil
	}, nil); err != nil {
		return err
	}
	if err := x.readLong(ctx, func(ctx context.Context, snap database.Snapshot) error {
		return eachEmail(ctx, snap, func(site, address, key string) {
			ref := personRef{site, key}
			if emails, ok := found[ref]; ok {
				found[ref] = append(emails, address)
			}
		})
	}); err != nil {
		return err
	}
	return x.dropPeople(ctx, since, found)
}

func (x *expiring) dropPeople(ctx context.Context, since lookout, found map[personRef][]string) error {
	refs := make([]personRef, 0, len(found))
	for ref := range found {
		refs = append(refs, ref)
	}
	err := deleteAll(ctx, x.Store, refs, &x.done.People, func(t *tx, ref personRef) (bool, error) {
		// They may have come back a moment ago.
		if _, err := t.Get(layout.OwnerKey(chat.Owner{Site: ref.site, Person: ref.key})); !database.IsNotFound(err) {
			return false, err
		}
		fresh, err := since.sessions(t, ref)
		if err != nil || len(fresh) > 0 {
			return false, err
		}
		return true, t.dropPerson(ref.site, ref.key, found[ref])
	})
	if errors.Is(err, kv.ErrMoved) {
		return nil // the next time, then
	}
	return err
}
