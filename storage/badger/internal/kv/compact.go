package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Bounds of what is copied while others write: rounds until less than so many
// records have changed, or until it doesn't get less. The rest is copied while
// they wait.
const (
	enoughCaughtUp = 256
	maxRounds      = 8
)

// Compact copies all records, but those of files that nothing names any more,
// into new files and has these take the place of the old ones, which it deletes. Nobody waits but the writers, for the last
// few records and the exchange.
func (s *Store) Compact(ctx context.Context, report func(chat.Progress)) (out chat.Compaction, err error) {
	if !s.exclusive.TryLock() {
		return out, chat.ErrBusy
	}
	defer s.exclusive.Unlock()
	ended := make(chan struct{})
	if !s.InBackground(func() {
		defer close(ended)
		out, err = s.compact(ctx, report)
	}) {
		return out, errClosed
	}
	<-ended
	if err != nil && !errors.Is(err, chat.ErrUnavailable) && ctx.Err() == nil {
		err = unavailable.When("compacting", err)
	}
	return out, err
}

// InBackground runs what Close waits for. It reports false after Close.
func (s *Store) InBackground(f func()) bool {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return false
	}
	s.background.Go(f)
	return true
}

// compaction is one call of Compact.
type compaction struct {
	*Store
	from     Opened
	fromLong *longReads
	to       Opened
	total    uint64
	done     uint64
	report   func(chat.Progress)
	copied   uint64 // the version up to which all is copied
	settled  bool   // to counts, or may count; it is not to be deleted
	unclear  bool   // which files nothing names; they were copied as well
	result   chat.Compaction
}

func (s *Store) compact(ctx context.Context, report func(chat.Progress)) (chat.Compaction, error) {
	began := time.Now()
	closing, end := s.UntilClosed()
	defer end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(closing, func() { cancel(errClosing) })()

	c := &compaction{Store: s, report: report}
	if err := c.prepare(); err != nil {
		return c.result, err
	}
	err := s.ReadLong(ctx, func(ctx context.Context, snap database.Snapshot) error { return c.run(ctx, snap) })
	if c.to.db != nil && !c.settled || errors.Is(err, errUnsettled) {
		err = errors.Join(err, c.closeEngine(c.to.db))
	}
	if !c.settled {
		return c.result, errors.Join(err, os.RemoveAll(c.to.dir))
	}
	if err != nil {
		return c.result, err
	}
	if err := c.removeOld(closing); err != nil {
		return c.result, fmt.Errorf("the new files are in use, but deleting the old ones failed; the next start does it: %w", err)
	}
	if c.result.BytesAfter, err = disk.Used(s.Opts.Path); err != nil {
		return c.result, err
	}
	c.result.Took = time.Since(began)
	s.log.Info("the store's files were rewritten", "path", s.Opts.Path, "records", c.result.Records,
		"bytes_before", c.result.BytesBefore, "bytes_after", c.result.BytesAfter, "paused", c.result.Paused)
	return c.result, nil
}

// prepare finds out what is to be copied, and whether there is room for that.
func (c *compaction) prepare() (err error) {
	c.Using.RLock()
	c.from, c.fromLong = Opened{c.db, c.dir}, c.long
	why := c.why
	c.Using.RUnlock()
	if c.from.db == nil {
		return why
	}
	if c.result.BytesBefore, err = disk.Used(c.Opts.Path); err != nil {
		return err
	}
	c.total = c.result.BytesBefore
	c.to.dir = directory.Next(c.Opts.Path, c.from.dir)
	if err := os.RemoveAll(c.to.dir); err != nil { // what an earlier attempt may have left
		return err
	}
	return disk.EnoughSpace(c.Opts.Path, c.total+c.Opts.ReserveBytes, c.Opts.Free)
}

