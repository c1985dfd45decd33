package api

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Limiter slows down who guesses passwords, and bounds what checking them
// costs. After a few free tries from one network, or of one agent's password,
// each further one must wait twice as long as the one before; a success clears
// that. Few passwords are checked at a time (see turns). What it remembers are
// hashes of fixed size, in tables of fixed size. The zero value is ready.
type Limiter struct {
	once sync.Once
	seed maphash.Seed

	mu      sync.Mutex
	failed  generations[uint64, tries]
	good    generations[uint64, struct{}] // pairs of network and agent that signed in before
	running map[uint64]int                // tries that have a place among turns, twice each
	turns   turns
}

// tries is what went wrong under one key.
type tries struct {
	failed int
	last   time.Time
}

const (
	// freeTries may fail without waiting.
	freeTries = 5
	// maxWait bounds the wait, so that nobody is locked out for long by others.
	maxWait = 5 * time.Minute
	// maxTries bounds each half of the keys under which tries have failed: 2 ×
	// 32,768 entries of some 60 bytes, 4 MB. Only a try whose password was
	// checked makes an entry, which is meant to take long: by the time that a
	// flood has had one forgotten, its wait is over.
	maxTries = 1 << 15
	// maxGood bounds each half of the pairs that signed in: 2 × 4,096 entries of
	// some 20 bytes, 160 KB. It takes an agent's password to make one.
	maxGood = 1 << 12
)

// limitedError is ErrRateLimited with the time to wait.
type limitedError struct{ wait time.Duration }

func (e *limitedError) Error() string { return chat.ErrRateLimited.Text }
func (e *limitedError) Unwrap() error { return chat.ErrRateLimited }

// try is one password that may be checked now. It makes the agents' directory
// one that gives the place among turns back as soon as it is, since what
// follows may have to wait for the store.
type try struct {
	chat.Agents
	limiter *Limiter
	network uint64
	pair    uint64
	keys    []uint64
	over    bool
}

// begin asks for a try of an agent's password from a network address, and waits
// for its turn. Network and agent count each by itself: one network must not try
// many agents, nor many networks one agent. From where the agent has signed in
// before, only the network counts, so that strangers can't keep them out. end
// must be called once it is over.
func (l *Limiter) begin(ctx context.Context, now time.Time, agents chat.Agents, address, email string) (*try, error) {
	l.once.Do(l.prepare)
	network := maphash.Comparable(l.seed, Network(address))
	agent := l.key("agent", email)
	pair := maphash.Comparable(l.seed, [2]uint64{network, agent})
	t := &try{Agents: agents, limiter: l, network: network, pair: pair, keys: []uint64{network, agent}}
	w, err := l.admit(t, now)
	if err == nil {
		err = l.turns.await(ctx, &l.mu, w)
	}
	if err != nil && w != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.leave(t)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (l *Limiter) prepare() {
	l.seed = maphash.MakeSeed()
	l.failed.most, l.good.most = maxTries, maxGood
	l.running = map[uint64]int{}
}

func (l *Limiter) key(kind, text string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	_, _ = h.WriteString(kind) // a hash takes everything
	_ = h.WriteByte(0)
	_, _ = h.WriteString(text)
	return h.Sum64()
}

// admit gives a try a place among those that are checked or wait for it.
func (l *Limiter) admit(t *try, now time.Time) (*waiter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, known := l.good.get(t.pair)
	if known {
		t.keys = t.keys[:1]
	}
	for _, k := range t.keys {
		if wait := l.wait(k, now); wait > 0 {
			return nil, &limitedError{wait}
		}
	}
	w, err := l.turns.join(t.network, known)
	if err != nil {
		return nil, err
	}
	for _, k := range t.keys {
		l.running[k]++
	}
	return w, nil
}

// wait is how long one more try under a key has to wait; those that are under
// way count as failed, since guessing in parallel must not help.
func (l *Limiter) wait(key uint64, now time.Time) time.Duration {
	t, _ := l.failed.get(key)
	running := l.running[key]
	counted := t.failed + running
	if counted < freeTries {
		return 0
	}
	pause := min(time.Second<<min(counted-freeTries, 10), maxWait)
	if running > 0 {
		return pause
	}
	return pause - now.Sub(t.last)
}

// leave takes a try out of those that are under way.
func (l *Limiter) leave(t *try) {
	for _, k := range t.keys {
		if l.running[k]--; l.running[k] <= 0 {
			delete(l.running, k)
		}
	}
}

// Verify implements chat.Agents, and ends the try.
func (t *try) Verify(email, password string) bool {
	ok := t.Agents.Verify(email, password)
	t.finish(ok)
	return ok
}

// end ends a try that no password was checked for, because of a bug.
func (t *try) end() { t.finish(false) }

func (t *try) finish(ok bool) {
	l := t.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.over {
		return
	}
	t.over = true
	l.leave(t)
	l.turns.done(t.network)
	if ok {
		l.good.put(t.pair, struct{}{})
	}
	for _, k := range t.keys {
		if ok {
			l.failed.remove(k)
			continue
		}
		was, _ := l.failed.get(k)
		l.failed.put(k, tries{was.failed + 1, time.Now()})
	}
}
