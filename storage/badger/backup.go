package badger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
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
	if err := s.verify(); err != nil {
		return err
	}
	b, err := newBackupWriter(w, s.opts.EncryptionKey)
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
		failed <- s.readLong(ctx, func(ctx context.Context, snap snapshot) error { return snap.blocks(ctx, read) })
	}()
	for block := range read {
		if err := b.writeBlock(block.bytes, block.records); err != nil {
			return fmt.Errorf("writing the backup: %w", err)
		}
	}
	if err := <-failed; err != nil {
		return err
	}
	// What was not read for its damage is not in it.
	if err := s.verify(); err != nil {
		return err
	}
	return b.finish()
}

type block struct {
	bytes   []byte
	records int
}

// blocks sends all records but those of files that nothing names.
func (s snapshot) blocks(ctx context.Context, to chan<- block) error {
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
	if _, err := s.eachInUse(ctx, func(item *engine.Item) error {
		value, err := s.value(item)
		if err != nil {
			return err
		}
		next.bytes = appendRecord(next.bytes, item.Key(), record{value: value, meta: item.UserMeta(), expires: item.ExpiresAt()})
		next.records++
		if len(next.bytes) < backupBlock {
			return nil
		}
		return send()
	}); err != nil || next.records == 0 {
		return err
	}
	return send()
}

// BackupInfo says what a backup holds.
type BackupInfo struct {
	Created   time.Time
	Encrypted bool
	Records   int
}

// VerifyBackup reads a backup to its end and checks that it is whole. It needs
// no key.
func VerifyBackup(r io.Reader) (BackupInfo, error) {
	b, err := newBackupReader(r)
	if err != nil {
		return BackupInfo{}, err
	}
	for {
		block, err := b.nextBlock()
		if err != nil {
			return BackupInfo{}, err
		}
		if block == nil {
			break
		}
	}
	t, err := b.trailer()
	return BackupInfo{b.header.Created, b.header.Encrypted, t.Records}, err
}

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

// prepareEmpty makes a directory, or makes sure that there is nothing in it
// but what an interrupted restore has left, which it deletes.
func prepareEmpty(path string) error {
	if err := prepareDirectory(path); err != nil {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if isRestoring(e) {
			if err := os.RemoveAll(filepath.Join(path, e.Name())); err != nil {
				return err
			}
			continue
		}
		if inUse(path) {
			return fmt.Errorf("a server is using %s: stop it, and move the directory away", path)
		}
		return fmt.Errorf("%s is not empty (there is %s): restore to an empty directory, or to one that does not exist", path, e.Name())
	}
	return nil
}

// inUse reports whether a server has the store in a directory open.
func inUse(path string) bool {
	dir, err := currentDirectory(path)
	if err != nil || !exists(dir) {
		return false
	}
	unlock, err := lockDirectory(dir)
	if err == nil {
		unlock()
	}
	return err != nil
}

func isRestoring(e os.DirEntry) bool {
	ok, err := filepath.Match(restoringPrefix+"*", e.Name())
	return e.IsDir() && ok && err == nil
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

// isOfSession reports whether a key is that of a session, of a visitor or an
// agent, or of what opens one. They are not restored: one may have ended since
// the backup was made, and nothing tells which.
func isOfSession(key []byte) bool {
	switch key[0] {
	case kindSession, kindSessionToken, kindAgentSession:
		return true
	}
	return false
}
