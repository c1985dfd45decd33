package badger

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// Bounds of how many people and conversations one Expire deletes, and so of the
// memory for it. The others go with the next one.
const (
	maxPeople        = 20000
	maxConversations = 20000
)

// errEnough ends a look at all records.
var errEnough = errors.New("no more are wanted")

// conversations deletes those in which nothing has happened for too long.
func (x *expiring) conversations(ctx context.Context) error {
	var found []chat.ConversationID
	err := findAndDrop(ctx, x.Store, layout.KindConversation, func(value []byte) (chat.ConversationID, bool) {
		c, err := layout.DecodeConversation(value)
		if err != nil || !c.Active.Before(x.cutoff()) {
			return "", false
		}
		return c.ID, true
	}, func(ids []chat.ConversationID) error {
		found = append(found, ids...)
		if left := x.most - len(x.done.Conversations); len(found) >= left {
			found = found[:left]
			return errEnough
		}
		if len(found) < lookAtOnce {
			return nil
		}
		err := x.expireConversations(ctx, found)
		found = found[:0]
		return err
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return x.expireConversations(ctx, found)
}

// expireConversations deletes candidates, as many as are looked at together in
// one transaction, so that subscribers learn of them together, and then what was
// in them.
func (x *expiring) expireConversations(ctx context.Context, ids []chat.ConversationID) error {
	for some := range slices.Chunk(ids, lookAtOnce) {
		var gone []chat.Conversation
		if err := x.change(ctx, func(t *tx) (err error) {
			gone, err = x.dropConversations(t, some)
			return err
		}); err != nil {
			return err
		}
		x.done.Conversations = append(x.done.Conversations, gone...)
		for _, c := range gone {
			x.done.Messages += int(c.Last)
			if err := x.purge(ctx, c.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropConversations deletes those of them that are still too old.
func (x *expiring) dropConversations(t *tx, ids []chat.ConversationID) (gone []chat.Conversation, err error) {
	for _, id := range ids {
		c, err := t.conversation(id)
		if database.IsNotFound(err) || err == nil && !c.Active.Before(x.cutoff()) {
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
		if err := t.dropConversation(id, false); err != nil {
			return nil, err
		}
		gone = append(gone, chat.Conversation{ID: c.ID, Site: c.Site, Person: c.Person, Last: c.Last})
	}
	return gone, nil
}

// disown deletes what leads from an owner to a conversation.
func (t *tx) disown(owner chat.Owner, id chat.ConversationID) error {
	owned, err := t.Get(layout.OwnerKey(owner))
	if err == nil && string(owned.Value) == string(id) {
		t.Delete(layout.OwnerKey(owner))
	}
	return database.UnlessNotFound(err)
}

// people deletes those of whom there is neither a conversation nor a session.
func (x *expiring) people(ctx context.Context) error {
	since, err := x.newSessions(ctx)
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
		return eachEmail(ctx, snap, func(site, address, key string, _ bool) {
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

func (x *expiring) dropPeople(ctx context.Context, since newSessions, found map[personRef][]string) error {
	refs := make([]personRef, 0, len(found))
	for ref := range found {
		refs = append(refs, ref)
	}
	err := deleteAll(ctx, x.Store, refs, &x.done.People, func(t *tx, ref personRef) (bool, error) {
		// They may have come back a moment ago.
		if _, err := t.Get(layout.OwnerKey(chat.Owner{Site: ref.site, Person: ref.key})); !database.IsNotFound(err) {
			return false, err
		}
		fresh, err := since.of(t, ref)
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
