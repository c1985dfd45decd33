package kv

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Bounds of the writer. A full queue makes callers wait until their context
// ends; a full batch makes the rest wait for the next one.
const (
	maxQueue = 4096
	maxBatch = 1024
)

// job is a change that someone waits for.
type job struct {
	ctx context.Context
	// run makes the change in a transaction. It may run again, from the
	// start, where it didn't fit any more.
	run func(*Tx) error
	// staged makes a change that is too big for one transaction; nil where
	// that can't be.
	staged func(*Writer) error
	done   chan error
	err    error
}

// Change has the writer run a change and waits until it is durable. When the
// context ends first, the change may or may not be made. Don't read what run
// has set unless the error is nil.
func (s *Store) Change(ctx context.Context, run func(*Tx) error) error {
	return s.submit(&job{ctx: ctx, run: run, done: make(chan error, 1)})
}

// ChangeInStages is Change for one that may be too big for one transaction: then
// the writer runs staged, which may make several.
func (s *Store) ChangeInStages(ctx context.Context, run func(*Tx) error, staged func(*Writer) error) error {
	return s.submit(&job{ctx: ctx, run: run, staged: staged, done: make(chan error, 1)})
}

func (s *Store) submit(j *job) error {
	if err := s.enqueue(j); err != nil {
		return err
	}
	select {
	case err := <-j.done:
		return err
	case <-j.ctx.Done():
		return fmt.Errorf("waiting for the store: %w", j.ctx.Err())
	}
}

func (s *Store) enqueue(j *job) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return errClosed
	}
	if s.DiskCheck.Hangs() {
		return unavailable.When("storing", disk.ErrHangs) // rather than have all callers wait
	}
	select {
	case s.queue <- j:
		return nil
	case <-j.ctx.Done():
		return fmt.Errorf("waiting for the store: %w", j.ctx.Err())
	}
}

// Writer is the one goroutine that changes anything.
type Writer struct {
	*Store
	space disk.Space
	jobs  []*job
}

// start runs the owner's first changes, in the goroutine that opens the store.
func (w *Writer) start(f func(*Writer)) error {
	defer panics.OnFault()()
	return w.safely(func() error { f(w); return nil })
}

// run works until the queue is closed, and what is in it is done.
func (w *Writer) run() {
	defer close(w.written)
	defer panics.OnFault()() // a file in a memory map may be cut off
	for j := range w.queue {
		// Whoever was just told wakes before the next batch is closed: without
		// that the first to come would have a sync to itself, and all others
		// wait for it.
		runtime.Gosched()
		w.jobs = append(w.jobs[:0], j)
	fill:
		for len(w.jobs) < maxBatch {
			select {
			case next, ok := <-w.queue:
				if !ok {
					break fill
				}
				w.jobs = append(w.jobs, next)
			default:
				break fill
			}
		}
		w.process(w.jobs)
		clear(w.jobs)
	}
}

// process runs the jobs in order, in as few transactions as hold them.
func (w *Writer) process(jobs []*job) {
	for len(jobs) > 0 {
		n := w.processSome(jobs)
		jobs = jobs[n:]
	}
}

// processSome runs and acknowledges as many of the jobs as fit into one
// transaction, at least one, and returns how many.
func (w *Writer) processSome(jobs []*job) int {
	db := w.Current()
	if db == nil {
		acknowledge(jobs, w.unusable())
		return len(jobs)
	}
	snap := db.Read()
	defer snap.Close()
	b := newBatch(snap, len(jobs))
	for i, j := range jobs {
		t := b.begin()
		j.err = w.try(j, t)
		tooBig := errors.Is(j.err, ErrTooBig)
		switch {
		case (tooBig || j.err == nil && b.size+t.Size > MaxTransaction) && i > 0:
			w.finish(db, b, jobs[:i])
			return i
		case tooBig && j.staged != nil:
			j.done <- w.safely(func() error { return j.staged(w) })
			return 1
		case tooBig:
			j.err = unavailable.When("storing", ErrTooBig)
		case j.err == nil:
			b.merge(t)
		}
	}
	w.finish(db, b, jobs)
	return len(jobs)
}

// safely runs a change. A panic in it fails the change and not the process,
// which serves a site besides.
func (w *Writer) safely(run func() error) (err error) {
	defer panics.Handle(func(p *panics.Panic) {
		w.panicked(p)
		w.log.Error("failing a change that panicked", "panic", p.Value, "stack", p.Stack)
		err = unavailable.When("changing", p)
	})
	return run()
}

// try runs a job, as far as it fits into one transaction.
func (w *Writer) try(j *job, t *Tx) error {
	if err := j.ctx.Err(); err != nil {
		return err // nobody waits for it
	}
	if err := w.safely(func() error { return j.run(t) }); err != nil {
		return err
	}
	if t.Size > MaxTransaction {
		return ErrTooBig
	}
	return nil
}

// Transact runs a change in a transaction of its own, as part of one in stages.
func (w *Writer) Transact(run func(*Tx) error) error {
	db := w.Current()
	if db == nil {
		return w.unusable()
	}
	snap := db.Read()
	defer snap.Close()
	b := newBatch(snap, 1)
	t := b.begin()
	if err := run(t); err != nil {
		return err
	}
	b.merge(t)
	return w.commit(db, b)
}

// finish commits what the jobs did and tells them. Those that changed nothing,
// or failed, may have read what others of the batch wrote: they share its fate.
func (w *Writer) finish(db *database.DB, b *Batch, jobs []*job) {
	if err := w.commit(db, b); err != nil {
		acknowledge(jobs, err)
		return
	}
	for _, j := range jobs {
		j.done <- j.err
	}
}

// commit makes a batch durable and then known to the owner of the records.
func (w *Writer) commit(db *database.DB, b *Batch) error {
	if len(b.Changes) == 0 {
		return nil
	}
	if err := w.MayStore(); err != nil {
		return err
	}
	if err := w.Identity.CheckLog(); err != nil {
		return w.lose(db, err)
	}
	if err := w.space.Check(); err != nil {
		return err
	}
	if err := b.commit(db, w.DiskCheck.Touch); err != nil {
		if !errors.Is(err, disk.ErrNotWritten) {
			w.broken(db, err)
		}
		return unavailable.When("writing", err)
	}
	// Acknowledged is what will be found under this path.
	if err := w.Identity.Check(); err != nil {
		return w.lose(db, err)
	}
	if err := w.DiskCheck.Completed(db.LastCommit()); err != nil {
		w.broken(db, err)
		return unavailable.When("writing", err)
	}
	if w.hooks.Committed != nil {
		w.hooks.Committed(b)
	}
	return nil
}

func acknowledge(jobs []*job, err error) {
	for _, j := range jobs {
		j.done <- err
	}
}
