package kv

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// Hooks are what the owner of the records does with them. Each may be nil.
type Hooks struct {
	// Load is called each time that the files were opened, also anew after a
	// failed write, before anybody reads or writes.
	Load func(context.Context, *database.DB) error
	// Start is called once, before the first change.
	Start func(*Writer)
	// Committed is called when a batch is durable, before it is acknowledged.
	Committed func(*Batch)
}

// Open opens the store in a directory, or makes a new one there. Errors
// say what is wrong with the directory; ErrInUse and ErrFull are worth a retry.
func Open(ctx context.Context, o directory.Options, h Hooks) (*Store, error) {
	if err := o.SetDefaults(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	o.Path = path
	s := &Store{
		Opts:      o,
		log:       o.Logger,
		hooks:     h,
		damages:   newDamages(),
		DiskCheck: disk.Check{Path: path, Log: o.Logger},
		queue:     make(chan *job, maxQueue),
		written:   make(chan struct{}),
		Stop:      make(chan struct{}),
	}
	if o.MustExist {
		if _, err := directory.LocateStore(path); err != nil {
			return nil, err
		}
	}
	if err := directory.Prepare(path); err != nil {
		return nil, err
	}
	first, err := s.openEngine(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Identity.Take(path, first.dir, &s.DiskCheck, nil); err != nil {
		return nil, errors.Join(err, s.closeEngine(first.db), s.DiskCheck.Close())
	}
	s.install(first)
	s.note(first.db, first.dir)
	if err := directory.RemoveStale(path, s.dir); err != nil {
		s.log.Warn("deleting files that a compaction has left", "path", path, "error", err)
	}
	w := &Writer{Store: s, space: disk.Space{Path: path, Reserve: s.Opts.ReserveBytes, Free: s.Opts.Free, Log: s.log}}
	if h.Start != nil {
		if err := w.start(h.Start); err != nil {
			return nil, errors.Join(err, s.closeEngine(first.db), s.DiskCheck.Close())
		}
	}
	go w.run()
	s.background.Go(s.watch)
	return s, nil
}

// Opened is an engine and the directory of its files.
type Opened struct {
	db  *database.DB
	dir string
}

// openEngine opens the directory, brings its layout up to date and has the
// owner of the records load what they keep of them in memory.
func (s *Store) openEngine(ctx context.Context) (Opened, error) {
	// Reading needs little room, so a store on a full disk still opens.
	if err := disk.EnoughSpace(s.Opts.Path, s.Opts.ReserveBytes/2, s.Opts.Free); err != nil {
		return Opened{}, err
	}
	if err := ctx.Err(); err != nil {
		return Opened{}, err
	}
	in := &directory.Inspection{Least: s.DiskCheck.Last()}
	o, err := openCurrent(ctx, &s.Opts, in, s.DiskCheck.Rest)
	if err != nil {
		return Opened{}, err
	}
	if err := s.prepareEngine(ctx, o, in); err != nil {
		return Opened{}, errors.Join(err, s.closeEngine(o.db), s.DiskCheck.Close())
	}
	return o, nil
}

// prepareEngine reads much of the files, through their memory maps. A panic in that
// is an error.
func (s *Store) prepareEngine(ctx context.Context, o Opened, in *directory.Inspection) (err error) {
	defer panics.OnFault()()
	defer panics.Handle(func(p *panics.Panic) {
		s.faulted.Store(true)
		err = fmt.Errorf("%w: reading it panics: %v. %s", chat.ErrDamaged, p.Value, directory.Remedy(s.Opts.Path))
	})
	err = s.DiskCheck.Open(in.Least)
	if err == nil {
		err = s.DiskCheck.Touch()
	}
	if err == nil {
		var g *database.Verifier
		if g, err = database.NewVerifier(in, o.db, s.ReportDamage); err == nil {
			g.Closing = s.Stop
		}
	}
	if err == nil {
		err = Migrate(ctx, o.db, s.log)
	}
	if err == nil {
		err = s.numberCommits(o, in)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Opts.Path, err)
	}
	if s.hooks.Load == nil {
		return nil
	}
	return s.hooks.Load(ctx, o.db)
}

// openCurrent inspects the files that count and opens them.
func openCurrent(ctx context.Context, o *directory.Options, in *directory.Inspection, beforeWrite func()) (Opened, error) {
	dir, err := directory.Locate(o.Path)
	if err == nil {
		err = disk.SyncDirectory(o.Path) // what was read must not change by a crash
	}
	if err == nil {
		err = inspectLocked(ctx, o, dir, in)
	}
	if err != nil {
		return Opened{}, err
	}
	db, err := openSafely(database.EngineOptions(o, dir, beforeWrite), o.Path)
	if err != nil {
		return Opened{}, directory.Explain(err, o.Path)
	}
	// Their lock counts only if no other server has replaced them meanwhile.
	again, err := directory.Current(o.Path)
	if err == nil && again != dir {
		err = fmt.Errorf("%w: %s", directory.ErrInUse, o.Path)
	}
	if err != nil {
		return Opened{}, errors.Join(err, db.Close())
	}
	return Opened{db, dir}, nil
}

// openSafely opens an engine. A panic in it is an error; there are none in its
// goroutines once its files were inspected.
func openSafely(o engine.Options, path string) (db *database.DB, err error) {
	defer panics.OnFault()()
	defer panics.Handle(func(p *panics.Panic) {
		db, err = nil, fmt.Errorf("%w: opening it panics: %v. %s", chat.ErrDamaged, p.Value, directory.Remedy(path))
	})
	return database.Open(o)
}

// inspectLocked inspects files that nobody has open. What is not there yet is
// sound.
func inspectLocked(ctx context.Context, o *directory.Options, dir string, in *directory.Inspection) error {
	if !directory.Exists(dir) {
		in.Path, in.Dir, in.Known, in.Tables = o.Path, dir, &directory.Known{}, map[uint64]*directory.Table{}
		return nil
	}
	unlock, err := directory.Lock(o.Path, dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := in.Inspect(ctx, o, dir); err != nil {
		return err
	}
	if err := in.Damaged(); err != nil {
		return err
	}
	return errors.Join(directory.RemoveEmpty(dir), directory.RepairDiscards(dir, o.Logger))
}