// run copies, and exchanges the files. The snapshot it began with stays open
// all the time: that keeps the engine from forgetting what was deleted since.
func (c *compaction) run(ctx context.Context, snap database.Snapshot) error {
	if err := c.copyAll(ctx, snap); err != nil {
		return err
	}
	db, err := database.Open(database.EngineOptions(&c.Opts, c.to.dir, c.DiskCheck.Rest))
	if err != nil {
		return directory.Explain(err, c.to.dir)
	}
	c.to.db = db
	for round, before := 0, 0; round < maxRounds; round++ {
		n, err := c.catchUp(ctx)
		if err != nil {
			return err
		}
		if n <= enoughCaughtUp || round > 0 && n >= before {
			break
		}
		before = n
	}
	// Damage is looked for while everybody goes on; the exchange looks only at
	// tables that have come since.
	if v := c.from.db.Verifier.VerifyAll(nil); len(v.All()) > 0 {
		c.ReportDamage(v.All()...)
		return c.MayStore()
	}
	// So are the indexes of the new tables read, of which there are many.
	if err := c.verifyNew(); err != nil {
		return err
	}
	// The context may end while the writer is at it: the outcome is awaited.
	return c.submit(&job{ctx: context.WithoutCancel(ctx), done: make(chan error, 1),
		run:    func(*Tx) error { return ErrTooBig },
		staged: func(w *Writer) error { return c.exchange(ctx, snap, w) }})
}

func (c *compaction) copyAll(ctx context.Context, snap database.Snapshot) error {
	c.copied = snap.Txn.ReadTs()
	c.report(chat.Progress{Total: c.total})
	b, err := database.NewBulk(&c.Opts, c.to.dir, c.copied, c.DiskCheck.Touch)
	if err != nil {
		return err
	}
	var reported uint64
	files, err := eachInUse(ctx, snap, func(item *engine.Item) error {
		c.done += uint64(item.EstimatedSize())
		if c.done-reported >= database.BulkSize {
			reported = c.done
			c.report(chat.Progress{Done: min(c.done, c.total), Total: c.total})
		}
		value, err := snap.Value(item)
		if err != nil {
			return err
		}
		return b.Add(item.Key(), database.Record{Value: value, Meta: item.UserMeta(), Expires: item.ExpiresAt()})
	})
	if err != nil {
		return errors.Join(err, b.Close())
	}
	c.unclear = files.unclear(c.log)
	c.result.Records = b.Records
	return b.Finish()
}

// catchUp copies what has changed since the last time, and returns how much.
func (c *compaction) catchUp(ctx context.Context) (n int, err error) {
	snap := c.from.db.Read()
	defer snap.Close()
	it := snap.Txn.NewIterator(engine.IteratorOptions{SinceTs: c.copied, AllVersions: true})
	defer it.Close()
	number := c.to.db.Next()
	batch := c.to.db.NewWriteBatchAt(number)
	defer batch.Cancel()
	var last []byte
	for it.Rewind(); it.Valid(); it.Next() {
		if ctx.Err() != nil {
			return n, context.Cause(ctx)
		}
		item := it.Item()
		if n > 0 && bytes.Equal(item.Key(), last) {
			continue // an older version
		}
		last = item.KeyCopy(last)
		if n%1024 == 0 {
			if err := errors.Join(disk.EnoughSpace(c.Opts.Path, c.Opts.ReserveBytes, c.Opts.Free), c.DiskCheck.Touch()); err != nil {
				return n, err
			}
		}
		n++
		if err := copyVersion(snap, batch, item); err != nil {
			return n, err
		}
	}
	if err := c.DiskCheck.Touch(); err != nil {
		return n, err
	}
	if err := batch.Flush(); err != nil {
		return n, err
	}
	c.to.db.Complete(number)
	c.copied = snap.Txn.ReadTs()
	return n, nil
}

// copyVersion makes a record, or its absence, part of a batch.
func copyVersion(snap database.Snapshot, batch *engine.WriteBatch, item *engine.Item) error {
	key := item.KeyCopy(nil)
	if item.IsDeletedOrExpired() {
		return batch.Delete(key)
	}
	value, err := snap.Value(item)
	if err != nil {
		return err
	}
	e := engine.NewEntry(key, value).WithMeta(item.UserMeta())
	e.ExpiresAt = item.ExpiresAt()
	return batch.SetEntry(e)
}

// removeOld closes the old files when nobody reads them any more, and deletes
// them.
func (c *compaction) removeOld(closing context.Context) error {
	defer context.AfterFunc(closing, c.fromLong.end)()
	c.fromLong.n.Wait()
	c.fromLong.end()
	if err := c.closeEngine(c.from.db); err != nil {
		return err
	}
	c.noting.Lock() // what is stale there may be what the watch is just writing
	err := directory.RemoveStale(c.Opts.Path, c.to.dir)
	c.noting.Unlock()
	if err != nil {
		return err
	}
	return disk.SyncDirectory(c.Opts.Path)
}
