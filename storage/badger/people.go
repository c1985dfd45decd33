package badger

import (
	"context"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// SignIn keeps a new session of a person and the person themselves.
func (s *Store) SignIn(ctx context.Context, n chat.Session, token chat.Hash, p chat.Profile) (chat.Person, error) {
	var out chat.Person
	err := s.change(ctx, func(t *tx) error {
		if err := t.startSession(n, token); err != nil {
			return err
		}
		person, err := readPerson(t, n.Site, n.Person)
		isNew := isNotFound(err)
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
	err = s.view(ctx, func(r snapshot) error {
		out, err = readPerson(r, site, key)
		return err
	})
	return out, err
}

// PersonByEmail returns the person whose evidence last carried the address.
func (s *Store) PersonByEmail(ctx context.Context, site, email string) (out chat.Person, err error) {
	err = s.view(ctx, func(r snapshot) error {
		key, err := r.get(emailKey(site, normalEmail(email)))
		if err != nil {
			return err
		}
		out, err = readPerson(r, site, string(key.value))
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
	if err := t.putJSON(personKey(person.Site, person.Key), person, 0); err != nil {
		return person, err
	}
	c, err := t.conversationOf(chat.Owner{Site: person.Site, Person: person.Key})
	if isNotFound(err) {
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

// noteEmail makes this person the one last seen with the address. An address
// that they no longer have still leads to them until somebody else shows it.
func (t *tx) noteEmail(person chat.Person, email string) error {
	email = normalEmail(email)
	if email == "" {
		return nil
	}
	key := emailKey(person.Site, email)
	last, err := t.get(key)
	if err == nil && string(last.value) == person.Key {
		return nil
	}
	if err != nil && !isNotFound(err) {
		return err
	}
	t.put(key, record{value: []byte(person.Key)})
	return nil
}

func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func readPerson(r reader, site, key string) (chat.Person, error) {
	stored, err := r.get(personKey(site, key))
	if err != nil {
		return chat.Person{}, err
	}
	return decodeJSON[chat.Person](stored.value)
}
