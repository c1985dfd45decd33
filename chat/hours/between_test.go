package hours

import (
	"testing"
	"time"
)

// TestBetweenIsTheSumOfItsParts: however far apart the ends are, over nights,
// weekends, holidays and changed clocks.
func TestBetweenIsTheSumOfItsParts(t *testing.T) {
	for name, c := range map[string]Config{
		"always":           {Zone: "Europe/Berlin", Open: map[string][]string{"mon-sun": {"0:00-24:00"}}},
		"but for a day":    {Zone: "Europe/Berlin", Open: map[string][]string{"mon-sun": {"0:00-24:00"}}, Closed: []string{"2026-03-29"}},
		"office":           {Zone: "Europe/Berlin", Open: map[string][]string{"mon-fri": {"9:00-12:00", "13:00-17:30"}}},
		"one day":          {Zone: "Europe/Berlin", Open: map[string][]string{"tue": {"0:00-24:00"}}},
		"night":            {Zone: "Europe/Berlin", Open: map[string][]string{"sat": {"22:00-24:00"}, "sun": {"0:00-4:00"}}},
		"of a skipped day": {Zone: "Pacific/Apia", Open: map[string][]string{"mon-sun": {"0:00-24:00"}}},
	} {
		h, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		const part = 30 * time.Minute
		for _, start := range []time.Time{berlin(t, "2026-03-27 17:00"), berlin(t, "2026-10-24 23:30"), berlin(t, "2011-12-28 23:30")} {
			var want time.Duration
			for to, end := start, start.AddDate(0, 0, 5); to.Before(end); to = to.Add(part) {
				if got := h.Between(start, to); got != want {
					t.Fatalf("%s: from %s to %s: %s, want %s", name, start, to, got, want)
				}
				if open, _ := h.at(to, horizon); open {
					want += part
				}
			}
		}
	}
}

// BenchmarkBetween is of a wait of minutes where the chat is open all week.
func BenchmarkBetween(b *testing.B) {
	h, err := New(Config{Zone: "Europe/Berlin", Open: map[string][]string{"mon-sun": {"0:00-24:00"}}})
	if err != nil {
		b.Fatal(err)
	}
	asked := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for b.Loop() {
		h.Between(asked, asked.Add(7*time.Minute))
	}
}
