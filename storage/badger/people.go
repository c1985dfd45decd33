package badger

import (
	"context"
	"slices"
	"strings"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// SignIn keeps a new session of a person and the person themselves.
func (s *Store) SignIn(ctx context.Context, n chat.Session, token chat.Hash, p chat.Profile) (chat.Person, error) {
	var out chat.Person
	err := s.change(ctx, func(t *tx) error {
		if err := t.startSession(n, token); err != nil {
			return err
		}
		person, err := readPerson(t, n.Site, n.Person)
		isNew := database.IsNotFound(err)
		if isNew {
			person = chat.Person{Site: n.Site, Key: n.Person, Created: n.Created}
		} else if err != nil {
			return err
		}
		out, err = t.setProfile(person, p, isNew)
		return err
	})
	if err != nil {
		return chat.Person{}, err
	}
	return out, nil
}

// Person returns a site's person.
func (s *Store) Person(ctx context.Context, site, key string) (out chat.Person, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		out, err = readPerson(r, site, key)
		return err
	})
	return out, err
}

// PersonByEmail returns the one person whose evidence has carried the address.
func (s *Store) PersonByEmail(ctx context.Context, site, email string) (out chat.Person, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		stored, err := r.Get(layout.EmailKey(site, normalEmail(email)))
		if err != nil {
			return err
		}
		keys, err := layout.DecodePersonKeys(stored.Value)
		if err != nil {
			return err
		}
		if len(keys) > 1 {
			return chat.ErrSharedAddress
		}
		out, err = readPerson(r, site, keys[0])
		return err
	})
	return out, err
}

// UpdatePerson replaces the profile of a person and of their conversation.
func (s *Store) UpdatePerson(ctx context.Context, site, key string, p chat.Profile) error {
	return s.change(ctx, func(t *tx) error {
		person, err := readPerson(t, site, key)
		if err != nil {
			return err
		}
		_, err = t.setProfile(person, p, false)
		return err
	})
}

// setProfile replaces what is known of a person, in all places.
func (t *tx) setProfile(person chat.Person, p chat.Profile, isNew bool) (chat.Person, error) {
	if err := t.noteEmail(person, p.Email); err != nil {
		return person, err
	}
	if !isNew && person.Profile.Equal(p) {
		return person, nil
	}
	person.Profile = p
	if err := t.PutJSON(layout.PersonKey(person.Site, person.Key), person, 0); err != nil {
		return person, err
	}
	c, err := t.conversationOf(chat.Owner{Site: person.Site, Person: person.Key})
	if database.IsNotFound(err) {
		return person, nil
	}
	if err != nil {
		return person, err
	}
	rev := c.Rev
	// The time matters to messages only, and there is none.
	if c.Apply(chat.Change{Profile: &p}, c.Active); c.Rev == rev {
		return person, nil
	}
	return person, t.putConversation(c, chat.Committed{})
}

// noteEmail notes that this person has carried the address, last of all. One
// that they no longer have still leads to them. Who has no id gives way to who has
// one.
func (t *tx) noteEmail(person chat.Person, email string) error {
	email = normalEmail(email)
	if email == "" {
		return nil
	}
	key := layout.EmailKey(person.Site, email)
	last, err := t.Get(key)
	if database.IsNotFound(err) {
		t.Put(key, database.Record{Value: layout.EncodePersonKeys(person.Key)})
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := layout.DecodePersonKeys(last.Value)
	if err != nil {
		return err
	}
	hasID := func(key string) bool { return strings.HasPrefix(key, chat.IDPrefix) }
	if keys[len(keys)-1] == person.Key || !hasID(person.Key) && slices.ContainsFunc(keys, hasID) {
		return nil
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return key == person.Key || key != "" && !hasID(key) })
	t.Put(key, database.Record{Value: layout.EncodePersonKeys(append(keys, person.Key)...)})
	return nil
}

// forgetEmail is noteEmail undone. That several have carried the address is
// remembered, by an empty key, for as long as one of them is there: who is gone
// may come back.
func (t *tx) forgetEmail(site, key, email string) error {
	at := layout.EmailKey(site, email)
	last, err := t.Get(at)
	if err != nil {
		return database.UnlessNotFound(err)
	}
	keys, err := layout.DecodePersonKeys(last.Value)
	if err != nil || !slices.Contains(keys, key) {
		return err
	}
	left := slices.DeleteFunc(keys, func(k string) bool { return k == key || k == "" })
	if len(left) == 0 {
		t.Delete(at)
		return nil
	}
	t.Put(at, database.Record{Value: layout.EncodePersonKeys(append([]string{""}, left...)...)})
	return nil
}

func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func readPerson(r database.Reader, site, key string) (chat.Person, error) {
	stored, err := r.Get(layout.PersonKey(site, key))
	if err != nil {
		return chat.Person{}, err
	}
	return layout.DecodeJSON[chat.Person](stored.Value)
}
