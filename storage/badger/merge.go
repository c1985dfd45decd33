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

// MergeConversation gives the conversation of a mark to a person.
func (s *Store) MergeConversation(ctx context.Context, mark chat.Hash, p chat.Person, at time.Time) (chat.ConversationID, chat.Conversation, error) {
	cl := merge{mark: mark, person: p, at: at}
	inStages := func(w *kv.Writer) error { return cl.inStages(&stages{s, w}) }
	if err := s.kv.ChangeInStages(ctx, s.inTx(cl.inOne), inStages); err != nil {
		return "", chat.Conversation{}, err
	}
	return cl.from, cl.result, nil
}

// merge is one call of MergeConversation: an anonymous conversation becomes a person's, or
// part of theirs.
type merge struct {
	mark   chat.Hash
	person chat.Person
	at     time.Time

	from   chat.ConversationID
	result chat.Conversation
}

// parties are a merge's mark, its anonymous conversation and the person's own,
// which is nil where they have none.
type parties struct {
	mark     chat.TabSecret
	anon, to *chat.Conversation
}

func (cl *merge) owners() (mark, person chat.Owner) {
	return chat.Owner{Site: cl.person.Site, TabSecret: &cl.mark},
		chat.Owner{Site: cl.person.Site, Person: cl.person.Key}
}

func (cl *merge) parties(t *tx) (parties, error) {
	m, err := readMark(t, cl.mark)
	if err != nil {
		return parties{}, err
	}
	if !m.Merged.IsZero() || m.Site != cl.person.Site {
		return parties{}, chat.ErrNotFound
	}
	byMark, byPerson := cl.owners()
	anon, err := t.conversationOf(byMark)
	if err != nil {
		return parties{}, err
	}
	to, err := t.conversationOf(byPerson)
	if err != nil && !database.IsNotFound(err) {
		return parties{}, err
	}
	return parties{m, anon, to}, nil
}

// inOne merges in one transaction, with the messages that were taken
// over deleted where they were.
func (cl *merge) inOne(t *tx) error {
	ps, err := cl.parties(t)
	if err != nil {
		return err
	}
	if ps.to == nil {
		ps.anon.Adopt(cl.person)
		return cl.settle(t, ps, ps.anon)
	}
	before := *ps.anon
	for seq := chat.Seq(1); seq <= before.Last; seq++ {
		m, err := t.message(before.ID, seq)
		if err != nil {
			return unavailable.When("reading a message to take over", err)
		}
		t.dropMessage(before.ID, m)
		if err := t.take(ps.to, m, &before); err != nil {
			return err
		}
		if t.Size > kv.MaxTransaction {
			return kv.ErrTooBig
		}
	}
	ps.to.Merged(ps.anon)
	return cl.settle(t, ps, ps.to)
}

// settle is what makes a merge a fact: who owns what from now on.
func (cl *merge) settle(t *tx, ps parties, result *chat.Conversation) error {
	byMark, byPerson := cl.owners()
	t.Delete(layout.OwnerKey(byMark))
	t.Put(layout.OwnerKey(byPerson), database.Record{Value: []byte(result.ID)})
	ps.mark.Merged = cl.at
	if err := t.putMark(ps.mark); err != nil {
		return err
	}
	change := chat.Committed{Owner: &byPerson}
	if result != ps.anon {
		change.MergedFrom = ps.anon.ID
		if err := t.putConversation(ps.anon, chat.Committed{}); err != nil {
			return err
		}
	}
	cl.from, cl.result = ps.anon.ID, *result
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
