package hours

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	_ "time/tzdata" // many containers have no time zones
)

// Config is opening hours as they are written.
type Config struct {
	// A name of the IANA time zone database, such as Europe/Berlin. The default
	// is the server's own time zone.
	Zone string `json:"zone,omitempty"`

	// The times of each day, such as "9:00-17:30", by day or range of days
	// ("sat", "mon-fri"). A day that is not named is closed.
	Open map[string][]string `json:"open,omitempty"`

	// Days without hours: 2026-12-24 or, in each year, 12-24.
	Closed []string `json:"closed,omitempty"`
}

// Hours says when a chat is answered. It is safe for concurrent use.
type Hours struct {
	zone   *time.Location
	week   [len(names)][]span
	closed map[date]bool
	last   atomic.Pointer[answer]
}

// answer is what At has found out, and for which times that holds.
type answer struct {
	from, until time.Time
	open        bool
	change      time.Time
}

// ErrNeverOpen is that no day has hours.
var ErrNeverOpen = errors.New("no day has hours, so the chat would never be answered")

// New reads opening hours. Its errors name what can't be read or a day that has
// hours twice; ErrNeverOpen.
func New(c Config) (*Hours, error) {
	h := &Hours{zone: time.Local, closed: map[date]bool{}}
	if c.Zone != "" {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			return nil, fmt.Errorf("unknown time zone %q (want a name such as Europe/Berlin)", c.Zone)
		}
		h.zone = zone
	}
	for word, times := range c.Open {
		days, ok := Days(word)
		if !ok {
			return nil, fmt.Errorf("unknown day %q (want one such as sat, or a range such as mon-fri)", word)
		}
		spans, err := parseDay(times)
		if err != nil {
			return nil, err
		}
		if len(spans) == 0 {
			return nil, fmt.Errorf("%s has no times", word)
		}
		for _, day := range days {
			if h.week[day] != nil {
				return nil, fmt.Errorf("%s has hours twice", names[day])
			}
			h.week[day] = spans
		}
	}
	for _, text := range c.Closed {
		d, err := parseDate(text)
		if err != nil {
			return nil, err
		}
		h.closed[d] = true
	}
	if len(c.Open) == 0 {
		return nil, ErrNeverOpen
	}
	return h, nil
}

// horizon is how many days ahead At looks for the next change: a year and a week,
// in which each day of each year has come, and each day of the week after it.
const horizon = 366 + len(names)

// At reports whether the chat is answered at a time, and when that changes; the
// zero time where it doesn't in the years that matter.
func (h *Hours) At(now time.Time) (open bool, change time.Time) {
	if h == nil {
		return true, time.Time{}
	}
	if a := h.last.Load(); a != nil && !now.Before(a.from) && now.Before(a.until) {
		return a.open, a.change
	}
	a := &answer{from: now, until: now.Add(time.Hour)}
	a.open, a.change = h.at(now, horizon)
	if !a.change.IsZero() {
		a.until = a.change
	}
	h.last.Store(a)
	return a.open, a.change
}

// at is At without what was found out before, and for a change within some days,
// today included. A year of them takes up to a millisecond where the chat is open
// all week.
func (h *Hours) at(now time.Time, days int) (open bool, change time.Time) {
	now = now.In(h.zone)
	year, month, day := now.Date()
	var end time.Time // of the hours that now is in, as far as they are known
	for ahead := range days {
		// Noon, since some zones have days without a midnight.
		noon := time.Date(year, month, day+ahead, 12, 0, 0, 0, h.zone)
		for _, s := range h.of(noon) {
			from, to := h.clock(noon, s.from), h.clock(noon, s.to)
			switch {
			case !to.After(from) || !to.After(now): // skipped by the clocks, or over
			case end.IsZero() && from.After(now):
				return false, from
			case end.IsZero() || from.Equal(end):
				end = to
			default:
				return true, end
			}
		}
		// Hours that go on past midnight begin the next day.
		if !end.IsZero() && end.Before(h.clock(noon, endOfDay)) {
			return true, end
		}
	}
	return !end.IsZero(), time.Time{}
}

// of returns the hours of the day that a time is in.
func (h *Hours) of(t time.Time) []span {
	year, month, day := t.Date()
	if h.closed[date{year, day, month}] || h.closed[date{0, day, month}] {
		return nil
	}
	return h.week[t.Weekday()]
}

// clock is when the clocks show a time on the day that another is in. What is
// skipped in spring is shown an hour later; what comes twice in autumn, first.
func (h *Hours) clock(day time.Time, at minutes) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, int(at), 0, 0, h.zone)
}
