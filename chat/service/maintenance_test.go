package service

import (
	"testing"
	"time"
)

func TestTrustedClock(t *testing.T) {
	last := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	for _, c := range []struct {
		name        string
		ahead       time.Duration // of the clock, since the last time
		passed      time.Duration // really
		wantAdvance time.Duration
	}{
		{"an hour later", time.Hour, time.Hour, time.Hour},
		{"restarted at once", time.Minute, 0, time.Minute},
		{"stopped for a month, at the start", 30 * day, 0, time.Hour},
		{"stopped for a month, an hour later", 30 * day, time.Hour, day},
		{"set a year ahead", year, time.Hour, day},
		{"set a year ahead, and restarted", year, 0, time.Hour},
		{"set a year ahead, and reloaded after a minute", year, time.Minute, 24 * time.Minute},
		{"set a year ahead, and woken twice by one reload", year, time.Millisecond, 24 * time.Millisecond},
		{"set back", -year, time.Hour, -year},
		{"set back a little", -time.Minute, time.Hour, -time.Minute},
	} {
		if got := trustedClock(last.Add(c.ahead), last, c.passed).Sub(last); got != c.wantAdvance {
			t.Errorf("%s: it goes on by %s, want %s", c.name, got, c.wantAdvance)
		}
	}
}
