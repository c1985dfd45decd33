package kv

import (
	"context"
	"sync"

	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/storage/badger/internal/database"
)

// longReads are what takes its time with one engine, such as a backup. They
// don't hold Store.Using, since whoever wants to replace the engine, and
// everybody behind, would have to wait for them. The engine is closed once they
// have ended.
type longReads struct {
	ctx context.Context // ends when they shall
	end context.CancelFunc
	n   sync.WaitGroup
}

func newLongReads() *longReads {
	l := &longReads{}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// stop ends them and waits for that. Call it after the engine was taken out
// of use.
func (l *longReads) stop() {
	l.end()
	l.n.Wait()
}

// install takes an engine into use. Call it with using locked.
func (s *Store) install(o Opened) {
	s.db, s.dir, s.why, s.long = o.db, o.dir, nil, newLongReads()
}

// hold keeps the engine open for what takes its time; call long.n.Done when it
// has ended.
func (s *Store) hold() (db *database.DB, long *longReads, err error) {
	s.Using.RLock()
	defer s.Using.RUnlock()
	if s.db == nil {
		return nil, nil, s.why
	}
	s.long.n.Add(1)
	return s.db, s.long, nil
}

// ReadLong reads from a snapshot of all that is committed, for as long as it
// takes. The context that read gets ends before the engine does: look at it
// often, and wait for nothing else.
func (s *Store) ReadLong(ctx context.Context, read func(context.Context, database.Snapshot) error) (err error) {
	db, long, err := s.hold()
	if err != nil {
		return err
	}
	defer long.n.Done()
	snap := db.Read()
	defer snap.Close()
	defer panics.OnFault()()
	defer panics.Handle(func(p *panics.Panic) { err = s.readPanicked(p) })
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(long.ctx, func() { cancel(errClosing) })()
	if err := read(ctx, snap); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// UntilClosed returns a context that ends when Close begins.
func (s *Store) UntilClosed() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-s.Stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
