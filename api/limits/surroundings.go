package limits

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/parley-chat/parley/internal/bounded"
)

// strangerTries are how many wrong passwords of one agent strangers may try at
// once; then one more is allowed each strangerEvery. The first are for anybody.
// The others are kept for those who have ever less in common with whoever has
// guessed: for tries from a quiet network, from a quiet one with quiet neighbours,
// and so on. So an agent who comes with a new device from where nobody guesses has
// tries of theirs while others guess elsewhere, and yet all are bounded.
var strangerTries = [...]int{5, 45, 100, 350}

// surroundings are the networks around an address, by the lengths of their
// prefixes. One is quiet in which fewer than so many tries of that agent's
// password have failed, of which one is forgotten each quietEvery: people mistype.
var surroundings = [...]struct{ ipv4, ipv6, quiet int }{
	{32, 64, 3},
	{24, 48, 10},
	{16, 32, 30},
}

const (
	strangerEvery = time.Minute
	quietEvery    = time.Hour
	// maxSpent bounds the table of this name: 16,384 wrong passwords.
	maxSpent = 1 << 16
)

// spending is how many tries have failed, by key, as the time at which all of
// them are forgotten.
//
// An entry takes some 100 bytes, 7 MB in all. It takes the check of a password to
// make four of them. By so many passwords of others one can have an agent's
// forgotten, and try hers as at first, which is bounded by how fast passwords are
// checked, two at a time; agents themselves are slowed by nothing of that.
type spending struct {
	bounded.Table[uint64, time.Time]
}

// wait is how long until fewer than some are outstanding under a key, of which
// one is forgotten at a time; zero or less means now.
func (s *spending) wait(key uint64, some int, every time.Duration, now time.Time) time.Duration {
	until, _ := s.Get(key)
	return max(0, until.Sub(now)) - every*time.Duration(some-1)
}

func (s *spending) add(key uint64, every time.Duration, now time.Time) {
	until, _ := s.Get(key)
	if until.Before(now) {
		until = now
	}
	s.Put(key, until.Add(every))
}

// stranger is what a try counts under that comes from no known device.
type stranger struct {
	around [len(surroundings)]uint64  // the agent in each of the surroundings
	shares [len(strangerTries)]uint64 // the agent's strangerTries
	share  int                        // of which the try has taken one
}

func (s *SignIns) stranger(agent uint64, address string) *stranger {
	st := &stranger{}
	for i := range st.shares {
		st.shares[i] = maphash.Comparable(s.seed, share{agent, i})
	}
	ip := Network(address)
	for i, a := range surroundings {
		bits := a.ipv6
		if ip.Is4() {
			bits = a.ipv4
		}
		prefix, _ := ip.Prefix(bits) // the zero Prefix where the address is not known
		st.around[i] = maphash.Comparable(s.seed, surrounding{agent, i, prefix})
	}
	return st
}

// What keys are made of.
type (
	share struct {
		agent uint64
		index int
	}
	surrounding struct {
		agent   uint64
		index   int
		network netip.Prefix
	}
)

// takeShare picks the share from which a try is taken, or returns how long there
// will be none. Those under way count as failed.
func (s *SignIns) takeShare(st *stranger, now time.Time) (wait time.Duration) {
	wait = strangerEvery
	for i, k := range st.shares {
		w := s.spent.wait(k, strangerTries[i]-s.running[k], strangerEvery, now)
		if w <= 0 {
			st.share = i
			return 0
		}
		wait = min(wait, w)
		if i == len(surroundings) || s.spent.wait(st.around[i], surroundings[i].quiet-s.running[st.around[i]], quietEvery, now) > 0 {
			break
		}
	}
	return wait
}

// keys are those that a try under way counts under.
func (st *stranger) keys() []uint64 { return append([]uint64{st.shares[st.share]}, st.around[:]...) }

// failed counts a wrong password.
func (s *spending) failed(st *stranger, now time.Time) {
	s.add(st.shares[st.share], strangerEvery, now)
	for _, k := range st.around {
		s.add(k, quietEvery, now)
	}
}

// succeeded forgets what failed in the same network: it was the agent, mistyping.
// What failed elsewhere was somebody else.
func (s *spending) succeeded(st *stranger) { s.Delete(st.around[0]) }
