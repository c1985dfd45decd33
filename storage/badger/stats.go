package badger

import (
	"context"
	"slices"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Stats counts what there is. It reads all records but the messages'.
func (s *Store) Stats(ctx context.Context) (chat.Stats, error) {
	var st chat.Stats
	if err := s.readLong(ctx, func(ctx context.Context, snap database.Snapshot) error { return count(ctx, snap, &st) }); err != nil {
		return st, err
	}
	st.Path, st.Encrypted, st.Schema = s.kv.Opts.Path, len(s.kv.Opts.EncryptionKey) > 0, layout.SchemaVersion
	var err error
	if st.BytesOnDisk, err = disk.Used(st.Path); err != nil {
		return st, unavailable.When("looking at the files", err)
	}
	if st.BytesFree, err = s.kv.Opts.Free(st.Path); err != nil {
		return st, unavailable.When("looking for free disk space", err)
	}
	return st, nil
}

func count(ctx context.Context, s database.Snapshot, st *chat.Stats) error {
	if err := database.EachConversation(ctx, s, func(c *chat.Conversation) { countConversation(st, c) }); err != nil {
		return err
	}
	if err := eachSession(ctx, s, func(rec layout.SessionRecord) {
		if rec.Live() {
			st.Sessions++
		}
	}); err != nil {
		return err
	}
	for kind, n := range map[byte]*int{layout.KindPerson: &st.People, layout.KindTabSecret: &st.TabSecrets} {
		if err := s.Each(ctx, []byte{kind}, func(*engine.Item) error { *n++; return nil }); err != nil {
			return err
		}
	}
	if err := countFiles(ctx, s, st); err != nil {
		return err
	}
	var err error
	if st.Compacted, err = database.ReadTime(s, layout.CompactedKey); err != nil {
		return err
	}
	st.Erased, err = database.ReadTime(s, layout.ErasedKey)
	return err
}

func countConversation(st *chat.Stats, c *chat.Conversation) {
	if c.Last == 0 {
		return // without a message, or merged
	}
	st.Conversations++
	st.Messages += int(c.Last)
	if c.Status == chat.Resolved {
		st.Resolved++
	} else {
		st.Open++
	}
	if c.Person == "" {
		st.Anonymous++
	}
	if st.Oldest.IsZero() || c.Created.Before(st.Oldest) {
		st.Oldest = c.Created
	}
	st.Newest = latest(st.Newest, c.Active)
}

// countFiles counts what was uploaded, by the keys of the chunks.
func countFiles(ctx context.Context, s database.Snapshot, st *chat.Stats) error {
	prefix, last := []byte{layout.KindChunk}, ""
	return s.Each(ctx, prefix, func(item *engine.Item) error {
		st.AttachmentBytes += uint64(item.ValueSize())
		if id, _, ok := layout.CutText(item.Key()[1:]); ok && id != last {
			last = id
			st.Attachments++
		}
		return nil
	})
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
