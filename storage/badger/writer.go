package badger

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
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
	run func(*tx) error
	// staged makes a change that is too big for one transaction; nil where
	// that can't be.
	staged func(*writer) error
	done   chan error
	err    error
}

// change has the writer run a change and waits until it is durable. When the
// context ends first, the change may or may not be made. Don't read what run
// has set unless the error is nil.
func (s *Store) change(ctx context.Context, run func(*tx) error) error {
	return s.submit(&job{ctx: ctx, run: run, done: make(chan error, 1)})
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
	if s.probe.hangs() {
		return unavailable("storing", errHangs) // rather than have all callers wait
	}
	select {
	case s.queue <- j:
		return nil
	case <-j.ctx.Done():
		return fmt.Errorf("waiting for the store: %w", j.ctx.Err())
	}
}

// writer is the one goroutine that changes anything.
type writer struct {
	*Store
	space  space
	recent recent
	of     *database // of which recent is
	jobs   []*job
}

// run works until the queue is closed, and what is in it is done.
func (w *writer) run() {
	defer close(w.written)
	debug.SetPanicOnFault(true) // a file in a memory map may be cut off
	for j := range w.queue {
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
func (w *writer) process(jobs []*job) {
	for len(jobs) > 0 {
		n := w.processSome(jobs)
		jobs = jobs[n:]
	}
}

// processSome runs and acknowledges as many of the jobs as fit into one
// transaction, at least one, and returns how many.
func (w *writer) processSome(jobs []*job) int {
	db := w.current()
	if db == nil {
		acknowledge(jobs, w.unusable())
		return len(jobs)
	}
	w.forgetOthers(db)
	snap := db.read()
	defer snap.close()
	b := newBatch(snap, w.recent)
	for i, j := range jobs {
		t := b.begin()
		j.err = w.try(j, t)
		tooBig := errors.Is(j.err, errTooBig)
		switch {
		case (tooBig || j.err == nil && b.size+t.size > maxTransaction) && i > 0:
			w.finish(db, b, jobs[:i])
			return i
		case tooBig && j.staged != nil:
			j.done <- w.guard(func() error { return j.staged(w) })
			return 1
		case tooBig:
			j.err = unavailable("storing", errTooBig)
		case j.err == nil:
			b.keep(t)
		}
	}
	w.finish(db, b, jobs)
	return len(jobs)
}

// forgetOthers forgets what was remembered of another engine.
func (w *writer) forgetOthers(db *database) {
	if w.of != db {
		w.of = db
		clear(w.recent)
	}
}

// guard runs a change. A panic in it fails the change and not the process,
// which serves a site besides.
func (w *writer) guard(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("failing a change that panicked", "panic", p, "stack", string(debug.Stack()))
			err = unavailable("changing", fmt.Errorf("panic: %v", p))
		}
	}()
	return run()
}

// try runs a job, as far as it fits into one transaction.
func (w *writer) try(j *job, t *tx) error {
	if err := j.ctx.Err(); err != nil {
		return err // nobody waits for it
	}
	if err := w.guard(func() error { return j.run(t) }); err != nil {
		return err
	}
	if t.size > maxTransaction {
		return errTooBig
	}
	return nil
}

// finish commits what the jobs did and tells them. Those that changed nothing,
// or failed, may have read what others of the batch wrote: they share its fate.
func (w *writer) finish(db *database, b *batch, jobs []*job) {
	if err := w.commit(db, b); err != nil {
		acknowledge(jobs, err)
		return
	}
	for _, j := range jobs {
		j.done <- j.err
	}
}

// commit makes a batch durable and then visible to inboxes and new uploads.
func (w *writer) commit(db *database, b *batch) error {
	if len(b.changes) == 0 {
		return nil
	}
	if err := w.mayStore(); err != nil {
		return err
	}
	if err := w.identity.checkLog(); err != nil {
		return w.lose(db, err)
	}
	if err := w.space.check(b.size); err != nil {
		return err
	}
	if err := b.commit(db, w.probe.touch); err != nil {
		if !errors.Is(err, errNotWritten) {
			w.broken(db, err)
			clear(w.recent)
		}
		return unavailable("writing", err)
	}
	// Acknowledged is what will be found under this path.
	if err := w.identity.check(); err != nil {
		return w.lose(db, err)
	}
	if err := w.probe.completed(db.lastCommit()); err != nil {
		w.broken(db, err)
		return unavailable("writing", err)
	}
	w.inbox.apply(b.convs)
	w.unsent.apply(b.changes)
	w.recent.keep(b.convs)
	w.publish(b.committed)
	w.opts.afterCommit()
	return nil
}

func acknowledge(jobs []*job, err error) {
	for _, j := range jobs {
		j.done <- err
	}
}
