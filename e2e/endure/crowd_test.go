package endure

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// crowd is everybody who talks through a server at the same time.
type crowd struct {
	w        *world
	visitors []*visitor
	accounts []*account
	agent    *agent

	settle chan struct{}
	stop   context.CancelFunc
	talk   sync.WaitGroup
}

// What a crowd is made of: 64 who talk, of whom one is the agent, and some who
// only listen.
const (
	people    = 16 // signed in, each on two devices
	strangers = 27 // with a mark
	pollers   = 4  // with a mark, and no socket
	listeners = 8  // second tabs of strangers
)

// gather makes the crowd and lets it talk.
func gather(w *world) *crowd {
	w.t.Helper()
	c := &crowd{w: w, settle: make(chan struct{})}
	owners := map[string]*account{} // by the visitor's name; complete before anyone talks
	add := func(a *account, name string, b *browser) *visitor {
		v := &visitor{w: w, name: name, b: b, account: a, settle: c.settle, settled: make(chan struct{})}
		owners[name] = a
		c.visitors = append(c.visitors, v)
		return v
	}
	conversation := func(name string) *account {
		a := newAccount(w.t, name)
		c.accounts = append(c.accounts, a)
		return a
	}
	browser := func() *browser { return newBrowser("http://"+w.addr, fmt.Sprintf("10.0.1.%d", len(c.visitors))) }
	for i := range people {
		a := conversation(fmt.Sprintf("person%02d", i))
		for device := range 2 {
			v := add(a, fmt.Sprintf("person%02dd%d", i, device), browser())
			v.person = true
			a.read, a.download = v.read, v.download
		}
	}
	for i := range strangers + pollers {
		a := conversation(fmt.Sprintf("stranger%02d", i))
		v := add(a, a.name, browser())
		v.polls = i >= strangers
		a.read, a.download = v.read, v.download
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	w.t.Cleanup(c.end)
	bounded, done := context.WithTimeout(ctx, waitTimeout)
	defer done()
	c.agent = newAgent(w, func(name string) *account { return owners[name] })
	c.agent.settle = c.settle
	if err := c.agent.arrive(bounded); err != nil {
		w.t.Fatal(err)
	}
	var arriving sync.WaitGroup
	for _, v := range c.visitors {
		arriving.Go(func() {
			if err := v.arrive(bounded); err != nil {
				w.t.Errorf("%s: %v", v.name, err)
			}
		})
	}
	arriving.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
	for i := range listeners { // tabs of the same browser, with the same mark
		talks := c.visitors[2*people+i]
		v := add(talks.account, talks.name+"tab2", talks.b)
		v.mark, v.listens = talks.mark, true
	}
	c.talk.Go(func() { c.agent.talk(ctx) })
	for _, v := range c.visitors {
		c.talk.Go(func() { v.talk(ctx) })
	}
	return c
}

// end stops everybody where they are.
func (c *crowd) end() {
	c.stop()
	c.talk.Wait()
	for _, v := range c.visitors {
		v.b.client.CloseIdleConnections()
	}
}

// quiet lets everybody have the last of what they said acknowledged, after they
// have heard something, and stops. Who has not come back by then never will.
func (c *crowd) quiet() {
	c.w.t.Helper()
	close(c.settle)
	end := time.After(waitTimeout)
	for _, v := range c.visitors {
		select {
		case <-v.settled:
		case <-end:
			c.w.t.Fatalf("%s did not come back", v.name)
		}
	}
	c.end()
}

// audit holds all promises against the histories.
func (c *crowd) audit() {
	c.w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	var auditing sync.WaitGroup
	for _, a := range c.accounts {
		auditing.Go(func() {
			if err := a.audit(ctx); err != nil {
				c.w.t.Error(err)
			}
		})
	}
	auditing.Wait()
	for _, v := range c.visitors {
		v.b.client.CloseIdleConnections()
	}
	if c.w.t.Failed() {
		c.w.t.FailNow()
	}
}

// tally is what a crowd did.
func (c *crowd) tally() string {
	var acknowledged, delivered, stored, files, resumed int
	for _, a := range c.accounts {
		acknowledged += a.acknowledged
		delivered += a.delivered
		stored += len(a.history)
		for _, m := range a.history {
			files += len(m.Attachments)
		}
	}
	for _, v := range c.visitors {
		resumed += v.resumed
	}
	return fmt.Sprintf("%d messages stored with %d files, %d acknowledgements and %d deliveries held against them; sockets came back %d times, the agent's %d times",
		stored, files, acknowledged, delivered, resumed+max(0, c.agent.resumed-1), max(0, c.agent.resumed-1))
}
