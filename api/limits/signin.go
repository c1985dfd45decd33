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
// them costs. A device on which the agent has signed in before has tries of its
// own: nobody else's count there, wherever it is. All others are strangers. They
// count by their network, so that one must not try many agents, and by the agent,
// so that many networks must not try one (see surroundings). Few passwords are
// checked at a time (see turns). What it remembers are hashes of fixed size, in
// tables of fixed size. The zero value is ready.
//
// With several nodes a guesser must not have a budget on each: failed tries and
// the successes that clear them have to go into the log that the nodes share,
// under hashes with a seed that they share too. Known devices need nothing of
// that: each node has the agents' keys (chat.Agents). The places among turns stay
// with each node, since what they bound is its own processor.
type SignIns struct {
	// Now tells the time; nil is time.Now.
	Now func() time.Time

	once sync.Once
	seed maphash.Seed

	mu sync.Mutex
	// failed are the networks and devices from which tries have failed. An entry
	// takes some 100 bytes, 7 MB in all. Only a try whose password was checked
	// makes one, which is meant to take long: by the time that a flood has had one
	// forgotten, its wait is over.
	failed bounded.Table[uint64, failures]
	// spent are the tries that strangers have made of an agent's password.
	spent   spending
	running map[uint64]int // tries that have a place among turns, by key: five times as many at most
	turns   turns
}

// failures is what went wrong under one key.
type failures struct {
	count int
	last  time.Time
}

const (
	// freeTries of a network, or of a device, may fail without waiting. Each
	// further one must wait twice as long as the one before.
	freeTries = 5
	// maxWait bounds the wait, so that nobody is locked out for long by others.
	maxWait = 5 * time.Minute
	// maxFailed bounds the table of this name.
	maxFailed = 1 << 16
)

// Origin is where a password comes from.
type Origin struct {
	// Address is the network address.
	Address string
	// Device names the browser, if the agent has signed in with it before and it
	// has shown that. It is empty for a stranger's.
	Device string
}

// Try is one password that may be checked now. It makes the agents' directory
// one that gives the place among turns back as soon as the password is checked,
// since what follows may have to wait for the store.
type Try struct {
	chat.Agents
	signIns  *SignIns
	network  uint64
	waits    uint64    // the key under failed
	stranger *stranger // nil at a known device
	finished bool
}

// Begin asks for a try of an agent's password, and waits for its turn. End must
// be called once it is over. The error is an *Exceeded.
func (s *SignIns) Begin(ctx context.Context, agents chat.Agents, from Origin, email string) (*Try, error) {
	s.once.Do(s.prepare)
	network := maphash.Comparable(s.seed, Network(from.Address))
	t := &Try{Agents: agents, signIns: s, network: network, waits: network}
	agent := s.key("agent", email)
	if from.Device != "" {
		t.waits = maphash.Comparable(s.seed, [2]uint64{agent, s.key("device", from.Device)})
	} else {
		t.stranger = s.stranger(agent, from.Address)
	}
	w, err := s.admit(t, s.Now())
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
	s.failed.Max, s.spent.Max = maxFailed, maxSpent
	s.running = map[uint64]int{}
	if s.Now == nil {
		s.Now = time.Now
	}
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
	wait := s.wait(t.waits, now)
	if t.stranger != nil {
		wait = max(wait, s.takeShare(t.stranger, now))
	}
	if wait > 0 {
		return nil, &Exceeded{wait}
	}
	w, err := s.turns.join(t.network, t.stranger == nil)
	if err != nil {
		return nil, err
	}
	for _, k := range t.keys() {
		s.running[k]++
	}
	return w, nil
}

// keys are all that the try counts under.
func (t *Try) keys() []uint64 {
	if t.stranger == nil {
		return []uint64{t.waits}
	}
	return append(t.stranger.keys(), t.waits)
}

// wait is how long one more try of a network or a device has to wait; those that
// are under way count as failed, since guessing in parallel must not help.
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
	for _, k := range t.keys() {
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
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.finished {
		return
	}
	t.finished = true
	s.leave(t)
	s.turns.done(t.network)
	if ok {
		s.failed.Delete(t.waits) // a known device's success says nothing of others in its network
	} else {
		was, _ := s.failed.Get(t.waits)
		s.failed.Put(t.waits, failures{was.count + 1, now})
	}
	switch {
	case t.stranger == nil:
	case ok:
		s.spent.succeeded(t.stranger)
	default:
		s.spent.failed(t.stranger, now)
	}
}
