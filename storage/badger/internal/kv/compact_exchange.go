package kv

import (
	"context"
	"errors"
	"fmt"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// errUnsettled means that it can't be told whether the old or the new files
// would count after a crash.
var errUnsettled = errors.New("exchanging the files")

// exchange copies the rest and has the new files count. It is run by the
// writer, so nothing is written meanwhile. The snapshot is the one that the
// copy began with.
func (c *compaction) exchange(ctx context.Context, snap database.Snapshot, w *Writer) error {
	began := time.Now()
	if w.Current() != c.from.db {
		return unavailable.When("compacting", ErrMoved)
	}
	if _, err := c.catchUp(ctx); err != nil {
		return err
	}
	at, err := c.cleanAsOf(snap, began)
	if err != nil {
		return err
	}
	c.to.db.SkipTo(c.from.db.LastCommit())
	from := c.to.db.Next()
	if err := c.to.db.Update(func(txn *engine.Txn) error { return txn.Set(layout.CompactedKey, database.TimeRecord(at).Value) }); err != nil {
		return err
	}
	if err := errors.Join(disk.SyncDirectory(c.to.dir), disk.SyncDirectory(c.Opts.Path)); err != nil {
		return err
	}
	if err := c.to.db.Verifier.Refresh(nil); err != nil {
		return err
	}
	// What was not read for its damage was not copied. Most was looked at before,
	// when nobody waited.
	if v := c.from.db.Verifier.VerifyTables(time.Now().Add(-database.VerifiedLately), nil); len(v.All()) > 0 {
		w.ReportDamage(v.All()...)
		return w.MayStore()
	}
	select {
	case <-w.Stop:
		return errClosing // which ends the looking, too
	default:
	}
	c.settled = true
	if err := w.Identity.Take(c.Opts.Path, c.to.dir, &w.DiskCheck, func() error { return directory.MakeCurrent(c.Opts.Path, c.to.dir) }); err != nil {
		// Opened anew, the store goes on with those that count.
		err = unavailable.When("compacting", fmt.Errorf("%w: %w", errUnsettled, err))
		w.broken(c.from.db, err)
		return err
	}
	w.Using.Lock()
	w.install(c.to)
	w.from = from
	w.Using.Unlock()
	_ = w.DiskCheck.Completed(c.to.db.LastCommit()) // the next commit tells
	w.note(c.to.db, c.to.dir)
	c.result.Paused = time.Since(began)
	c.report(chat.Progress{Done: c.total, Total: c.total})
	return nil
}

// verifyNew has the new files' blocks verified from now on.
func (c *compaction) verifyNew() error {
	g, err := database.NewVerifier(&directory.Inspection{Path: c.Opts.Path, Dir: c.to.dir}, c.to.db, c.ReportDamage)
	if err == nil {
		g.Closing = c.Stop
	}
	return err
}

// cleanAsOf returns what the time of this compaction is to be, next to that of
// the last erasure: not before it if the new files have nothing of what was
// erased, else before it, so that another compaction is due. It goes by the
// order of the commits, since a clock can be set back, and an erasure takes
// its time before it is committed.
func (c *compaction) cleanAsOf(snap database.Snapshot, now time.Time) (time.Time, error) {
	latestSnap := c.from.db.Read()
	defer latestSnap.Close()
	erased, err := database.ReadTime(latestSnap, layout.ErasedKey)
	if err != nil || erased.IsZero() {
		return now, err
	}
	item, err := latestSnap.Txn.Get(layout.ErasedKey)
	if err != nil {
		return now, err
	}
	copied := c.unclear || item.Version() > snap.Txn.ReadTs()
	database.EachKey(snap.Txn, []byte{layout.KindTombstone}, func([]byte) { copied = true }) // with what is still to be deleted
	if copied {
		return erased.Add(-1), nil
	}
	return maxTime(now, erased), nil
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
