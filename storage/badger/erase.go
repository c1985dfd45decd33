package badger

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// Erase deletes all that is held of those whom a subject names.
func (s *Store) Erase(ctx context.Context, who chat.Subject) ([]chat.PersonalData, error) {
	for {
		found, err := s.eraseOnce(ctx, who)
		if !errors.Is(err, kv.ErrMoved) {
			return found, err
		}
	}
}

func (s *Store) eraseOnce(ctx context.Context, who chat.Subject) ([]chat.PersonalData, error) {
	since, err := s.newSessions(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.PersonalData(ctx, who)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, chat.ErrNotFound
	}
	for _, h := range found {
		if err := s.erasePersonalData(ctx, h, since); err != nil {
			return nil, err
		}
	}
	return found, s.purgeAll(ctx)
}

// eraseAtOnce is how many sessions, or conversations, are deleted in one
// transaction with the rest. Of a person with more, the others go before.
const eraseAtOnce = 300

func (s *Store) erasePersonalData(ctx context.Context, h chat.PersonalData, since newSessions) error {
	for len(h.Sessions) > eraseAtOnce || len(h.Conversations) > eraseAtOnce {
		n, m := min(len(h.Sessions), eraseAtOnce), min(len(h.Conversations), eraseAtOnce)
		// The shells of merged conversations come last.
		part := chat.PersonalData{Sessions: h.Sessions[len(h.Sessions)-n:], Conversations: h.Conversations[len(h.Conversations)-m:]}
		if err := s.change(ctx, func(t *tx) error { return t.eraseParts(part) }); err != nil {
			return err
		}
		h.Sessions, h.Conversations = h.Sessions[:len(h.Sessions)-n], h.Conversations[:len(h.Conversations)-m]
	}
	return s.change(ctx, func(t *tx) error {
		if h.Key != "" {
			fresh, err := since.of(t, personRef{h.Site, h.Key})
			if err != nil {
				return err
			}
			for _, rec := range fresh {
				t.dropSession(rec)
			}
			if err := t.dropPerson(h.Site, h.Key, h.Emails); err != nil {
				return err
			}
		}
		if err := t.noteErased(time.Now()); err != nil {
			return err
		}
		return t.eraseParts(h)
	})
}

// noteErased keeps when somebody was erased: after the last compaction, also
// where the clock was set back since.
func (t *tx) noteErased(now time.Time) error {
	compacted, err := database.ReadTime(t, layout.CompactedKey)
	if err != nil {
		return err
	}
	t.Put(layout.ErasedKey, database.TimeRecord(latest(now, compacted.Add(time.Nanosecond))))
	return nil
}

// eraseParts deletes a person's sessions, tab secrets and conversations.
func (t *tx) eraseParts(h chat.PersonalData) error {
	for _, session := range h.Sessions {
		rec, err := readSession(t, session.ID)
		if err != nil && !database.IsNotFound(err) {
			return err
		}
		if err == nil {
			t.dropSession(rec)
		}
	}
	for _, m := range h.TabSecrets {
		t.dropTabSecret(m)
	}
	for _, c := range h.Conversations {
		if err := t.dropConversation(c.ID, true); err != nil {
			return err
		}
	}
	return nil
}

// dropPerson deletes a person, by what they are found, and their conversation.
func (t *tx) dropPerson(site, key string, emails []string) error {
	person, err := readPerson(t, site, key)
	if err != nil && !database.IsNotFound(err) {
		return err
	}
	if err == nil && person.Profile.Email != "" { // it may have changed since it was looked for
		emails = append(emails, normalEmail(person.Profile.Email))
	}
	for _, email := range emails {
		if err := t.forgetEmail(site, key, email); err != nil {
			return err
		}
	}
	t.Delete(layout.PersonKey(site, key))
	owner := chat.Owner{Site: site, Person: key}
	id, err := t.Get(layout.OwnerKey(owner))
	if err != nil {
		return database.UnlessNotFound(err)
	}
	t.Delete(layout.OwnerKey(owner))
	return t.dropConversation(chat.ConversationID(id.Value), true)
}

// dropTabSecret deletes a tab secret, after which its conversation is nobody's.
func (t *tx) dropTabSecret(m chat.TabSecret) {
	t.Delete(layout.TabSecretKey(m.Hash))
	t.Delete(layout.OwnerKey(chat.Owner{Site: m.Site, TabSecret: &m.Hash}))
}
