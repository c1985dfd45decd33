package badger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
)

// hooks are what the owner of the records does with them. Each may be nil.
type hooks struct {
	// load is called each time that the files were opened, also anew after a
	// failed write, before anybody reads or writes.
	load func(context.Context, *database) error
	// start is called once, before the first change.
	start func(*writer)
	// committed is called when a batch is durable, before it is acknowledged.
	committed func(*batch)
}

// openStore opens the store in a directory, or makes a new one there. Errors
// say what is wrong with the directory; ErrInUse and ErrFull are worth a retry.
func openStore(ctx context.Context, o Options, h hooks) (*kvStore, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	o.Path = path
	s := &kvStore{
		opts:    o,
		log:     o.Logger,
		hooks:   h,
		damages: newDamages(),
		probe:   probe{path: path, log: o.Logger},
		queue:   make(chan *job, maxQueue),
		written: make(chan struct{}),
		stop:    make(chan struct{}),
	}
	if o.MustExist {
		if _, err := locateStore(path); err != nil {
			return nil, err
		}
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
	w := &writer{kvStore: s, space: space{path: path, reserve: s.opts.ReserveBytes, free: s.opts.Free, log: s.log}}
	if h.start != nil {
		h.start(w)
	}
	go w.run()
	s.background.Go(s.watch)
	return s, nil
}

// opened is an engine and the directory of its files.
type opened struct {
	db  *database
	dir string
}

// openEngine opens the directory, brings its layout up to date and has the
// owner of the records load what they keep of them in memory.
func (s *kvStore) openEngine(ctx context.Context) (opened, error) {
	// Reading needs little room, so a store on a full disk still opens.
	if err := enoughSpace(s.opts.Path, s.opts.ReserveBytes/2, s.opts.Free); err != nil {
		return opened{}, err
	}
	if err := ctx.Err(); err != nil {
		return opened{}, err
	}
	in := &inspection{least: s.probe.last()}
	o, err := openCurrent(ctx, &s.opts, in, s.probe.rest)
	if err != nil {
		return opened{}, err
	}
	if err := s.prepareEngine(ctx, o, in); err != nil {
		return opened{}, errors.Join(err, s.closeEngine(o.db), s.probe.close())
	}
	return o, nil
}

func (s *kvStore) prepareEngine(ctx context.Context, o opened, in *inspection) error {
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
	if s.hooks.load == nil {
		return nil
	}
	return s.hooks.load(ctx, o.db)
}

// openCurrent inspects the files that count and opens them.
func openCurrent(ctx context.Context, o *Options, in *inspection, beforeWrite func()) (opened, error) {
	dir, err := locate(o.Path)
	if err == nil {
		err = SyncDirectory(o.Path) // what was read must not change by a crash
	}
	if err == nil {
		err = inspectLocked(ctx, o, dir, in)
	}
	if err != nil {
		return opened{}, err
	}
	db, err := openSafely(engineOptions(o, dir, beforeWrite), o.Path)
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
	defer panics.OnFault()()
	defer panics.Handle(func(p *panics.Panic) {
		db, err = nil, fmt.Errorf("%w: opening it panics: %v. %s", chat.ErrDamaged, p.Value, remedy(path))
	})
	return openDatabase(o)
}

// inspectLocked inspects files that nobody has open. What is not there yet is
// sound.
func inspectLocked(ctx context.Context, o *Options, dir string, in *inspection) error {
	if !exists(dir) {
		in.path, in.dir, in.known, in.tables = o.Path, dir, &known{}, map[uint64]*tableFile{}
		return nil
	}
	unlock, err := lock(o.Path, dir)
	if err != nil {
		return err
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
