package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-chat/parley/storage/backup"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// Restore makes a store in an empty or absent directory of what a backup
// holds but the sessions: who was signed in signs in again. Options have the
// key that the store had when it was backed up. It fails
// without leaving anything unless the whole backup is there.
func Restore(ctx context.Context, o directory.Options, from io.Reader) (info backup.Info, err error) {
	if err := o.SetDefaults(); err != nil {
		return info, err
	}
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return info, err
	}
	b, err := backup.NewReader(from)
	if err != nil {
		return info, err
	}
	if err := checkReadable(b, &o); err != nil {
		return info, err
	}
	_, err = os.Stat(o.Path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err := directory.PrepareEmpty(o.Path); err != nil {
		return info, err
	}
	defer func() {
		if err != nil && isNew {
			_ = os.Remove(o.Path) // it is empty, or stays
		}
	}()
	dir := filepath.Join(o.Path, directory.RestoringPrefix+time.Now().UTC().Format("20060102T150405"))
	info, err = restoreInto(ctx, &o, dir, b)
	if err != nil {
		return backup.Info{}, errors.Join(err, os.RemoveAll(dir))
	}
	current := directory.Next(o.Path, o.Path)
	if err := os.Rename(dir, current); err != nil {
		return backup.Info{}, errors.Join(err, os.RemoveAll(dir))
	}
	if err := disk.SyncDirectory(o.Path); err != nil {
		return info, err
	}
	if err := directory.MakeCurrent(o.Path, current); err != nil {
		return info, err
	}
	return info, nil
}

// checkReadable tells whether the records of a backup can be read here.
func checkReadable(b *backup.Reader, o *directory.Options) error {
	switch {
	case b.Schema() > layout.SchemaVersion:
		return fmt.Errorf("a newer version of Parley has made this backup (schema version %d, this one knows up to %d): "+
			"restore it with the newer version", b.Schema(), layout.SchemaVersion)
	case b.Encrypted() && len(o.EncryptionKey) == 0:
		return errors.New("the backup is encrypted: give the encryption key that the store had")
	case !b.Encrypted() && len(o.EncryptionKey) > 0:
		return errors.New("the backup is not encrypted: restore it without an encryption key")
	}
	return nil
}

// restoreInto fills a directory with the records of a backup but those of
// sessions, and checks the backup to its end.
func restoreInto(ctx context.Context, o *directory.Options, dir string, b *backup.Reader) (info backup.Info, err error) {
	to, err := database.NewBulk(o, dir, 1, func() error { return nil }) // no site runs beside it
	if err != nil {
		return info, err
	}
	if info, err = b.Each(o.EncryptionKey, func(r backup.Record) error {
		if err := ctx.Err(); err != nil || layout.IsOfSession(r.Key) {
			return err
		}
		if bytes.HasPrefix(r.Key, layout.EnginePrefix) {
			return fmt.Errorf("%w: a record has the key %q, which the store never had", backup.ErrDamaged, r.Key)
		}
		return to.Add(r.Key, database.Record{Value: r.Value, Meta: r.Meta, Expires: r.Expires})
	}); err != nil {
		return info, errors.Join(err, to.Close())
	}
	return info, to.Finish()
}
