package limits

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
)

// SignIns slows down who guesses agents' passwords, and bounds what checking
// them costs. After a few free tries from one network, or of one agent's
// password, each further one must wait twice as long as the one before; a
// success clears that. Few passwords are checked at a time (see turns). What it
// remembers are hashes of fixed size, in tables of fixed size. The zero value is
// ready.
//
// With several nodes a guesser must not have a budget on each: failed tries and
// successes have to go into the log that the nodes share, under hashes with a
// seed that they share too. The places among turns stay with each node, since
// what they bound is its own processor.
type SignIns struct {
	once sync.Once
	seed maphash.Seed

	mu sync.Mutex
	// failed are the keys under which tries have failed. An entry takes some 100
	// bytes, 7 MB in all. Only a try whose password was checked makes one, which
	// is meant to take long: by the time that a flood has had one forgotten, its
	// wait is over.
	failed bounded.Table[uint64, failures]
	// trusted are the pairs of network and agent that have signed in. An entry
	// takes some 80 bytes, 700 KB in all. It takes an agent's password to make
	// one. Where one is forgotten, that agent has a stranger's budget there until
	// they sign in again: strangers may keep them waiting, at most maxWait, and
	// nobody may try more than before.
	trusted bounded.Table[uint64, struct{}]
	running map[uint64]int // tries that have a place among turns, by key: twice as many at most
	turns   turns
}

// failures is what went wrong under one key.
type failures struct {
	count int
	last  time.Time
}

const (
	// freeTries may fail without waiting.
	freeTries = 5
	// maxWait bounds the wait, so that nobody is locked out for long by others.
	maxWait = 5 * time.Minute
	// maxFailed and maxTrusted bound the tables of these names.
	maxFailed  = 1 << 16
	maxTrusted = 1 << 13
)

// Try is one password that may be checked now. It makes the agents' directory
// one that gives the place among turns back as soon as the password is checked,
// since what follows may have to wait for the store.
type Try struct {
	chat.Agents
	signIns  *SignIns
	network  uint64
	pair     uint64
	keys     []uint64
	finished bool
}

// Begin asks for a try of an agent's password from a network address, and waits
// for its turn. Network and agent count each by itself: one network must not try
// many agents, nor many networks one agent. From where the agent has signed in
// before, only the network counts, so that strangers can't keep them out. End
// must be called once it is over. The error is an *Exceeded.
func (s *SignIns) Begin(ctx context.Context, now time.Time, agents chat.Agents, address, email string) (*Try, error) {
	s.once.Do(s.prepare)
	network := maphash.Comparable(s.seed, Network(address))
	agent := s.key("agent", email)
	pair := maphash.Comparable(s.seed, [2]uint64{network, agent})
	t := &Try{Agents: agents, signIns: s, network: network, pair: pair, keys: []uint64{network, agent}}
	w, err := s.admit(t, now)
	if err == nil {
		err = s.turns.await(ctx, &s.mu, w)
	}
	if err != nil && w != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.leave(t)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (s *SignIns) prepare() {
	s.seed = maphash.MakeSeed()
	s.failed.Max, s.trusted.Max = maxFailed, maxTrusted
	s.running = map[uint64]int{}
}

func (s *SignIns) key(scope, text string) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	_, _ = h.WriteString(scope) // a hash takes everything
	_ = h.WriteByte(0)
	_, _ = h.WriteString(text)
	return h.Sum64()
}

// admit gives a try a place among those that are checked or wait for it.
func (s *SignIns) admit(t *Try, now time.Time) (*waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, trusted := s.trusted.Get(t.pair)
	if trusted {
		t.keys = t.keys[:1]
	}
	for _, k := range t.keys {
		if wait := s.wait(k, now); wait > 0 {
			return nil, &Exceeded{wait}
		}
	}
	w, err := s.turns.join(t.network, trusted)
	if err != nil {
		return nil, err
	}
	for _, k := range t.keys {
		s.running[k]++
	}
	return w, nil
}

// wait is how long one more try under a key has to wait; those that are under
// way count as failed, since guessing in parallel must not help.
func (s *SignIns) wait(key uint64, now time.Time) time.Duration {
	t, _ := s.failed.Get(key)
	running := s.running[key]
	counted := t.count + running
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
func (s *SignIns) leave(t *Try) {
	for _, k := range t.keys {
		if s.running[k]--; s.running[k] <= 0 {
			delete(s.running, k)
		}
	}
}

// Verify implements chat.Agents, and ends the try.
func (t *Try) Verify(email, password string) bool {
	ok := t.Agents.Verify(email, password)
	t.finish(ok)
	return ok
}

// End ends the try, also where no password was checked.
func (t *Try) End() { t.finish(false) }

func (t *Try) finish(ok bool) {
	s := t.signIns
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.finished {
		return
	}
	t.finished = true
	s.leave(t)
	s.turns.done(t.network)
	if ok {
		s.trusted.Put(t.pair, struct{}{})
	}
	for _, k := range t.keys {
		if ok {
			s.failed.Delete(k)
			continue
		}
		was, _ := s.failed.Get(k)
		s.failed.Put(k, failures{was.count + 1, time.Now()})
	}
}
