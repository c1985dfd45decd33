package badger

import (
	"context"
	"errors"
	"slices"
	"time"

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

// Bounds of how many people and conversations one Expire deletes, and so of the
// memory for it. The others go with the next one.
const (
	maxPeople        = 20000
	maxConversations = 20000
)
