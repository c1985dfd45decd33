package session

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat/background"
)

const (
	// firstFlush and lastFlush are how long it takes until what is held back
	// is tried again.
	firstFlush = time.Second
	lastFlush  = 30 * time.Second
	// flushAtOnce is how many ends are stored at a time.
	flushAtOnce = 32
)

// flusher has what is held back stored as soon as that can be.
//
// Several nodes: each stores what it has held back itself.
type flusher struct {
	mu      sync.Mutex
	timer   *time.Timer // runs flushDue; nil while nothing is due
	wait    time.Duration
	stopped bool
}

// stop ends flushLater for good.
func (f *flusher) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	if f.timer != nil {
		f.timer.Stop()
	}
}

// flushLater has what is held back stored as soon as the store can be used,
// whether or not anybody asks for it before.
func (r *Registry) flushLater() {
	f := &r.flusher
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil || f.stopped {
		return
	}
	f.wait = min(max(2*f.wait, firstFlush), lastFlush)
	f.timer = time.AfterFunc(f.wait, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !f.stopped { // else somebody may be waiting already for what runs
			r.writer.Go(r.flushDue)
		}
	})
}

// flushDue is a flush that flushLater has planned.
func (r *Registry) flushDue() {
	ctx, cancel := context.WithTimeout(context.Background(), background.Timeout)
	defer cancel()
	err := r.flushHeldBack(ctx)
	f := &r.flusher
	f.mu.Lock()
	f.timer = nil
	if err == nil {
		f.wait = 0
	}
	f.mu.Unlock()
	// Some may have come meanwhile. What came after the lock was given back has
	// planned a flush itself.
	if ends, tokens := r.ledger.held(); err != nil || ends+tokens > 0 {
		r.flushLater()
	}
}

// flushHeldBack stores all that is held back, and returns one of the errors if it can't.
func (r *Registry) flushHeldBack(ctx context.Context) error {
	st, err := r.open()
	if err != nil {
		return err
	}
	failed := r.reconcile(ctx) // of which the ends that are known need not wait
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		turns = make(chan struct{}, flushAtOnce)
	)
	for id, how := range r.ledger.allEnds() {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			if err := r.storeHeldEnd(ctx, st, id, how); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = err
			}
		})
	}
	all.Wait()
	return failed
}
