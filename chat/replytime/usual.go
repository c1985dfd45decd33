package replytime

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat/hours"
)

// Usual says how long answers of one site usually take, within its hours. It is safe
// for concurrent use.
type Usual struct {
	memory *Memory
	site   string
	hours  *hours.Hours

	mu      sync.Mutex
	version uint64
	until   time.Time
	last    time.Duration
}

// valid is how long an answer holds though nothing comes: waits grow old.
const valid = 10 * time.Minute

// NewUsual returns what says it of a site that is answered at some hours; nil for
// always.
func NewUsual(m *Memory, site string, h *hours.Hours) *Usual {
	return &Usual{memory: m, site: site, hours: h}
}

// At returns the median of the last waits, in time that the chat was open, as people
// say it: a whole number of minutes up to an hour, of hours up to a day, or of days.
// It is zero where too few are known, or where it takes more than the days that waits are remembered.
func (u *Usual) At(now time.Time) time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.version == u.memory.version(u.site) && now.Before(u.until) {
		return u.last
	}
	waits, version := u.memory.read(u.site, now)
	u.version, u.until, u.last = version, now.Add(valid), rounded(median(waits, u.hours))
	return u.last
}

// median is of the waits that were open for a while: what was asked and answered
// outside of the hours is nobody's to expect. It is zero where there are too few.
func median(waits []wait, h *hours.Hours) time.Duration {
	var times []time.Duration
	for _, w := range waits {
		if open := h.Between(w.asked, w.answered); open > 0 {
			times = append(times, open)
		}
	}
	if len(times) < enough {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// steps are what is said: nobody promises 17 minutes.
var steps = []time.Duration{
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 2 * 24 * time.Hour, 3 * 24 * time.Hour, 5 * 24 * time.Hour, newest,
}

// rounded rounds up to a step, so that what is said is kept half of the time at least.
func rounded(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	for _, step := range steps {
		if d <= step {
			return step
		}
	}
	return 0
}
