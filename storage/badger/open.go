package badger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
		probe:   probe{path: path, log: o.Logger},
		queue:   make(chan *job, maxQueue),
		written: make(chan struct{}),
		stop:    make(chan struct{}),
	}
	s.opts.beforeWrite = s.probe.rest
	if err := checkPresent(&o); err != nil {
		return nil, err
	}
	if err := prepareDirectory(path); err != nil {
		return nil, err
	}
	first, err := s.openEngine(ctx)
	if err != nil {
		return nil, err
	}
	s.install(first)
	if err := removeStale(path, s.dir); err != nil {
		s.log.Warn("deleting files that a compaction has left", "path", path, "error", err)
	}
	w := &writer{Store: s, recent: make(recent),
		space: space{path: path, reserve: s.opts.ReserveBytes, free: s.opts.Free, log: s.log, every: s.opts.lookEvery}}
	w.trimAll()
	go w.run()
	s.dropOldUploads(ctx)
	s.background.Go(s.finishDeleting)
	s.background.Go(s.collectGarbage)
	return s, nil
}

// opened is an engine and the directory of its files.
type opened struct {
	db  *database
	dir string
}

// openEngine opens the directory, brings its layout up to date, fills the inbox
// and counts the files that wait for their messages.
func (s *Store) openEngine(ctx context.Context) (opened, error) {
	// Reading needs little room, so a store on a full disk still opens.
	if err := enoughSpace(s.opts.Path, s.opts.ReserveBytes/2, s.opts.Free); err != nil {
		return opened{}, err
	}
	if err := ctx.Err(); err != nil {
		return opened{}, err
	}
	o, err := openCurrent(&s.opts)
	if err != nil {
		return opened{}, err
	}
	if err := s.prepareEngine(ctx, o.db); err != nil {
		return opened{}, errors.Join(err, s.closeEngine(o.db), s.probe.close())
	}
	return o, nil
}

func (s *Store) prepareEngine(ctx context.Context, db *database) error {
	err := s.probe.open()
	if err == nil {
		err = s.probe.touch()
	}
	if err == nil {
		err = migrate(ctx, db, s.log)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.opts.Path, err)
	}
	s.unsent.load(db)
	return s.inbox.load(ctx, db, s.log)
}

// openCurrent opens the files that count.
func openCurrent(o *Options) (opened, error) {
	dir, err := currentDirectory(o.Path)
	if err == nil {
		err = checkUnrestored(o.Path, dir)
	}
	if err == nil {
		err = SyncDirectory(o.Path) // what was read must not change by a crash
	}
	if err == nil && dir != o.Path && !exists(dir) {
		err = fmt.Errorf("the data is gone: %s names %s, which has none", currentFile, dir)
	}
	if err != nil {
		return opened{}, err
	}
	db, err := openDatabase(o.engineOptions(dir))
	if err != nil {
		return opened{}, explain(err, o.Path)
	}
	// Their lock counts only if no other server has replaced them meanwhile.
	again, err := currentDirectory(o.Path)
	if err == nil && again != dir {
		err = fmt.Errorf("%w: %s", ErrInUse, o.Path)
	}
	if err != nil {
		return opened{}, errors.Join(err, db.Close())
	}
	return opened{db, dir}, nil
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
