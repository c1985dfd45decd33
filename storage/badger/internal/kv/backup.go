package kv

import (
	"context"
	"fmt"
	"io"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/backup"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// blocks are what is read ahead of a slow writer of a backup.
const blocks = 8

// Backup writes all records, as they are at one moment. With an encryption key
// it is encrypted by that.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	if !s.exclusive.TryLock() {
		return chat.ErrBusy
	}
	defer s.exclusive.Unlock()
	// What is damaged already is told before anything is written: who reads the
	// backup from a network learns of nothing else but that it was cut short.
	if err := s.Verify(); err != nil {
		return err
	}
	b, err := backup.NewWriter(w, s.Opts.EncryptionKey, layout.SchemaVersion)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Who reads must not wait for who writes to a slow network: the engine
	// could not be closed meanwhile.
	read, failed := make(chan block, blocks), make(chan error, 1)
	go func() {
		defer close(read)
		failed <- s.ReadLong(ctx, func(ctx context.Context, snap database.Snapshot) error { return sendBlocks(ctx, snap, read) })
	}()
	for block := range read {
		if err := b.WriteBlock(block.bytes, block.records); err != nil {
			return fmt.Errorf("writing the backup: %w", err)
		}
	}
	if err := <-failed; err != nil {
		return err
	}
	// What was not read for its damage is not in it.
	if err := s.Verify(); err != nil {
		return err
	}
	return b.Finish()
}

type block struct {
	bytes   []byte
	records int
}

// sendBlocks sends all records but those of files that nothing names.
func sendBlocks(ctx context.Context, s database.Snapshot, to chan<- block) error {
	var next block
	send := func() error {
		select {
		case to <- next:
			next = block{}
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if _, err := eachInUse(ctx, s, func(item *engine.Item) error {
		value, err := s.Value(item)
		if err != nil {
			return err
		}
		next.bytes = backup.AppendRecord(next.bytes, backup.Record{Key: item.Key(), Value: value, Meta: item.UserMeta(), Expires: item.ExpiresAt()})
		next.records++
		if len(next.bytes) < backup.BlockSize {
			return nil
		}
		return send()
	}); err != nil || next.records == 0 {
		return err
	}
	return send()
}
