package badger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Restore makes a store in an empty or absent directory of what a backup
// holds but the sessions: who was signed in signs in again. Options have the
// key that the store had when it was backed up. It fails without leaving anything unless the whole backup is there.
func Restore(ctx context.Context, o Options, from io.Reader) (info BackupInfo, err error) {
	if err := o.setDefaults(); err != nil {
		return info, err
	}
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return info, err
	}
	b, err := newBackupReader(from)
	if err != nil {
		return info, err
	}
	if err := checkHeader(b.header, &o); err != nil {
		return info, err
	}
	if err := prepareEmpty(o.Path); err != nil {
		return info, err
	}
	dir := filepath.Join(o.Path, restoringPrefix+time.Now().UTC().Format("20060102T150405"))
	t, err := restoreInto(ctx, &o, dir, b)
	if err != nil {
		return info, errors.Join(err, os.RemoveAll(dir))
	}
	current := nextDirectory(o.Path, o.Path)
	if err := os.Rename(dir, current); err != nil {
		return info, errors.Join(err, os.RemoveAll(dir))
	}
	if err := SyncDirectory(o.Path); err != nil {
		return info, err
	}
	if err := makeCurrent(o.Path, current); err != nil {
		return info, err
	}
	return BackupInfo{b.header.Created, b.header.Encrypted, t.Records}, nil
}

func checkHeader(h backupHeader, o *Options) error {
	switch {
	case h.Schema > schemaVersion:
		return fmt.Errorf("a newer version of Parley has made this backup (schema version %d, this one knows up to %d): "+
			"restore it with the newer version", h.Schema, schemaVersion)
	case h.Encrypted && len(o.EncryptionKey) == 0:
		return errors.New("the backup is encrypted: give the encryption key that the store had")
	case !h.Encrypted && len(o.EncryptionKey) > 0:
		return errors.New("the backup is not encrypted: restore it without an encryption key")
	}
	return nil
}

// restoreInto fills a directory and checks the backup to its end.
func restoreInto(ctx context.Context, o *Options, dir string, b *backupReader) (t backupTrailer, err error) {
	sealer, err := newSealer(o.EncryptionKey, b.header, b.line)
	if err != nil {
		return t, err
	}
	to, err := newBulk(o, dir, 1, func() error { return nil }) // no site runs beside it
	if err != nil {
		return t, err
	}
	read, err := restoreBlocks(ctx, to, sealer, b)
	if err != nil {
		return t, errors.Join(err, to.close())
	}
	if t, err = b.trailer(); err == nil && t.Records != read {
		err = damaged("it has %d records of %d", read, t.Records)
	}
	if err != nil {
		return t, errors.Join(err, to.close())
	}
	return t, to.finish()
}

// restoreBlocks reads all blocks and returns how many records were in them.
func restoreBlocks(ctx context.Context, to *bulk, sealer *sealer, b *backupReader) (records int, err error) {
	for first := true; ; first = false {
		if err := ctx.Err(); err != nil {
			return records, err
		}
		block, err := b.nextBlock()
		if err != nil || block == nil {
			return records, err
		}
		if block, err = sealer.open(block); err != nil {
			if first {
				return records, errors.New("the encryption key does not fit the backup: it was made with another key")
			}
			return records, damaged("a block was changed")
		}
		n, err := restoreBlock(to, block)
		if err != nil {
			return records, err
		}
		records += n
	}
}

// restoreBlock stores the records of a block but those of sessions, and returns
// how many it has.
func restoreBlock(to *bulk, block []byte) (n int, err error) {
	for ; len(block) > 0; n++ {
		var (
			key []byte
			r   record
		)
		if key, r, block, err = cutRecord(block); err != nil {
			return n, err
		}
		if isOfSession(key) {
			continue
		}
		if err := to.add(key, r); err != nil {
			return n, err
		}
	}
	return n, nil
}
