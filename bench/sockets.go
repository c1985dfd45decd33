package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
)

// idleBuffer is what the driver's own reader of an idle socket holds.
const idleBuffer = 512

// opened is how much memory a server holds with sockets and without.
type opened struct {
	before memory // with some that came and went
	busy   memory // right after they were opened
	idle   memory // and once it has given back what it has no more use for
}

// benchSockets holds many sockets, each of a visitor of its own, and measures
// what they take of the server's memory, plain and with TLS.
func benchSockets(ctx context.Context, w io.Writer, dir string, p chatPlan) error {
	n := p.sockets
	t := newGoals(w, "Memory of "+strconv.Itoa(n)+" idle sockets, each of another visitor, for each one")
	for _, kind := range []struct {
		name, goal string
		secure     bool
		most       float64
	}{{"plain", "≤ 7 KB", false, goalPlainSocket}, {"with TLS", "≤ 18 KB", true, goalTLSSocket}} {
		sub := filepath.Join(dir, strconv.FormatBool(kind.secure))
		if err := os.Mkdir(sub, 0o700); err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
		o, err := hold(ctx, sub, p, kind.secure)
		if err != nil {
			return err
		}
		each := func(m memory) float64 { return float64(m.rss-o.before.rss) / float64(n) }
		t.row(kind.name, fmt.Sprintf("%.1f KB", each(o.idle)/1e3), fmt.Sprintf("RSS of %s MB without", megabytes(o.before.rss)),
			kind.goal, each(o.idle) <= kind.most)
		t.row(kind.name+", right after they were opened", fmt.Sprintf("%.1f KB", each(o.busy)/1e3), "", "")
	}
	return nil
}

// hold opens sockets and returns what the server holds before, then and later.
// The visitors have their sessions before: those are in the store.
func hold(ctx context.Context, dir string, p chatPlan, secure bool) (o opened, err error) {
	server, err := startChat(ctx, dir, filepath.Join(dir, "chat"), secure)
	if err != nil {
		return o, err
	}
	defer server.stop()
	a := &audience{visitors: make([]*visitor, p.sockets), sockets: make([]*webSocket, p.sockets)}
	defer a.close()
	if err := a.arrive(ctx, server.site); err != nil {
		return o, err
	}
	if o.before, err = server.tidied(ctx); err != nil {
		return o, err
	}
	if err := a.open(ctx); err != nil {
		return o, err
	}
	if o.busy, err = server.memory(); err != nil {
		return o, err
	}
	if o.idle, err = server.tidied(ctx); err != nil {
		return o, err
	}
	if lost := a.lost.Load(); lost > 0 {
		return o, fmt.Errorf("%d of %d sockets did not stay open", lost, p.sockets)
	}
	if p.profile != "" {
		err = server.profile(ctx, "heap?debug=1", p.profile+".heap")
	}
	return o, err
}

// tidied is the memory that a server really needs.
func (s *chatServer) tidied(ctx context.Context) (memory, error) {
	if err := s.tidy(ctx); err != nil {
		return memory{}, err
	}
	return s.memory()
}

// audience is visitors who only receive.
type audience struct {
	visitors []*visitor
	sockets  []*webSocket
	readers  sync.WaitGroup
	lost     atomic.Int64
}

// arrive has all of them start a chat.
func (a *audience) arrive(ctx context.Context, site chatSite) error {
	client := httpClient(connections)
	defer client.CloseIdleConnections()
	return inTurns(len(a.visitors), func(i int) (err error) {
		a.visitors[i], err = newVisitor(ctx, site, client)
		return err
	})
}

// open opens a tab for each.
func (a *audience) open(ctx context.Context) error {
	return inTurns(len(a.visitors), func(i int) error {
		s, err := a.visitors[i].open(ctx, idleBuffer)
		if err != nil {
			return err
		}
		a.sockets[i] = s
		a.readers.Go(func() { // answers pings
			for {
				if _, err := s.next(); err != nil {
					a.lost.Add(1)
					return
				}
			}
		})
		return nil
	})
}

// inTurns runs something n times, as many at once as there are connections
// in other parts, and returns the first error of each.
func inTurns(n int, run func(i int) error) error {
	var next atomic.Int64
	errs := make([]error, connections)
	var all sync.WaitGroup
	for w := range connections {
		all.Go(func() {
			for errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				errs[w] = run(i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (a *audience) close() {
	for _, s := range a.sockets {
		if s != nil {
			s.close()
		}
	}
	a.readers.Wait()
}
