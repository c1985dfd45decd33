package badger

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// MergeConversation gives the conversation of a tab secret to a person.
func (s *Store) MergeConversation(ctx context.Context, secret chat.Hash, p chat.Person, at time.Time) (chat.ConversationID, chat.Conversation, error) {
	m := merge{secret: secret, person: p, at: at}
	inStages := func(w *kv.Writer) error { return m.inStages(&stages{s, w}) }
	if err := s.kv.ChangeInStages(ctx, s.inTx(m.inOne), inStages); err != nil {
		return "", chat.Conversation{}, err
	}
	return m.from, m.result, nil
}

// merge is one call of MergeConversation: an anonymous conversation becomes a person's, or
// part of theirs.
type merge struct {
	secret chat.Hash
	person chat.Person
	at     time.Time

	from   chat.ConversationID
	result chat.Conversation
}

// parties are a merge's tab secret, its anonymous conversation and the person's own,
// which is nil where they have none.
type parties struct {
	secret   chat.TabSecret
	anon, to *chat.Conversation
}

func (m *merge) owners() (secret, person chat.Owner) {
	return chat.Owner{Site: m.person.Site, TabSecret: &m.secret},
		chat.Owner{Site: m.person.Site, Person: m.person.Key}
}

func (m *merge) parties(t *tx) (parties, error) {
	secret, err := readTabSecret(t, m.secret)
	if err != nil {
		return parties{}, err
	}
	if !secret.Merged.IsZero() || secret.Site != m.person.Site {
		return parties{}, chat.ErrNotFound
	}
	bySecret, byPerson := m.owners()
	anon, err := t.conversationOf(bySecret)
	if err != nil {
		return parties{}, err
	}
	to, err := t.conversationOf(byPerson)
	if err != nil && !database.IsNotFound(err) {
		return parties{}, err
	}
	return parties{secret, anon, to}, nil
}

// inOne merges in one transaction, with the messages that were taken
// over deleted where they were.
func (m *merge) inOne(t *tx) error {
	ps, err := m.parties(t)
	if err != nil {
		return err
	}
	if ps.to == nil {
		ps.anon.Adopt(m.person)
		return m.settle(t, ps, ps.anon)
	}
	before := *ps.anon
	for seq := chat.Seq(1); seq <= before.Last; seq++ {
		msg, err := t.message(before.ID, seq)
		if err != nil {
			return unavailable.When("reading a message to take over", err)
		}
		t.dropMessage(before.ID, msg)
		if err := t.take(ps.to, msg, &before); err != nil {
			return err
		}
		if t.Size > kv.MaxTransaction {
			return kv.ErrTooBig
		}
	}
	ps.to.Merged(ps.anon)
	return m.settle(t, ps, ps.to)
}

// settle is what makes a merge a fact: who owns what from now on.
func (m *merge) settle(t *tx, ps parties, result *chat.Conversation) error {
	bySecret, byPerson := m.owners()
	t.Delete(layout.OwnerKey(bySecret))
	t.Put(layout.OwnerKey(byPerson), database.Record{Value: []byte(result.ID)})
	ps.secret.Merged = m.at
	if err := t.putTabSecret(ps.secret); err != nil {
		return err
	}
	change := chat.Committed{Owner: &byPerson}
	if result != ps.anon {
		change.MergedFrom = ps.anon.ID
		if err := t.putConversation(ps.anon, chat.Committed{}); err != nil {
			return err
		}
	}
	m.from, m.result = ps.anon.ID, *result
	return t.putConversation(result, change)
}

// take appends a message of the anonymous conversation.
func (t *tx) take(to *chat.Conversation, m chat.Message, from *chat.Conversation) error {
	// In the unlikely case that both have a client id, the older message of
	// the two stays the one that is found by it.
	known, err := t.sent(to, m.Author.Side, m.ClientID)
	if err != nil {
		return err
	}
	m = to.Take(m, from)
	if known != nil {
		t.Put(layout.MessageKey(to.ID, m.Seq), database.Record{Value: layout.EncodeMessage(&m), Meta: layout.SideByte(m.Author.Side)})
		return nil
	}
	t.putMessage(to.ID, &m)
	return nil
}

// dropMessage deletes a message and what finds it by its client id.
func (t *tx) dropMessage(id chat.ConversationID, m chat.Message) {
	t.Delete(layout.MessageKey(id, m.Seq))
	if m.ClientID != "" {
		t.Delete(layout.ClientIDKey(id, m.Author.Side, m.ClientID))
	}
}
