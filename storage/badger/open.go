package badger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"

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
	if err := s.identity.take(path, first.dir, &s.probe, nil); err != nil {
		return nil, errors.Join(err, s.closeEngine(first.db), s.probe.close())
	}
	s.install(first)
	s.note(first.db, first.dir)
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
	s.background.Go(s.watch)
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
	in := &inspection{least: s.probe.last()}
	o, err := openCurrent(ctx, &s.opts, in)
	if err != nil {
		return opened{}, err
	}
	if err := s.prepareEngine(ctx, o, in); err != nil {
		return opened{}, errors.Join(err, s.closeEngine(o.db), s.probe.close())
	}
	return o, nil
}

func (s *Store) prepareEngine(ctx context.Context, o opened, in *inspection) error {
	err := s.probe.open(in.least)
	if err == nil {
		err = s.probe.touch()
	}
	if err == nil {
		var g *guard
		if g, err = newGuard(in, o.db, s.found); err == nil {
			g.closing = s.stop
		}
	}
	if err == nil {
		err = migrate(ctx, o.db, s.log)
	}
	if err == nil {
		err = s.numberCommits(o, in)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.opts.Path, err)
	}
	s.unsent.load(o.db)
	return s.inbox.load(ctx, o.db, s.log)
}

// openCurrent inspects the files that count and opens them.
func openCurrent(ctx context.Context, o *Options, in *inspection) (opened, error) {
	dir, err := currentDirectory(o.Path)
	if err == nil {
		err = checkUnrestored(o.Path, dir)
	}
	if err == nil {
		err = SyncDirectory(o.Path) // what was read must not change by a crash
	}
	if err == nil {
		err = checkBegun(o.Path, dir)
	}
	if err == nil {
		err = inspectLocked(ctx, o, dir, in)
	}
	if err != nil {
		return opened{}, err
	}
	db, err := openSafely(o.engineOptions(dir), o.Path)
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

// openSafely opens an engine. A panic in it is an error; there are none in its
// goroutines once its files were inspected.
func openSafely(o engine.Options, path string) (db *database, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("%w: opening it panics: %v. %s", ErrDamaged, p, remedy(path))
		}
	}()
	return openDatabase(o)
}

// inspectLocked inspects files that nobody has open. What is not there yet is
// sound.
func inspectLocked(ctx context.Context, o *Options, dir string, in *inspection) error {
	if !exists(dir) {
		in.path, in.dir, in.known, in.tables = o.Path, dir, &known{}, map[uint64]*tableFile{}
		return nil
	}
	unlock, err := lockDirectory(dir)
	if err != nil {
		return fmt.Errorf("%w: %s (stop it, or give each server a path of its own)", ErrInUse, o.Path)
	}
	defer unlock()
	if err := in.inspect(ctx, o, dir); err != nil {
		return err
	}
	if err := in.damaged(); err != nil {
		return err
	}
	return errors.Join(removeEmpty(dir), repairDiscards(dir, o.Logger))
}
