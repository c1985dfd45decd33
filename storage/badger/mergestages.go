package badger

import (
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// A conversation may have more messages than one transaction holds. Then the
// messages are copied behind the last one of the person's conversation, where
// nobody sees them, in as many transactions as it takes; one more transaction
// makes them visible and the merge a fact. What a crash leaves is either the
// merge undone with invisible copies, or done with invisible originals. Both
// conversations are noted in advance as to be truncated, and the next start
// does that. Nothing else is written meanwhile, by the one writer's nature.

// stages are the transactions of one change that is too big for one.
type stages struct {
	*Store
	w *kv.Writer
}

// transact runs a part of the change in a transaction of its own.
func (st *stages) transact(run func(*tx) error) error { return st.w.Transact(st.inTx(run)) }

func (m *merge) inStages(st *stages) error {
	var ps parties
	if err := st.transact(func(t *tx) (err error) {
		if ps, err = m.parties(t); err != nil {
			return err
		}
		if ps.to == nil {
			return unavailable.When("merging", kv.ErrTooBig) // adopting is always small
		}
		t.Put(layout.TruncationKey(ps.anon.ID), database.Record{})
		t.Put(layout.TruncationKey(ps.to.ID), database.Record{})
		return nil
	}); err != nil {
		return err
	}
	err := m.copyAndSettle(st, ps)
	m.tidy(st, ps)
	return err
}

// tidy deletes what is not to be seen any more, or never was. What it can't do
// now the next start does.
func (m *merge) tidy(st *stages, ps parties) {
	for _, id := range []chat.ConversationID{ps.anon.ID, ps.to.ID} {
		if err := st.truncate(id); err != nil {
			st.log.Warn("tidying up after a merge", "conversation", id, "error", err)
		}
	}
}

func (m *merge) copyAndSettle(st *stages, ps parties) error {
	before := *ps.anon
	for seq := chat.Seq(1); seq <= before.Last; {
		if err := st.transact(func(t *tx) error {
			for ; seq <= before.Last && t.Size < kv.MaxTransaction/2; seq++ {
				msg, err := t.message(before.ID, seq)
				if err != nil {
					return unavailable.When("reading a message to take over", err)
				}
				if err := t.take(ps.to, msg, &before); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	ps.to.Merged(ps.anon)
	return st.transact(func(t *tx) error {
		// The batch has to know how both were.
		for _, id := range []chat.ConversationID{ps.anon.ID, ps.to.ID} {
			if _, err := t.conversation(id); err != nil {
				return err
			}
		}
		return m.settle(t, ps, ps.to)
	})
}

// truncateAll finishes the merges that a crash has interrupted. What it can't
// finish, since a conversation can't be read, say, waits for the next start:
// nobody sees it meanwhile, and one conversation must not keep all others from
// opening.
func (s *Store) truncateAll(w *kv.Writer) {
	st := &stages{s, w}
	var ids []chat.ConversationID
	snap := w.Current().Read()
	database.EachKey(snap.Txn, []byte{layout.KindTruncation}, func(key []byte) {
		ids = append(ids, chat.ConversationID(key[1:]))
	})
	snap.Close()
	for _, id := range ids {
		if err := st.truncate(id); err != nil {
			st.log.Warn("tidying up after an interrupted merge; trying again at the next start", "conversation", id, "error", err)
		}
	}
}

// truncate deletes the messages behind a conversation's last.
func (st *stages) truncate(id chat.ConversationID) error {
	for done := false; !done; {
		if err := st.transact(func(t *tx) error {
			c, err := t.conversation(id)
			if err != nil {
				return err
			}
			beyond, err := firstMessages(t.snap(), id, c.Last+1, 500)
			if err != nil {
				return err
			}
			for _, m := range beyond {
				t.Delete(layout.MessageKey(id, m.Seq))
				if err := t.dropStaleClientID(c, m); err != nil {
					return err
				}
			}
			if done = len(beyond) == 0; done {
				t.Delete(layout.TruncationKey(id))
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// dropStaleClientID deletes what finds a message by its client id, unless that
// has come to lead to one that is there.
func (t *tx) dropStaleClientID(c *chat.Conversation, m chat.Message) error {
	known, err := t.sent(c, m.Author.Side, m.ClientID)
	if err == nil && known == nil && m.ClientID != "" {
		t.Delete(layout.ClientIDKey(c.ID, m.Author.Side, m.ClientID))
	}
	return err
}
