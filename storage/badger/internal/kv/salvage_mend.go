package kv

import (
	"context"
	"strconv"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// mend has conversations say what there is: their last message is the last one
// that was found, and one that is missing has LostText in its place.
func (sv *salvage) mend(ctx context.Context) error {
	db := &database.DB{DB: sv.db}
	db.Complete(max(sv.db.MaxVersion(), sv.in.Least))
	snap := db.Read()
	defer snap.Close()
	check := &recordCheck{snap: snap, tick: func(uint64) {}}
	if err := check.run(ctx); err != nil {
		return err
	}
	sv.out.Records = check.records
	number := db.Next()
	batch := sv.db.NewWriteBatchAt(number)
	defer batch.Cancel()
	if err := database.EachConversation(ctx, snap, func(c *chat.Conversation) {
		if c.MergedInto == "" {
			sv.out.Conversations++
		}
		sv.fill(snap, batch, c.ID, 1, c.Last, c.Created)
	}); err != nil {
		return err
	}
	if err := sv.raise(ctx, snap, batch); err != nil {
		return err
	}
	if err := batch.Set(layout.CommitKey, nil); err != nil {
		return err
	}
	// Records are those of this version, or the store would not have been open.
	if _, err := snap.Get(layout.SchemaKey); database.IsNotFound(err) {
		if err := batch.Set(layout.SchemaKey, strconv.AppendInt(nil, layout.SchemaVersion, 10)); err != nil {
			return err
		}
	}
	return batch.Flush()
}

// fill counts the messages of a conversation from one number to another, and puts
// LostText in the place of each that is missing, as if said at a time. That it
// can't be written is told by the batch's Flush.
func (sv *salvage) fill(snap database.Snapshot, batch *engine.WriteBatch, id chat.ConversationID, from, to chat.Seq, at time.Time) {
	for seq := from; seq <= to; seq++ {
		key := layout.MessageKey(id, seq)
		if _, err := snap.Get(key); err == nil {
			sv.out.Messages++
		} else if database.IsNotFound(err) {
			sv.out.Lost++
			m := chat.Message{Seq: seq, Time: at, Author: chat.Author{Side: chat.System}, Text: LostText}
			_ = batch.SetEntry(engine.NewEntry(key, layout.EncodeMessage(&m)).WithMeta(layout.SideSystem))
		}
	}
}

// raise makes messages visible that come behind the last one by the record of
// their conversation, of which only an older version was left.
func (sv *salvage) raise(ctx context.Context, snap database.Snapshot, batch *engine.WriteBatch) error {
	highest := map[chat.ConversationID]chat.Seq{}
	if err := snap.Each(ctx, []byte{layout.KindMessage}, func(item *engine.Item) error {
		if text, _, ok := layout.CutText(item.Key()[1:]); ok {
			id := chat.ConversationID(text)
			highest[id] = max(highest[id], layout.MessageSeq(item.Key()))
		}
		return nil
	}); err != nil {
		return err
	}
	for id, last := range highest {
		c, err := database.ReadConversation(snap, id)
		if err != nil || c.Last >= last || c.MergedInto != "" {
			continue
		}
		if _, err := snap.Get(layout.TruncationKey(id)); err == nil {
			continue // copies that a merge has left
		}
		sv.fill(snap, batch, id, c.Last+1, last, c.Active)
		c.Last = last
		value, err := layout.EncodeConversation(c)
		if err != nil {
			return err
		}
		if err := batch.SetEntry(engine.NewEntry(layout.ConversationKey(id), value)); err != nil {
			return err
		}
	}
	return nil
}
