package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// readers is how many agents read histories at once in a storm.
const readers = 4

// storm is what else may use the store while messages come, again and again until
// it is over. What has begun then comes to its end.
type storm struct {
	name string
	run  func(ctx context.Context, server *chatServer, over <-chan struct{}) error
}

var storms = []storm{
	{"a compaction", func(ctx context.Context, server *chatServer, _ <-chan struct{}) error {
		return server.stream(ctx, http.MethodPost, "/chat/compact", io.Discard)
	}},
	{"a backup", func(ctx context.Context, server *chatServer, _ <-chan struct{}) error {
		return server.stream(ctx, http.MethodGet, "/chat/backup", io.Discard)
	}},
	{"a history storm", readHistories},
}

// benchAcks measures how long messages take at a steady rate, beside what disk
// and engine take at the same rate, so that neither is taken for the other, and
// while something else uses the store.
func benchAcks(ctx context.Context, w io.Writer, dir string, c *crowd, p chatPlan) error {
	sub := filepath.Join(dir, "steady")
	if err := os.Mkdir(sub, 0o700); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	t := newGoals(w, fmt.Sprintf("The same at %d messages a second, since each was due", steadyRate))
	disk, err := steadyDisk(ctx, sub, p.floor)
	if err != nil {
		return fmt.Errorf("the disk by itself: %w", err)
	}
	t.row("fdatasync by itself, each call, p50", milliseconds(quantile(disk.syncs, 0.5)), "", "")
	t.row("fdatasync by itself, each call, p99", milliseconds(quantile(disk.syncs, 0.99)), "", "")
	t.row("durable in a plain file, p99", milliseconds(quantile(disk.records, 0.99)), "", "")
	engine, err := steadyEngine(ctx, sub, p.floor)
	if err != nil {
		return fmt.Errorf("the engine by itself: %w", err)
	}
	floor := quantile(engine, 0.99)
	against := func(times []float64) string {
		return fmt.Sprintf("%.1f times the engine's", quantile(times, 0.99)/floor)
	}
	t.row("durable in the engine by itself, p99", milliseconds(floor), "", "")
	store, err := steadyStore(ctx, sub, p.floor)
	if err != nil {
		return fmt.Errorf("the store by itself: %w", err)
	}
	t.row("durable in the store by itself, p99", milliseconds(quantile(store, 0.99)), against(store), "")
	cpu, err := c.keepTo(p.steady)
	if err != nil {
		return err
	}
	bare, err := wireCost(ctx, dir, p.floor)
	if err != nil {
		return fmt.Errorf("the WebSockets by themselves: %w", err)
	}
	acks, deliveries := c.times()
	t.row("acknowledged, p50", milliseconds(quantile(acks, 0.5)), "", "")
	t.row("acknowledged, p99", milliseconds(quantile(acks, 0.99)), against(acks), "≤ 10 ms", quantile(acks, 0.99) <= float64(goalAck))
	t.row("received in the second tab, p99", milliseconds(quantile(deliveries, 0.99)), "", "")
	t.row("the server's CPU time for each", fmt.Sprintf("%.1f µs", cpu), "", "")
	t.row("the same frames over bare WebSockets", fmt.Sprintf("%.1f µs", bare), percent(bare/cpu)+" of that", "")
	for _, s := range storms {
		if err := c.through(ctx, s, p); err != nil {
			return fmt.Errorf("messages during %s: %w", s.name, err)
		}
		acks, _ := c.times()
		t.row("acknowledged during "+s.name+", p99", milliseconds(quantile(acks, 0.99)), against(acks), "≤ 10 ms", quantile(acks, 0.99) <= float64(goalAck))
	}
	return nil
}

// through has them send at steadyRate while a storm goes on.
func (c *crowd) through(ctx context.Context, s storm, p chatPlan) error {
	over, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			err := s.run(ctx, c.server, over)
			select {
			case <-over:
			default:
				if err == nil {
					continue
				}
			}
			ended <- err
			return
		}
	}()
	_, err := c.keepTo(p.storm)
	close(over)
	return errors.Join(err, <-ended)
}

// readHistories has agents open one conversation after the other.
func readHistories(ctx context.Context, server *chatServer, over <-chan struct{}) error {
	errs := make([]error, readers)
	var all sync.WaitGroup
	for i := range readers {
		all.Go(func() { errs[i] = readOn(ctx, server.site, over) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func readOn(ctx context.Context, site chatSite, over <-chan struct{}) error {
	s, err := signIn(ctx, site)
	if err != nil {
		return err
	}
	defer s.close()
	ids, _, err := inboxPage(s, "")
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		select {
		case <-over:
			return nil
		default:
		}
		if err := readConversation(s, ids[n%len(ids)]); err != nil {
			return err
		}
	}
}
