package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// tail is how long it took until records were durable that came at steadyRate,
// each since it was due, and the single calls of fdatasync where they were
// counted, in ns.
type tail struct{ records, syncs []float64 }

// steadily hands records out at steadyRate for that long, each at its time,
// whatever became of those before. Latency counts from when a record was due.
func steadily(ctx context.Context, long time.Duration, put func(ctx context.Context, writer, n int) error) ([]float64, error) {
	const every = time.Second / steadyRate
	n := int(long / every)
	took, errs := make([]float64, n), make([]error, n)
	var all sync.WaitGroup
	begin := time.Now().Add(10 * time.Millisecond)
	for i := range n {
		due := begin.Add(time.Duration(i) * every)
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			errs[i] = put(ctx, i%senders, i/senders)
			took[i] = float64(time.Since(due))
		})
	}
	all.Wait()
	return took, errors.Join(append(errs, ctx.Err())...)
}

// steadyDisk appends the records to a file of the disk's, with one fdatasync for
// all that have queued: what no store can be faster than.
func steadyDisk(ctx context.Context, dir string, long time.Duration) (t tail, err error) {
	f, err := os.OpenFile(filepath.Join(dir, "synced"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return t, fmt.Errorf("making a file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	queue := make(chan chan error, floorBatch)
	var syncer sync.WaitGroup
	syncer.Go(func() {
		var buf []byte
		for first := range queue {
			batch := []chan error{first}
			for len(batch) < floorBatch && len(queue) > 0 {
				batch = append(batch, <-queue)
			}
			buf = buf[:0]
			for range batch {
				buf = append(buf, messageText...)
			}
			_, err := f.Write(buf)
			if err == nil {
				began := time.Now()
				err = unix.Fdatasync(int(f.Fd()))
				t.syncs = append(t.syncs, float64(time.Since(began)))
			}
			for _, done := range batch {
				done <- err
			}
		}
	})
	t.records, err = steadily(ctx, long, func(context.Context, int, int) error {
		done := make(chan error, 1)
		queue <- done
		return <-done
	})
	close(queue)
	syncer.Wait()
	return t, err
}

// steadyEngine has the engine by itself make the records durable.
func steadyEngine(ctx context.Context, dir string, long time.Duration) (took []float64, err error) {
	g, err := openEngine(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	return steadily(ctx, long, g.put)
}

// steadyStore has the store by itself do so.
func steadyStore(ctx context.Context, dir string, long time.Duration) (took []float64, err error) {
	c, err := openStore(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return steadily(ctx, long, c.put)
}
