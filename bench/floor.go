package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger"
)

// floorBatch is how many records the engine is given at once, at most.
const floorBatch = 1024

// write is a record that somebody waits for.
type write struct {
	key, value []byte
	done       chan error
}

// engineRate writes records of a message's size with the engine by itself, as
// many writers as there are senders, for that long, and returns how many
// became durable in a second. One goroutine commits what has queued in one
// transaction, which is the least that can be done with it.
func engineRate(ctx context.Context, dir string, long time.Duration) (float64, error) {
	// As the store configures it.
	o := engine.DefaultOptions(filepath.Join(dir, "engine")).WithSyncWrites(true).WithDetectConflicts(false).
		WithNumVersionsToKeep(1).WithMetricsEnabled(false).WithMemTableSize(8 << 20).WithNumMemtables(2).
		WithNumCompactors(2).WithNumLevelZeroTables(3).WithNumLevelZeroTablesStall(6).WithValueThreshold(32 << 10).
		WithValueLogFileSize(32 << 20).WithCompression(options.None).WithBlockCacheSize(0).WithLogger(nil)
	db, err := engine.Open(o)
	if err != nil {
		return 0, fmt.Errorf("opening the engine: %w", err)
	}
	queue := make(chan write, floorBatch)
	var committer sync.WaitGroup
	committer.Go(func() { commitAll(db, queue) })
	value := []byte(messageText)
	rate, err := writers(ctx, long, func(_ context.Context, w, n int) error {
		key := binary.BigEndian.AppendUint32([]byte("a conversation's id, say"), uint32(w))
		job := write{binary.BigEndian.AppendUint64(key, uint64(n)), value, make(chan error, 1)}
		queue <- job
		return <-job.done
	})
	close(queue)
	committer.Wait()
	return rate, errors.Join(err, db.Close())
}

func commitAll(db *engine.DB, queue <-chan write) {
	for first := range queue {
		batch := []write{first}
		for len(batch) < floorBatch && len(queue) > 0 {
			batch = append(batch, <-queue)
		}
		err := db.Update(func(txn *engine.Txn) error {
			for _, w := range batch {
				if err := txn.Set(w.key, w.value); err != nil {
					return err
				}
			}
			return nil
		})
		for _, w := range batch {
			w.done <- err
		}
	}
}

// storeRate is engineRate of Parley's store, by its own interface: messages,
// each with its number, its client id and its conversation's new state.
func storeRate(ctx context.Context, dir string, long time.Duration) (rate float64, err error) {
	store, err := badger.Open(ctx, badger.Options{Path: filepath.Join(dir, "store")})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	ids := make([]chat.ConversationID, senders)
	for i := range ids {
		c := chat.Conversation{ID: chat.ConversationID(fmt.Sprintf("conversation-%06d", i)), Site: "shop", Person: fmt.Sprint("id:", i), Status: chat.Open}
		if c, err = store.OpenConversation(ctx, chat.Owner{Site: c.Site, Person: c.Person}, c); err != nil {
			return 0, err
		}
		ids[i] = c.ID
	}
	return writers(ctx, long, func(ctx context.Context, w, n int) error {
		draft := chat.Draft{ClientID: fmt.Sprint("message-", n), Text: messageText, Author: chat.Author{Side: chat.Visitor}}
		_, _, err := store.ChangeConversation(ctx, ids[w], chat.Change{Message: &draft}, time.Now())
		return err
	})
}

// writers has as many writers as there are senders write one record after the
// other, for that long, and returns how many a second.
func writers(ctx context.Context, long time.Duration, put func(ctx context.Context, writer, n int) error) (float64, error) {
	begin := time.Now()
	errs := make([]error, senders)
	counts := make([]int, senders)
	var all sync.WaitGroup
	for w := range senders {
		all.Go(func() {
			for errs[w] == nil && time.Since(begin) < long {
				if errs[w] = ctx.Err(); errs[w] == nil {
					errs[w] = put(ctx, w, counts[w])
					counts[w]++
				}
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / took.Seconds(), errors.Join(errs...)
}
