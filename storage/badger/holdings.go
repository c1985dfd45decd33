package badger

import (
	"context"
	"slices"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// Holdings returns what is held of those whom a subject names. It reads all
// people, conversations and sessions, since nothing leads from a person to
// their sessions: that is asked too seldom for an index.
func (s *Store) Holdings(ctx context.Context, who chat.Subject) ([]chat.Holding, error) {
	var found holdings
	err := s.readLong(ctx, func(ctx context.Context, snap snapshot) (err error) {
		found, err = findHoldings(ctx, snap, who)
		return err
	})
	if err == nil {
		err = s.kv.verify() // what was not read for its damage is not among them
	}
	if err != nil {
		return nil, err
	}
	out := make([]chat.Holding, len(found.list))
	for i, h := range found.list {
		out[i] = *h
	}
	return out, nil
}

// holdings are what is found so far.
type holdings struct {
	list     []*chat.Holding
	byPerson map[personRef]*chat.Holding
	byChat   map[chat.ConversationID]*chat.Holding
}

type personRef struct{ site, key string }

// person returns the holding of a person, a new one if there is none.
func (f *holdings) person(ref personRef) *chat.Holding {
	h := f.byPerson[ref]
	if h == nil {
		h = &chat.Holding{Site: ref.site, Key: ref.key}
		f.byPerson[ref] = h
		f.list = append(f.list, h)
	}
	return h
}

func findHoldings(ctx context.Context, s snapshot, who chat.Subject) (holdings, error) {
	f := holdings{byPerson: map[personRef]*chat.Holding{}, byChat: map[chat.ConversationID]*chat.Holding{}}
	find := f.byName
	if who.Conversation != "" {
		find = f.byConversation
	}
	if err := find(ctx, s, who); err != nil || len(f.list) == 0 {
		return f, err
	}
	for _, step := range []func(context.Context, snapshot) error{f.addPeople, f.addEmails, f.addConversations, f.addMerged, f.addSessions, f.addMarks} {
		if err := step(ctx, s); err != nil {
			return f, err
		}
	}
	return f, nil
}

// byName finds people by id or e-mail address: by their own record, and by
// what else tells of them where that is gone.
func (f *holdings) byName(ctx context.Context, s snapshot, who chat.Subject) error {
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
	if err := eachConversation(ctx, s, func(c *chat.Conversation) {
		if c.Person != "" && is(c.Site, c.Person) {
			f.person(personRef{c.Site, c.Person})
		}
	}); err != nil || email == "" {
		return err
	}
	return eachEmail(ctx, s, func(site, address, key string) {
		if address == email && (who.Site == "" || who.Site == site) {
			f.person(personRef{site, key})
		}
	})
}

// byConversation finds whose conversation it is.
func (f *holdings) byConversation(_ context.Context, s snapshot, who chat.Subject) error {
	id := who.Conversation
	for range mergeHops {
		c, err := readConversation(s, id)
		if isNotFound(err) {
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
		h := &chat.Holding{Site: c.Site, Conversations: []chat.Conversation{*c}}
		f.list = append(f.list, h)
		f.byChat[c.ID] = h
		return nil
	}
	return nil
}

func (f *holdings) addPeople(_ context.Context, s snapshot) error {
	for ref, h := range f.byPerson {
		p, err := readPerson(s, ref.site, ref.key)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		h.Person = &p
	}
	return nil
}

func (f *holdings) addEmails(ctx context.Context, s snapshot) error {
	return eachEmail(ctx, s, func(site, address, key string) {
		if h := f.byPerson[personRef{site, key}]; h != nil {
			h.Emails = append(h.Emails, address)
		}
	})
}

func (f *holdings) addConversations(ctx context.Context, s snapshot) error {
	return eachConversation(ctx, s, func(c *chat.Conversation) {
		if h := f.byPerson[personRef{c.Site, c.Person}]; h != nil && c.Person != "" {
			h.Conversations = append(h.Conversations, *c)
			f.byChat[c.ID] = h
		}
	})
}

// addMerged adds the shells of conversations that went into those found.
func (f *holdings) addMerged(ctx context.Context, s snapshot) error {
	return eachConversation(ctx, s, func(c *chat.Conversation) {
		if h := f.byChat[c.MergedInto]; h != nil && c.MergedInto != "" {
			h.Conversations = append(h.Conversations, *c)
		}
	})
}

func (f *holdings) addSessions(ctx context.Context, s snapshot) error {
	return eachSession(ctx, s, func(rec sessionRecord) {
		if h := f.byPerson[personRef{rec.Site, rec.Person}]; h != nil && rec.Person != "" {
			h.Sessions = append(h.Sessions, rec.Session)
		}
	})
}

// addMarks adds the marks that lead to conversations: those of anonymous ones.
func (f *holdings) addMarks(ctx context.Context, s snapshot) error {
	prefix := []byte{kindOwner, ownerMark}
	return s.each(ctx, prefix, func(item *engine.Item) error {
		return item.Value(func(value []byte) error {
			h := f.byChat[chat.ConversationID(value)]
			_, hash, ok := cutText(item.Key()[len(prefix):])
			if h == nil || !ok || len(hash) != len(chat.Hash{}) {
				return nil
			}
			m, err := readMark(s, chat.Hash(hash))
			if isNotFound(err) {
				m, err = chat.Mark{Hash: chat.Hash(hash), Site: h.Site}, nil
			}
			h.Marks = append(h.Marks, m)
			return err
		})
	})
}

func eachPerson(ctx context.Context, s snapshot, f func(chat.Person)) error {
	return eachDecoded(ctx, s, kindPerson, decodeJSON[chat.Person], f)
}

func eachSession(ctx context.Context, s snapshot, f func(sessionRecord)) error {
	return eachDecoded(ctx, s, kindSession, decodeSession, f)
}

// eachEmail calls f for each address and the person it leads to.
func eachEmail(ctx context.Context, s snapshot, f func(site, address, key string)) error {
	return s.each(ctx, []byte{kindEmail}, func(item *engine.Item) error {
		return item.Value(func(value []byte) error {
			if site, address, ok := cutText(item.Key()[1:]); ok {
				f(site, string(address), string(value))
			}
			return nil
		})
	})
}

// lookout finds sessions that were kept after a look at all of them.
type lookout struct {
	db    *database
	since uint64
}

// lookOut begins a lookout: what is committed before the snapshots that are
// taken from now on is no news to it.
func (s *Store) lookOut(ctx context.Context) (l lookout, err error) {
	err = s.view(ctx, func(snap snapshot) error {
		l = lookout{snap.db, snap.txn.ReadTs()}
		return nil
	})
	return l, err
}

// sessions returns the sessions that a person has and that came or changed
// since. Call it in the writer.
func (l lookout) sessions(t *tx, ref personRef) (out []sessionRecord, err error) {
	if t.snap().db != l.db {
		return nil, errMoved
	}
	add := func(value []byte) {
		if rec, err := decodeSession(value); err == nil && rec.Site == ref.site && rec.Person == ref.key {
			out = append(out, rec)
		}
	}
	it := t.snap().txn.NewIterator(engine.IteratorOptions{Prefix: []byte{kindSession}, SinceTs: l.since})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if t.changedBefore(it.Item().Key()) {
			continue
		}
		if err := it.Item().Value(func(value []byte) error { add(value); return nil }); err != nil {
			return nil, err
		}
	}
	for key, r := range t.putBefore() {
		if key[0] == kindSession {
			add(r.value)
		}
	}
	return slices.Clip(out), nil
}
