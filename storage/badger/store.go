package badger

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
	"github.com/parley-chat/parley/internal/loglimit"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/inbox"
)

// Store is a chat.Store in a directory.
type Store struct {
	kv     *kv.Store
	log    *slog.Logger
	inbox  *inbox.Index
	unsent unsent
	feed   feed
	recent recent
}

var (
	_ chat.Store   = (*Store)(nil)
	_ chat.Checker = (*Store)(nil)
)

// Open opens the store in a directory, or makes a new one there. Errors say
// what is wrong with the directory; ErrInUse and ErrFull are worth a retry.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := o.SetDefaults(); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	s := &Store{
		log:    o.Logger,
		inbox:  inbox.New(),
		unsent: unsent{room: maxUnsentBytes, refusals: loglimit.Limit{Burst: 1, Every: time.Minute}},
		recent: recent{table: bounded.Table[chat.ConversationID, *chat.Conversation]{Max: maxRecent}},
	}
	var err error
	s.kv, err = kv.Open(ctx, o, kv.Hooks{Load: s.load, Start: s.truncateAll, Committed: s.committed})
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	s.dropOldUploads(ctx)
	s.kv.InBackground(s.finishDeleting)
	s.kv.InBackground(s.collectGarbage)
	return s, nil
}

// load fills what is in memory from the records.
func (s *Store) load(ctx context.Context, db *database.DB) error {
	s.unsent.load(db)
	if err := s.loadInbox(ctx, db); err != nil {
		return err
	}
	s.publishUnknown()
	return nil
}

// committed follows what was committed.
func (s *Store) committed(b *kv.Batch) {
	of, ok := b.Attached.(*conversations)
	if ok {
		s.inbox.Apply(func(yield func(before, after *chat.Conversation) bool) {
			for _, ch := range of.convs {
				if !yield(ch.before, ch.after) {
					return
				}
			}
		})
		s.recent.committed(of.convs)
	}
	s.unsent.apply(b.Changes)
	if ok && len(of.committed) > 0 {
		s.publish(of.committed)
	}
}

// garbageEvery is how often uploads that were never sent are forgotten, and the
// value log is looked through for files of which most is deleted.
const garbageEvery = time.Hour

func (s *Store) collectGarbage() {
	tick := time.NewTicker(garbageEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.kv.Stop:
			return
		case <-tick.C:
			s.dropOldUploads(context.Background())
			for s.kv.CollectOnce() {
			}
		}
	}
}

// view reads from a snapshot of all that is committed.
func (s *Store) view(ctx context.Context, read func(database.Snapshot) error) error {
	return s.kv.View(ctx, read)
}

// readLong is view for what takes its time; see kv.Store.ReadLong.
func (s *Store) readLong(ctx context.Context, read func(context.Context, database.Snapshot) error) error {
	return s.kv.ReadLong(ctx, read)
}

// change makes a change and waits until it is durable; see kv.Store.Change.
func (s *Store) change(ctx context.Context, run func(*tx) error) error {
	return s.kv.Change(ctx, s.inTx(run))
}

// Check reads all tables, records and files. What is damaged is in the result,
// and in the log.
func (s *Store) Check(ctx context.Context, report func(chat.Progress)) (chat.Check, error) {
	return s.kv.Check(ctx, report)
}

// Backup writes all records, as they are at one moment. With an encryption key
// it is encrypted by that.
func (s *Store) Backup(ctx context.Context, w io.Writer) error { return s.kv.Backup(ctx, w) }

// Compact writes all records that count into new files and deletes the old ones,
// so that nothing is left of what was erased.
func (s *Store) Compact(ctx context.Context, report func(chat.Progress)) (chat.Compaction, error) {
	return s.kv.Compact(ctx, report)
}

// Close finishes what is queued, ends the background work and closes the
// directory. It may be called again.
func (s *Store) Close() error { return s.kv.Close() }
