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
	"time"
)

// senders is how many conversations are written to at once, as many as there
// are writers in what that is compared with.
const senders = 64

// chatPlan says how much of the chat to measure.
type chatPlan struct {
	rounds     int
	floor      time.Duration // a round of the engine, and one of the store, by itself
	flood      time.Duration // a round of the whole stack
	steady     time.Duration // the whole stack at steadyRate
	storm      time.Duration // the same while something else uses the store, each
	sockets    int           // held open
	long, open size          // stores to read pages from
	total      time.Duration // of all that, about
	profile    string        // the beginning of the names of files for profiles, if they are wanted
}

// size is how much is in a store.
type size struct{ conversations, messages int } // messages: in each

var (
	fullChat = chatPlan{rounds: 3, floor: 4 * time.Second, flood: 8 * time.Second, steady: 15 * time.Second, storm: 8 * time.Second, sockets: 8000,
		long: size{10_000, 100}, open: size{100_000, 1}, total: 6 * time.Minute}
	quickChat = chatPlan{rounds: 1, floor: 2 * time.Second, flood: 4 * time.Second, steady: 4 * time.Second, storm: 3 * time.Second, sockets: 1000,
		long: size{1000, 100}, open: size{10_000, 1}, total: 100 * time.Second}
)

// Goals of docs/bench.md.
const (
	goalStoreShare  = 0.60
	goalShare       = 0.30
	goalMessageCPU  = 120  // µs, under full load
	steadyRate      = 2000 // messages a second
	goalAck         = 10 * time.Millisecond
	goalHistory50   = 40 * time.Microsecond
	goalHistory99   = 300 * time.Microsecond
	goalInbox99     = 5 * time.Millisecond
	goalPlainSocket = 7_000 // bytes
	goalTLSSocket   = 18_000
	goalEmpty       = 20_000_000
	goalMillion     = 60_000_000
)

// chatPart is a part of the chat that can be measured by itself.
type chatPart struct {
	name string
	run  func(ctx context.Context, w io.Writer, dir string, p chatPlan) error
}

var chatParts = []chatPart{{"messages", benchMessages}, {"sockets", benchSockets}, {"store", benchStore}}

// runChat measures the chat itself, all of it or one part.
func runChat(ctx context.Context, w io.Writer, dir string, p chatPlan, only string) error {
	fmt.Fprintln(w, "\n## The chat")
	for _, part := range chatParts {
		if only != "" && only != part.name {
			continue
		}
		sub := filepath.Join(dir, part.name)
		if err := os.Mkdir(sub, 0o700); err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
		if err := part.run(ctx, w, sub, p); err != nil {
			return fmt.Errorf("measuring the chat's %s: %w", part.name, err)
		}
	}
	return nil
}

// benchMessages compares messages through the whole stack with what the engine
// does by itself, in turns, and then measures how long one takes at a steady
// rate.
func benchMessages(ctx context.Context, w io.Writer, dir string, p chatPlan) error {
	server, err := startChat(ctx, dir, filepath.Join(dir, "chat"), false)
	if err != nil {
		return err
	}
	defer server.stop()
	crowd, err := newCrowd(ctx, server)
	defer crowd.close()
	if err != nil {
		return err
	}
	var engine, store, stack, cpu []float64
	var other [len(peers)]struct{ rate, cpu []float64 }
	for i := range p.rounds {
		file := ""
		if i == p.rounds-1 && p.profile != "" {
			file = p.profile + ".cpu"
		}
		sub := filepath.Join(dir, strconv.Itoa(i))
		alone, err := engineRate(ctx, sub, p.floor)
		if err != nil {
			return fmt.Errorf("the engine by itself: %w", err)
		}
		stored, err := storeRate(ctx, sub, p.floor)
		if err != nil {
			return fmt.Errorf("the store by itself: %w", err)
		}
		rate, used, err := crowd.flood(ctx, p.flood, file)
		if err != nil {
			return err
		}
		for k, peer := range peers {
			rate, used, err := peer.flood(ctx, sub, p.floor)
			if err != nil {
				return fmt.Errorf("%s: %w", peer.name, err)
			}
			other[k].rate, other[k].cpu = append(other[k].rate, rate), append(other[k].cpu, used)
		}
		engine, store, stack, cpu = append(engine, alone), append(store, stored), append(stack, rate), append(cpu, used)
	}
	storeShare, share := median(quotients(store, engine)), median(quotients(stack, engine))
	t := newGoals(w, "Messages of "+strconv.Itoa(len(messageText))+" characters, "+strconv.Itoa(senders)+" conversations")
	t.row("the engine by itself, group commit", perSecond(median(engine)), "", "")
	t.row("the store by itself", perSecond(median(store)), percent(storeShare)+" of the engine", "≥ 60 %", storeShare >= goalStoreShare)
	t.row("the whole stack: durable, acknowledged, received in two tabs", perSecond(median(stack)), percent(share)+" of the engine", "≥ 30 %", share >= goalShare)
	t.row("the server's CPU time for each", fmt.Sprintf("%.1f µs", median(cpu)), "", "≤ 120 µs", median(cpu) <= goalMessageCPU)
	for k, peer := range peers {
		ours := func(own, theirs []float64) string {
			return fmt.Sprintf("we: %.2f times", median(quotients(own, theirs)))
		}
		t.row(peer.name, perSecond(median(other[k].rate)), ours(stack, other[k].rate), "")
		t.row("its server's CPU time for each", fmt.Sprintf("%.1f µs", median(other[k].cpu)), ours(cpu, other[k].cpu), "")
	}
	return benchAcks(ctx, w, dir, crowd, p)
}

