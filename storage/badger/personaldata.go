package badger

import (
	"context"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// PersonalData returns what is held of those whom a subject names. It reads all
// people, conversations and sessions, since nothing leads from a person to
// their sessions: that is asked too seldom for an index.
func (s *Store) PersonalData(ctx context.Context, who chat.Subject) ([]chat.PersonalData, error) {
	var found personalData
	err := s.readLong(ctx, func(ctx context.Context, snap database.Snapshot) (err error) {
		found, err = findPersonalData(ctx, snap, who)
		return err
	})
	if err == nil {
		err = s.kv.Verify() // what was not read for its damage is not among them
	}
	if err != nil {
		return nil, err
	}
	out := make([]chat.PersonalData, len(found.list))
	for i, h := range found.list {
		out[i] = *h
	}
	return out, nil
}

// personalData is what is found so far.
type personalData struct {
	list     []*chat.PersonalData
	byPerson map[personRef]*chat.PersonalData
	byChat   map[chat.ConversationID]*chat.PersonalData
}

type personRef struct{ site, key string }

// person returns what was found of a person, empty at first.
func (f *personalData) person(ref personRef) *chat.PersonalData {
	h := f.byPerson[ref]
	if h == nil {
		h = &chat.PersonalData{Site: ref.site, Key: ref.key}
		f.byPerson[ref] = h
		f.list = append(f.list, h)
	}
	return h
}

func findPersonalData(ctx context.Context, s database.Snapshot, who chat.Subject) (personalData, error) {
	f := personalData{byPerson: map[personRef]*chat.PersonalData{}, byChat: map[chat.ConversationID]*chat.PersonalData{}}
	find := f.byName
	if who.Conversation != "" {
		find = f.byConversation
	}
	if err := find(ctx, s, who); err != nil || len(f.list) == 0 {
		return f, err
	}
	for _, step := range []func(context.Context, database.Snapshot) error{f.addPeople, f.addEmails, f.addConversations, f.addMerged, f.addSessions, f.addTabSecrets} {
		if err := step(ctx, s); err != nil {
			return f, err
		}
	}
	return f, nil
}

// byName finds people by id or e-mail address: by their own record, and by
// what else tells of them where that is gone.
func (f *personalData) byName(ctx context.Context, s database.Snapshot, who chat.Subject) error {
	email := normalEmail(who.Email)
	is := func(site, key string) bool {
		return (who.Site == "" || who.Site == site) &&
			(who.ID != "" && key == "id:"+who.ID || email != "" && key == "email:"+email)
	}
	if err := eachPerson(ctx, s, func(p chat.Person) {
		if is(p.Site, p.Key) || email != "" && normalEmail(p.Profile.Email) == email && (who.Site == "" || who.Site == p.Site) {
			f.person(personRef{p.Site, p.Key})
		}
	}); err != nil {
		return err
	}
	if err := database.EachConversation(ctx, s, func(c *chat.Conversation) {
		if c.Person != "" && is(c.Site, c.Person) {
			f.person(personRef{c.Site, c.Person})
		}
	}); err != nil || email == "" {
		return err
	}
	return eachEmail(ctx, s, func(site, address, key string, last bool) {
		// Who has carried it before may be somebody else: it is theirs no more.
		if last && address == email && (who.Site == "" || who.Site == site) {
			f.person(personRef{site, key})
		}
	})
}

// byConversation finds whose conversation it is.
func (f *personalData) byConversation(_ context.Context, s database.Snapshot, who chat.Subject) error {
	id := who.Conversation
	for range mergeHops {
		c, err := database.ReadConversation(s, id)
		if database.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case who.Site != "" && c.Site != who.Site:
			return nil
		case c.MergedInto != "":
			id = c.MergedInto
			continue
		case c.Person != "":
			f.person(personRef{c.Site, c.Person})
			return nil
		}
		h := &chat.PersonalData{Site: c.Site, Conversations: []chat.Conversation{*c}}
		f.list = append(f.list, h)
		f.byChat[c.ID] = h
		return nil
	}
	return nil
}

func (f *personalData) addPeople(_ context.Context, s database.Snapshot) error {
	for ref, h := range f.byPerson {
		p, err := readPerson(s, ref.site, ref.key)
		if database.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		h.Person = &p
	}
	return nil
}

func (f *personalData) addEmails(ctx context.Context, s database.Snapshot) error {
	return eachEmail(ctx, s, func(site, address, key string, _ bool) {
		if h := f.byPerson[personRef{site, key}]; h != nil {
			h.Emails = append(h.Emails, address)
		}
	})
}

func (f *personalData) addConversations(ctx context.Context, s database.Snapshot) error {
	return database.EachConversation(ctx, s, func(c *chat.Conversation) {
		if h := f.byPerson[personRef{c.Site, c.Person}]; h != nil && c.Person != "" {
			h.Conversations = append(h.Conversations, *c)
			f.byChat[c.ID] = h
		}
	})
}

// addMerged adds the shells of conversations that went into those found.
func (f *personalData) addMerged(ctx context.Context, s database.Snapshot) error {
	return database.EachConversation(ctx, s, func(c *chat.Conversation) {
		if h := f.byChat[c.MergedInto]; h != nil && c.MergedInto != "" {
			h.Conversations = append(h.Conversations, *c)
		}
	})
}

func (f *personalData) addSessions(ctx context.Context, s database.Snapshot) error {
	return eachSession(ctx, s, func(rec layout.SessionRecord) {
		if h := f.byPerson[personRef{rec.Site, rec.Person}]; h != nil && rec.Person != "" {
			h.Sessions = append(h.Sessions, rec.Session)
		}
	})
}

// addTabSecrets adds the tab secrets that lead to conversations: those of anonymous ones.
func (f *personalData) addTabSecrets(ctx context.Context, s database.Snapshot) error {
	prefix := []byte{layout.KindOwner, layout.OwnerTabSecret}
	return s.Each(ctx, prefix, func(item *engine.Item) error {
		return item.Value(func(value []byte) error {
			h := f.byChat[chat.ConversationID(value)]
			_, hash, ok := layout.CutText(item.Key()[len(prefix):])
			if h == nil || !ok || len(hash) != len(chat.Hash{}) {
				return nil
			}
			m, err := readTabSecret(s, chat.Hash(hash))
			if database.IsNotFound(err) {
				m, err = chat.TabSecret{Hash: chat.Hash(hash), Site: h.Site}, nil
			}
			h.TabSecrets = append(h.TabSecrets, m)
			return err
		})
	})
}

func eachPerson(ctx context.Context, s database.Snapshot, f func(chat.Person)) error {
	return database.EachDecoded(ctx, s, layout.KindPerson, layout.DecodeJSON[chat.Person], f)
}

func eachSession(ctx context.Context, s database.Snapshot, f func(layout.SessionRecord)) error {
	return database.EachDecoded(ctx, s, layout.KindSession, layout.DecodeSession, f)
}

// eachEmail calls f for each address and each person who has carried it, the last
// of them as such.
func eachEmail(ctx context.Context, s database.Snapshot, f func(site, address, key string, last bool)) error {
	return s.Each(ctx, []byte{layout.KindEmail}, func(item *engine.Item) error {
		return item.Value(func(value []byte) error {
			site, address, ok := layout.CutText(item.Key()[1:])
			keys, err := layout.DecodePersonKeys(value)
			if !ok || err != nil {
				return err
			}
			for i, key := range keys {
				if key != "" {
					f(site, string(address), key, i == len(keys)-1)
				}
			}
			return nil
		})
	})
}
