// Package background runs what no request waits for, such as writing down when
// a browser was last in contact, and bounds it.
package background

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
	"github.com/parley-chat/parley/internal/panics"
)

const (
	// maxRunning bounds the writes that run at once. Beyond it they are left
	// out: the next contact brings them again.
	maxRunning = 64
	// Timeout bounds one write.
	Timeout = 10 * time.Second
	// TouchInterval is how exactly times of contact are kept. Each costs a
	// write.
	TouchInterval = time.Minute
	// maxTouched bounds the memory of Touch, at some 80 bytes an entry.
	maxTouched = 65536
)

// Writer runs writes in the background. It is safe for concurrent use.
type Writer struct {
	log     *slog.Logger
	slots   chan struct{}
	running sync.WaitGroup

	// touched is when each key was last written down, in nanoseconds since 1970,
	// so that a busy browser costs one write a minute. An entry that is forgotten
	// costs one write more. Each browser that is connected has some: of keys only
	// hashes are kept, and two of the same hash, which nobody can choose, would
	// cost a write less.
	//
	// Several nodes: each has its own, which costs each node its write.
	mu      sync.Mutex
	seed    maphash.Seed
	touched bounded.Table[uint64, int64]
}

// New returns a writer that logs what it can't write.
func New(log *slog.Logger) *Writer {
	return &Writer{log: log, slots: make(chan struct{}, maxRunning), seed: maphash.MakeSeed(),
		touched: bounded.Table[uint64, int64]{Max: maxTouched}}
}

// Try runs a write, or a read, that may be left out. It reports false where too many run
// already.
func (w *Writer) Try(what string, write func(context.Context) error) bool {
	select {
	case w.slots <- struct{}{}:
	default:
		return false
	}
	w.running.Go(func() {
		defer func() { <-w.slots }()
		ctx, cancel := context.WithTimeout(context.Background(), Timeout)
		defer cancel()
		err := run(ctx, write)
		if err != nil && !errors.Is(err, chat.ErrEnded) && !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrUnavailable) {
			w.log.Warn("working in the background", "what", what, "error", err)
		}
	})
	return true
}

// run stops a panic, such as one of a store: nothing waits for the work, and the
// process serves a whole site.
func run(ctx context.Context, write func(context.Context) error) (err error) {
	defer panics.ToError(&err)
	return write(ctx)
}

// Touch is Try, once in TouchInterval for each key.
func (w *Writer) Touch(key string, now time.Time, what string, write func(context.Context) error) {
	if w.due(key, now) && !w.Try(what, write) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.touched.Delete(maphash.String(w.seed, key))
	}
}

// due reports whether key was not touched within TouchInterval, and touches it.
// Where the clock was set back since, it was not.
func (w *Writer) due(key string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	hash, at := maphash.String(w.seed, key), now.UnixNano()
	if last, known := w.touched.Get(hash); known && last <= at && at-last < int64(TouchInterval) {
		return false
	}
	w.touched.Put(hash, at)
	return true
}

// Queue runs what must not be left out, as soon as there is room for it. It
// waits for that, but not for the work itself.
func (w *Writer) Queue(ctx context.Context, work func()) error {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	w.running.Go(func() {
		defer func() { <-w.slots }()
		work()
	})
	return nil
}

// Go runs work that does not count towards the bound.
func (w *Writer) Go(work func()) { w.running.Go(work) }

// Wait returns when nothing runs any more, or with the context's error.
func (w *Writer) Wait(ctx context.Context) error {
	idle := make(chan struct{})
	go func() { w.running.Wait(); close(idle) }()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
