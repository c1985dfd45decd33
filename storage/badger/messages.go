package badger

import (
	"context"
	"encoding/binary"
	"math"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Messages returns messages in order.
func (s *Store) Messages(ctx context.Context, id chat.ConversationID, r chat.Range) (out []chat.Message, err error) {
	err = s.view(ctx, func(snap database.Snapshot) error {
		out, err = readRange(snap, id, r)
		return err
	})
	return out, err
}

// readRange returns a range of the messages of a conversation.
func readRange(s database.Snapshot, id chat.ConversationID, r chat.Range) ([]chat.Message, error) {
	stored, err := s.Get(layout.ConversationKey(id))
	if err != nil {
		return nil, database.UnlessNotFound(err)
	}
	last, err := layout.DecodeLast(stored.Value)
	if err != nil {
		return nil, err
	}
	from, to := bounds(r, last)
	return readMessages(s, id, from, to)
}

// bounds returns the first and the last number of a range, which is empty
// where the first is the greater. There are no gaps, so they can be counted.
func bounds(r chat.Range, last chat.Seq) (from, to chat.Seq) {
	limit := chat.Seq(max(r.Limit, 1))
	if r.After >= last {
		return 1, 0
	}
	from, to = r.After+1, last
	if !r.Backwards {
		if to-from >= limit {
			to = from + limit - 1
		}
		return from, to
	}
	if r.Before > 0 {
		to = min(to, r.Before-1)
	}
	if to >= from && to-from >= limit {
		from = to - limit + 1
	}
	return from, to
}

// readMessages returns those from one number to another, both included.
func readMessages(s database.Snapshot, id chat.ConversationID, from, to chat.Seq) ([]chat.Message, error) {
	if from > to {
		return nil, nil
	}
	out := make([]chat.Message, 0, min(to-from+1, 1024))
	var failed error
	err := eachNumbered(s, id, from, to, func(seq chat.Seq, item *engine.Item) bool {
		failed = item.Value(func(value []byte) error {
			m, err := layout.DecodeMessage(seq, value)
			out = append(out, m)
			return err
		})
		if failed != nil {
			failed = damagedMessage(s, id, seq, failed)
		}
		return failed == nil
	})
	if failed == nil {
		failed = err
	}
	if failed != nil {
		return nil, unavailable.When("reading messages", failed)
	}
	return out, nil
}

// eachNumbered is eachMessage where all of them must be there, since numbers
// have no gaps up to a conversation's last. The error is that one is missing.
func eachNumbered(s database.Snapshot, id chat.ConversationID, from, to chat.Seq, f func(chat.Seq, *engine.Item) bool) (err error) {
	next, stopped := from, false
	eachMessage(s, id, from, to, func(seq chat.Seq, item *engine.Item) bool {
		if seq != next {
			return false
		}
		next++
		stopped = !f(seq, item)
		return !stopped
	})
	if stopped || next > to {
		return nil
	}
	return damagedMessage(s, id, next, database.ErrMissing)
}

// damagedMessage is the failure to read a message that was acknowledged. It is
// logged.
func damagedMessage(s database.Snapshot, id chat.ConversationID, seq chat.Seq, why error) error {
	key := layout.MessageKey(id, seq)
	// The block that it was in may be damaged, which then has been logged.
	if _, err := s.Get(key); err != nil && !database.IsNotFound(err) {
		return err
	}
	if s.DB.Verifier != nil {
		s.DB.Verifier.Found(chat.Damage{What: why.Error(), Records: layout.DescribeKey(key)})
	}
	return database.DamagedRecord(key, why)
}

// eachMessage calls f for the stored messages from one number to another,
// until it returns false.
func eachMessage(s database.Snapshot, id chat.ConversationID, from, to chat.Seq, f func(chat.Seq, *engine.Item) bool) {
	prefix := layout.MessagePrefix(id)
	it := s.Txn.NewIterator(engine.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Seek(layout.MessageKey(id, from)); it.Valid(); it.Next() {
		seq := layout.MessageSeq(it.Item().Key())
		if seq > to || !f(seq, it.Item()) {
			return
		}
	}
}

// putMessage stores a message and what finds it by its client id.
func (t *tx) putMessage(id chat.ConversationID, m *chat.Message) {
	t.Put(layout.MessageKey(id, m.Seq), database.Record{Value: layout.EncodeMessage(m), Meta: layout.SideByte(m.Author.Side)})
	if m.ClientID != "" {
		t.Put(layout.ClientIDKey(id, m.Author.Side, m.ClientID), database.Record{Value: layout.SeqValue(m.Seq)})
	}
}

// sent returns the message that a side has sent under a client id, or nil. The
// index may point to what a merge left unfinished, so only the message itself
// is believed.
func (t *tx) sent(c *chat.Conversation, side chat.Side, clientID string) (*chat.Message, error) {
	stored, err := t.Get(layout.ClientIDKey(c.ID, side, clientID))
	if database.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(stored.Value) != 8 {
		return nil, unavailable.When("reading a client id", layout.ErrShort)
	}
	seq := chat.Seq(binary.BigEndian.Uint64(stored.Value))
	if seq > c.Last {
		return nil, nil
	}
	m, err := t.message(c.ID, seq)
	if database.IsNotFound(err) {
		return nil, damagedMessage(t.snap(), c.ID, seq, database.ErrMissing)
	}
	if err != nil || m.ClientID != clientID || m.Author.Side != side {
		return nil, err
	}
	return &m, nil
}

func (t *tx) message(id chat.ConversationID, seq chat.Seq) (chat.Message, error) {
	stored, err := t.Get(layout.MessageKey(id, seq))
	if err != nil {
		return chat.Message{}, err
	}
	return layout.DecodeMessage(seq, stored.Value)
}

// countUnread counts the messages of the other side after the number that a
// side has read up to.
func (t *tx) countUnread(c *chat.Conversation, reader chat.Side, read chat.Seq) (int, error) {
	other := layout.SideAgent
	if reader == chat.Agent {
		other = layout.SideVisitor
	}
	n := 0
	// What this batch has appended is at the end and not in the snapshot, where
	// there may be leftovers of a merge in its place.
	stored := c.Last
	for ; stored > read; stored-- {
		r, ok := t.Pending(layout.MessageKey(c.ID, stored))
		if !ok {
			break
		}
		if r.Meta == other {
			n++
		}
	}
	err := eachNumbered(t.snap(), c.ID, read+1, stored, func(_ chat.Seq, item *engine.Item) bool {
		if item.UserMeta() == other {
			n++
		}
		return true
	})
	return n, err
}

// firstMessages returns the first few stored messages from a number on,
// whether they are visible or not.
func firstMessages(s database.Snapshot, id chat.ConversationID, from chat.Seq, limit int) (out []chat.Message, err error) {
	eachMessage(s, id, from, math.MaxUint64, func(seq chat.Seq, item *engine.Item) bool {
		var value []byte
		if value, err = item.ValueCopy(nil); err != nil {
			err = unavailable.When("reading messages", err)
			return false
		}
		var m chat.Message
		if m, err = layout.DecodeMessage(seq, value); err != nil {
			return false
		}
		out = append(out, m)
		return len(out) < limit
	})
	return out, err
}
