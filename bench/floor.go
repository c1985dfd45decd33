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

// groupCommit is the engine by itself, as the store configures it. One goroutine
// commits what has queued in one transaction, which is the least that can be
// done with it.
type groupCommit struct {
	db        *engine.DB
	queue     chan write
	committer sync.WaitGroup
}

func openEngine(dir string) (*groupCommit, error) {
	o := engine.DefaultOptions(filepath.Join(dir, "engine")).WithSyncWrites(true).WithDetectConflicts(false).
		WithNumVersionsToKeep(1).WithMetricsEnabled(false).WithMemTableSize(8 << 20).WithNumMemtables(2).
		WithNumCompactors(2).WithNumLevelZeroTables(3).WithNumLevelZeroTablesStall(6).WithValueThreshold(32 << 10).
		WithValueLogFileSize(32 << 20).WithCompression(options.None).WithBlockCacheSize(0).WithLogger(nil)
	db, err := engine.Open(o)
	if err != nil {
		return nil, fmt.Errorf("opening the engine: %w", err)
	}
	g := &groupCommit{db: db, queue: make(chan write, floorBatch)}
	g.committer.Go(func() { commitAll(db, g.queue) })
	return g, nil
}

// put makes a record of a message's size durable.
func (g *groupCommit) put(_ context.Context, writer, n int) error {
	key := binary.BigEndian.AppendUint32([]byte("a conversation's id, say"), uint32(writer))
	job := write{binary.BigEndian.AppendUint64(key, uint64(n)), []byte(messageText), make(chan error, 1)}
	g.queue <- job
	return <-job.done
}

func (g *groupCommit) close() error {
	close(g.queue)
	g.committer.Wait()
	return g.db.Close()
}

// engineRate writes records with the engine by itself, as many writers as there
// are senders, for that long, and returns how many became durable in a second.
func engineRate(ctx context.Context, dir string, long time.Duration) (rate float64, err error) {
	g, err := openEngine(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	return writers(ctx, long, g.put)
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

// conversations are those of the store, by its own interface: a message has its
// number, its client id and its conversation's new state.
type conversations struct {
	*badger.Store
	ids []chat.ConversationID
}

func openStore(ctx context.Context, dir string) (*conversations, error) {
	store, err := badger.Open(ctx, badger.Options{Path: filepath.Join(dir, "store")})
	if err != nil {
		return nil, err
	}
	c := &conversations{store, make([]chat.ConversationID, senders)}
	for i := range c.ids {
		seed := chat.Conversation{ID: chat.ConversationID(fmt.Sprintf("conversation-%06d", i)), Site: "shop", Person: fmt.Sprint("id:", i), Status: chat.Open}
		opened, err := store.OpenConversation(ctx, chat.Owner{Site: seed.Site, Person: seed.Person}, seed)
		if err != nil {
			return nil, errors.Join(err, store.Close())
		}
		c.ids[i] = opened.ID
	}
	return c, nil
}

// put makes a message durable.
func (c *conversations) put(ctx context.Context, writer, n int) error {
	draft := chat.Draft{ClientID: fmt.Sprint("message-", n), Text: messageText, Author: chat.Author{Side: chat.Visitor}}
	_, _, err := c.ChangeConversation(ctx, c.ids[writer], chat.Change{Message: &draft}, time.Now())
	return err
}

// storeRate is engineRate of Parley's store.
func storeRate(ctx context.Context, dir string, long time.Duration) (rate float64, err error) {
	c, err := openStore(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return writers(ctx, long, c.put)
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
