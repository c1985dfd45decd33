package badger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	engine "github.com/dgraph-io/badger/v4"
)

// Open opens the store in a directory, or makes a new one there. Errors say
// what is wrong with the directory; ErrInUse and ErrFull are worth a retry.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, o Options) (*Store, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	o.Path = path
	s := &Store{
		opts:    o,
		log:     o.Logger,
		inbox:   newInbox(),
		queue:   make(chan *job, maxQueue),
		written: make(chan struct{}),
		stop:    make(chan struct{}),
	}
	if err := prepareDirectory(path); err != nil {
		return nil, err
	}
	if s.db, err = s.openEngine(ctx); err != nil {
		return nil, err
	}
	w := &writer{Store: s, recent: make(recent),
		space: space{path: path, reserve: o.ReserveBytes, free: o.Free, log: s.log, every: o.lookEvery}}
	if err := w.trimAll(); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	go w.run()
	s.background.Go(s.collectGarbage)
	return s, nil
}

// openEngine opens the directory, checks its layout and fills the inbox.
func (s *Store) openEngine(ctx context.Context) (*engine.DB, error) {
	// Reading needs little room, so a store on a full disk still opens.
	if err := enoughSpace(s.opts.Path, s.opts.ReserveBytes/2, s.opts.Free); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db, err := engine.Open(s.opts.engineOptions())
	if err != nil {
		return nil, explain(err, s.opts.Path)
	}
	if err := checkSchema(db); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", s.opts.Path, err), db.Close())
	}
	if err := s.inbox.load(ctx, db, s.log); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// prepareDirectory creates the directory and makes sure that it can be written.
func prepareDirectory(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("creating the directory (is its parent writable for this user?): %w", err)
	}
	probe, err := os.CreateTemp(path, "probe-*")
	if err != nil {
		return fmt.Errorf("the directory can't be written (does it belong to this user?): %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// explain says in an operator's terms why the engine did not open. It wraps
// few of its own errors, so that most can be told by their text only.
func explain(err error, path string) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "Cannot acquire directory lock"):
		return fmt.Errorf("%w: %s (stop it, or give each server a path of its own)", ErrInUse, path)
	case strings.Contains(text, engine.ErrEncryptionKeyMismatch.Error()):
		return fmt.Errorf("the encryption key does not fit %s: it was made with another key, or with none", path)
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}

// checkSchema writes the version of the layout into a new store and refuses
// one that this version of Parley can't read.
func checkSchema(db *engine.DB) error {
	txn := db.NewTransaction(true)
	defer txn.Discard()
	item, err := txn.Get(schemaKey)
	if errors.Is(err, engine.ErrKeyNotFound) {
		if !isEmpty(txn) {
			return errors.New("the directory holds a database, but none of Parley's")
		}
		if err := txn.Set(schemaKey, strconv.AppendInt(nil, schemaVersion, 10)); err != nil {
			return err
		}
		return txn.Commit()
	}
	if err != nil {
		return err
	}
	text, err := item.ValueCopy(nil)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	switch {
	case err != nil || version < 1:
		return fmt.Errorf("the database has the unknown schema version %q", text)
	case version > schemaVersion:
		return fmt.Errorf("a newer version of Parley has written this database (schema version %d, this one knows up to %d): "+
			"run the newer version, or restore a backup from before it", version, schemaVersion)
	}
	return nil
}

func isEmpty(txn *engine.Txn) bool {
	it := txn.NewIterator(engine.IteratorOptions{})
	defer it.Close()
	it.Rewind()
	return !it.Valid()
}
