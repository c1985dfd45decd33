package limits

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// maxVerifying bounds how many passwords are checked at a time, one of each
	// network: checking is meant to cost much, and must not cost the sites their
	// share.
	maxVerifying = 2
	// maxTurns bounds how many wait for that, and maxStrangerTurns how many of
	// these at devices on which their agent has not signed in before. Of the
	// strangers of one network, and of one device, there are as many as may be
	// tried without waiting (freeTries). Beyond it a try is refused at once. Each
	// is a request that is held: 64 × some 100 bytes here.
	maxTurns         = 64
	maxStrangerTurns = 48
	// turnTimeout is how long a try waits for its turn, and turnRetry when it is
	// worth trying again for one that had no place or no turn.
	turnTimeout = 20 * time.Second
	turnRetry   = 5 * time.Second
)

// turns decides whose password is checked next: one of each network at a time,
// first those at devices on which their agent has signed in before, then of the
// network whose turn was longest ago. So whoever sends many from one network waits for
// themselves, and hardly anybody else for them. It is used under a lock.
type turns struct {
	waiting []*waiter
	lanes   map[uint64]*lane
	busy    int
	served  uint64 // turns given so far
}

// lane is a network of which somebody waits or is being checked; there are no
// more than of these.
type lane struct {
	waiting int
	busy    bool
	served  uint64 // when it had its turn last
}

// waiter is a try that waits for its turn.
type waiter struct {
	network uint64
	known   bool          // its agent has signed in on that device before
	turn    chan struct{} // closed when it is
}

// join takes a place among those who wait.
func (ts *turns) join(network uint64, known bool) (*waiter, error) {
	most := maxStrangerTurns
	if known {
		most = maxTurns
	}
	if len(ts.waiting) >= most {
		return nil, &Exceeded{turnRetry}
	}
	if ts.lanes == nil {
		ts.lanes = map[uint64]*lane{}
	}
	l := ts.lanes[network]
	if l == nil {
		l = &lane{}
		ts.lanes[network] = l
	}
	l.waiting++
	w := &waiter{network, known, make(chan struct{})}
	ts.waiting = append(ts.waiting, w)
	ts.next()
	return w, nil
}

// next gives a turn to as many as may have one.
func (ts *turns) next() {
	for ts.busy < maxVerifying {
		best := -1
		for i, w := range ts.waiting {
			if !ts.lanes[w.network].busy && (best < 0 || ts.before(w, ts.waiting[best])) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		w := ts.waiting[best]
		ts.waiting = slices.Delete(ts.waiting, best, best+1)
		ts.served++
		l := ts.lanes[w.network]
		l.waiting, l.busy, l.served = l.waiting-1, true, ts.served
		ts.busy++
		close(w.turn)
	}
}

// before reports whether a is to have its turn before b, which came sooner.
func (ts *turns) before(a, b *waiter) bool {
	if a.known != b.known {
		return a.known
	}
	return ts.lanes[a.network].served < ts.lanes[b.network].served
}

// done gives a turn back.
func (ts *turns) done(network uint64) {
	ts.lanes[network].busy = false
	ts.busy--
	ts.tidy(network)
	ts.next()
}

func (ts *turns) tidy(network uint64) {
	if l := ts.lanes[network]; l.waiting == 0 && !l.busy {
		delete(ts.lanes, network)
	}
}

// await waits for a turn, for as long as turnTimeout and as who asks does. mu is
// the lock, which is not held. With an error there is no turn to give back.
func (ts *turns) await(ctx context.Context, mu *sync.Mutex, w *waiter) error {
	ctx, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	i := slices.Index(ts.waiting, w)
	if i < 0 {
		ts.done(w.network) // its turn came at the same moment
	} else {
		ts.waiting = slices.Delete(ts.waiting, i, i+1)
		ts.lanes[w.network].waiting--
		ts.tidy(w.network)
	}
	return &Exceeded{turnRetry}
}
