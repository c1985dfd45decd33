package database

import (
	"errors"
	"os"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/ristretto/v2/z"

	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// Bulk fills a new directory with records that come in the order of their
// keys. They go straight into tables, so that nothing is written twice.
type Bulk struct {
	opts    *directory.Options
	dir     string
	version uint64
	db      *engine.DB
	to      *engine.StreamWriter
	buf     *z.Buffer
	Records int
	ready   func() error // returns when the disk takes writes
}

// BulkSize is how many bytes are handed to the engine at once. The disk is
// looked at as often.
const BulkSize = 1 << 20

// NewBulk begins to fill a directory, which it makes. Call close in the end,
// however that comes.
func NewBulk(o *directory.Options, dir string, version uint64, ready func() error) (*Bulk, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	db, err := engine.Open(EngineOptions(o, dir, func() { _ = ready() }).WithSyncWrites(false))
	if err != nil {
		return nil, directory.Explain(err, dir)
	}
	b := &Bulk{opts: o, dir: dir, ready: ready, version: max(version, 1), db: db, to: db.NewStreamWriter(), buf: z.NewBuffer(2*BulkSize, "parley")}
	if err := b.to.Prepare(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Add stores one more record. It copies what it needs.
func (b *Bulk) Add(key []byte, r Record) error {
	b.Records++
	engine.KVToBuffer(&pb.KV{Key: key, Value: r.Value, UserMeta: []byte{r.Meta}, Version: b.version, ExpiresAt: r.Expires, StreamId: 1}, b.buf)
	if b.buf.LenNoPadding() < BulkSize {
		return nil
	}
	return b.flush()
}

func (b *Bulk) flush() error {
	if err := disk.EnoughSpace(b.opts.Path, b.opts.ReserveBytes, b.opts.Free); err != nil {
		return err
	}
	if err := b.ready(); err != nil {
		return err
	}
	err := b.to.Write(b.buf)
	b.buf.Reset()
	return err
}

// Finish makes all of it durable.
func (b *Bulk) Finish() error {
	if err := b.flush(); err != nil {
		return err
	}
	if err := b.to.Flush(); err != nil {
		return err
	}
	b.to = nil
	if err := b.Close(); err != nil {
		return err
	}
	return disk.SyncAll(b.dir)
}

// Close ends the work; what was not finished is worthless.
func (b *Bulk) Close() error {
	if b.to != nil {
		b.to.Cancel()
		b.to = nil
	}
	if b.db == nil {
		return nil
	}
	if err := b.buf.Release(); err != nil {
		return err
	}
	db := b.db
	b.db = nil
	return db.Close()
}