// crowd is visitors who write at the same time.
type crowd struct {
	server  *chatServer
	talkers []*talker
}

// newCrowd has as many visitors as there are senders start a chat. What it
// returns must be closed, also with an error.
func newCrowd(ctx context.Context, server *chatServer) (*crowd, error) {
	c := &crowd{server: server}
	client := httpClient(connections)
	defer client.CloseIdleConnections()
	for i := range senders {
		t, err := newTalker(ctx, server.site, client, fmt.Sprintf("talker%02d", i))
		if err != nil {
			return c, err
		}
		c.talkers = append(c.talkers, t)
	}
	return c, nil
}

func (c *crowd) close() {
	for _, t := range c.talkers {
		t.close()
	}
}

// each runs something for all of them at once.
func (c *crowd) each(run func(i int, t *talker) error) error {
	errs := make([]error, len(c.talkers))
	var all sync.WaitGroup
	for i, t := range c.talkers {
		all.Go(func() { errs[i] = run(i, t) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (c *crowd) sent() int {
	n := 0
	for _, t := range c.talkers {
		n += t.sent
	}
	return n
}

// flood has them send as fast as they can for about that long. It returns how
// many messages were done with in a second, and the server's CPU time for each,
// in µs.
func (c *crowd) flood(ctx context.Context, long time.Duration, profile string) (rate, cpu float64, err error) {
	before, err := c.server.cpu()
	if err != nil {
		return 0, 0, err
	}
	var stop atomic.Bool
	timer := time.AfterFunc(long, func() { stop.Store(true) })
	defer timer.Stop()
	profiled := make(chan error, 1)
	go func() {
		if profile == "" {
			profiled <- nil
			return
		}
		profiled <- c.server.profile(ctx, fmt.Sprintf("profile?seconds=%d", int(long.Seconds())), profile)
	}()
	begin, sent := time.Now(), c.sent()
	err = c.each(func(_ int, t *talker) error { return t.flood(&stop) })
	took, n := time.Since(begin), float64(c.sent()-sent)
	after, e := c.server.cpu()
	if err := errors.Join(err, e, <-profiled); err != nil {
		return 0, 0, err
	}
	return n / took.Seconds(), float64((after-before)/time.Microsecond) / n, nil
}

// keepTo has them send steadyRate messages a second together, each at its time. It
// returns the server's CPU time for each, in µs.
func (c *crowd) keepTo(long time.Duration) (cpu float64, err error) {
	before, err := c.server.cpu()
	if err != nil {
		return 0, err
	}
	sent := c.sent()
	every := time.Second * time.Duration(len(c.talkers)) / steadyRate
	n := int(long / every)
	begin := time.Now().Add(100 * time.Millisecond)
	err = c.each(func(i int, t *talker) error {
		return t.keepTo(begin.Add(every*time.Duration(i)/time.Duration(len(c.talkers))), every, n)
	})
	after, e := c.server.cpu()
	return float64((after-before)/time.Microsecond) / float64(c.sent()-sent), errors.Join(err, e)
}

// times returns how long after they were due messages were acknowledged, and
// received in the second tab, in ns, since it was last asked.
func (c *crowd) times() (acks, deliveries []float64) {
	for _, t := range c.talkers {
		defer func() { t.acks, t.deliveries = nil, nil }()
		for _, d := range t.acks {
			acks = append(acks, float64(d))
		}
		for _, d := range t.deliveries {
			deliveries = append(deliveries, float64(d))
		}
	}
	return acks, deliveries
}
