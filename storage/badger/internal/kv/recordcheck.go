package kv

import (
	"context"
	"fmt"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// recordCheck reads all records and looks for what must be there and is not.
type recordCheck struct {
	snap    database.Snapshot
	tick    func(uint64)
	records int
	bytes   uint64
	damage  []chat.Damage
	// gaps tells that a block of a table is damaged: going through the keys then
	// leaves out what is behind it, so what seems missing is looked up by its key.
	gaps bool

	chunks map[string]uint64              // of each file, by their number
	last   map[chat.ConversationID]uint64 // message of each conversation
	next   map[chat.ConversationID]uint64 // message that must come next
}

func (r *recordCheck) add(key []byte, why error) {
	r.damage = append(r.damage, chat.Damage{What: why.Error(), Records: layout.DescribeKey(key)})
}

// run goes through the keys in their order: the chunks of files and the
// conversations come before the messages that they belong to.
func (r *recordCheck) run(ctx context.Context) error {
	r.chunks, r.last, r.next = map[string]uint64{}, map[chat.ConversationID]uint64{}, map[chat.ConversationID]uint64{}
	if err := r.snap.Each(ctx, nil, func(item *engine.Item) error {
		value, err := r.snap.Value(item)
		if err == nil {
			err = r.look(item.Key(), value)
		}
		if err != nil {
			r.add(item.Key(), err)
		}
		r.records++
		r.bytes += uint64(item.ValueSize())
		if r.records%1024 == 0 {
			r.tick(r.bytes)
		}
		return nil
	}); err != nil {
		return err
	}
	for id, last := range r.last {
		for next := max(r.next[id], 1); next <= last; next++ {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			if key := layout.MessageKey(id, chat.Seq(next)); r.missing(key) {
				r.add(key, database.ErrMissing)
				break // one tells that the end is missing
			}
		}
	}
	return nil
}

// missing reports whether a record that was not come across is not there. One
// that can't be told, since it may be in a damaged block, is told by the block.
func (r *recordCheck) missing(key []byte) bool {
	if !r.gaps {
		return true
	}
	_, err := r.snap.Get(key)
	return database.IsNotFound(err)
}

func (r *recordCheck) look(key, value []byte) (err error) {
	switch key[0] {
	case layout.KindAgentSession:
		_, err = layout.DecodeJSON[chat.AgentSession](value)
	case layout.KindChunk:
		if id, _, ok := layout.CutText(key[1:]); ok {
			r.chunks[id]++
		}
	case layout.KindConversation:
		var c *chat.Conversation
		if c, err = layout.DecodeConversation(value); err == nil {
			r.last[c.ID] = uint64(c.Last)
		}
	case layout.KindTabSecret:
		_, err = layout.DecodeJSON[chat.TabSecret](value)
	case layout.KindMessage:
		return r.lookAtMessage(key, value)
	case layout.KindPerson:
		_, err = layout.DecodeJSON[chat.Person](value)
	case layout.KindSession:
		_, err = layout.DecodeSession(value)
	case layout.KindUpload:
		_, err = layout.DecodeJSON[layout.UploadRecord](value)
	}
	return err
}

func (r *recordCheck) lookAtMessage(key, value []byte) error {
	text, _, ok := layout.CutText(key[1:])
	if !ok || len(key) < 9 {
		return layout.ErrShort
	}
	id, seq := chat.ConversationID(text), uint64(layout.MessageSeq(key))
	if seq > r.last[id] {
		return nil // a copy that an interrupted merge has left
	}
	for next := max(r.next[id], 1); next < seq; next++ {
		if key := layout.MessageKey(id, chat.Seq(next)); r.missing(key) {
			r.add(key, database.ErrMissing)
		}
	}
	r.next[id] = seq + 1
	m, err := layout.DecodeMessage(chat.Seq(seq), value)
	if err != nil {
		return err
	}
	for _, a := range m.Attachments {
		if want := uint64(a.Size+layout.ChunkSize-1) / layout.ChunkSize; r.chunks[string(a.ID)] < want && r.lacksChunk(a.ID, want) {
			return fmt.Errorf("its file %s has %d parts of %d", a.ID, r.chunks[string(a.ID)], want)
		}
	}
	return nil
}

// lacksChunk reports whether one of the chunks of a file is missing.
func (r *recordCheck) lacksChunk(id chat.AttachmentID, want uint64) bool {
	for n := range want {
		if r.missing(layout.ChunkKey(id, n)) {
			return true
		}
	}
	return false
}
