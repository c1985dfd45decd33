package hours

import (
	"strings"
	"testing"
	"time"
)

func berlin(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAt(t *testing.T) {
	office := map[string][]string{"mon-fri": {"13:00-17:30", "9:00-12:00"}, "sat": {"10:00-14:00"}}
	night := map[string][]string{"fri": {"20:00-24:00"}, "sat": {"0:00-3:00"}}
	always := map[string][]string{"mon-sun": {"0:00-24:00"}}
	for name, c := range map[string]struct {
		open   map[string][]string
		closed []string
		now    string
		want   bool
		change string // empty: never
	}{
		"in the morning":                     {open: office, now: "2026-11-30 09:00", want: true, change: "2026-11-30 12:00"},
		"before":                             {open: office, now: "2026-11-30 08:59", change: "2026-11-30 09:00"},
		"at noon":                            {open: office, now: "2026-11-30 12:00", change: "2026-11-30 13:00"},
		"in the evening":                     {open: office, now: "2026-11-30 17:30", change: "2026-12-01 09:00"},
		"over Sunday":                        {open: office, now: "2026-12-05 14:00", change: "2026-12-07 09:00"},
		"a day of one year":                  {open: office, closed: []string{"2026-12-01"}, now: "2026-11-30 18:00", change: "2026-12-02 09:00"},
		"not of another year":                {open: office, closed: []string{"2025-12-01"}, now: "2026-11-30 18:00", change: "2026-12-01 09:00"},
		"a day of each year":                 {open: office, closed: []string{"12-01", "12-02"}, now: "2026-11-30 18:00", change: "2026-12-03 09:00"},
		"closed today":                       {open: office, closed: []string{"11-30"}, now: "2026-11-30 10:00", change: "2026-12-01 09:00"},
		"past midnight":                      {open: night, now: "2026-12-04 21:00", want: true, change: "2026-12-05 03:00"},
		"past midnight, after it":            {open: night, now: "2026-12-05 00:00", want: true, change: "2026-12-05 03:00"},
		"past midnight, to a closed day":     {open: night, closed: []string{"12-05"}, now: "2026-12-04 21:00", want: true, change: "2026-12-05 00:00"},
		"always":                             {open: always, now: "2026-12-04 21:00", want: true},
		"always but on one day":              {open: always, closed: []string{"2026-12-25"}, now: "2026-12-04 21:00", want: true, change: "2026-12-25 00:00"},
		"an hour that spring skips":          {open: map[string][]string{"sun": {"2:00-3:00"}}, now: "2026-03-28 12:00", change: "2026-04-05 02:00"},
		"a morning that spring shortens":     {open: map[string][]string{"sun": {"1:00-4:00"}}, now: "2026-03-29 01:30", want: true, change: "2026-03-29 04:00"},
		"a morning that autumn makes long":   {open: map[string][]string{"sun": {"1:00-4:00"}}, now: "2026-10-25 01:30", want: true, change: "2026-10-25 04:00"},
		"through the week's end, as a range": {open: map[string][]string{"sat-mon": {"9:00-10:00"}}, now: "2026-12-05 10:00", change: "2026-12-06 09:00"},
		"a leap day":                         {open: office, closed: []string{"02-29"}, now: "2028-02-28 18:00", change: "2028-03-01 09:00"},
	} {
		h, err := New(Config{Zone: "Europe/Berlin", Open: c.open, Closed: c.closed})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// Whatever zone the server's clock is in.
		open, change := h.At(berlin(t, c.now).UTC())
		want := time.Time{}
		if c.change != "" {
			want = berlin(t, c.change)
		}
		if open != c.want || !change.Equal(want) {
			t.Errorf("%s: open %t until %v; want %t until %v", name, open, change, c.want, want)
		}
	}
}

// TestChangesAlternate walks from change to change over two years, through all
// four changes of the clocks.
func TestChangesAlternate(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Beirut", "UTC"} {
		h, err := New(Config{Zone: zone, Open: map[string][]string{"mon-wed": {"0:00-2:30", "2:30-9:00", "22:00-24:00"}, "sun": {"0:00-24:00"}},
			Closed: []string{"12-25"}})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		open, change := h.At(at)
		for change.Before(at.AddDate(2, 0, 0)) {
			if before, _ := h.At(change.Add(-time.Second)); before != open {
				t.Fatalf("%s: open is %t and, a second before %v, %t", zone, open, change, before)
			}
			now, next := h.At(change)
			if now == open || !next.After(change) {
				t.Fatalf("%s: at %v, open goes from %t to %t, and changes next at %v", zone, change, open, now, next)
			}
			open, change = now, next
		}
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	for text, c := range map[string]Config{
		"time zone":              {Zone: "Berlin", Open: map[string][]string{"mon": {"9:00-17:00"}}},
		`unknown day "mo"`:       {Open: map[string][]string{"mo": {"9:00-17:00"}}},
		"mon has hours twice":    {Open: map[string][]string{"mon": {"9:00-17:00"}, "sun-tue": {"9:00-17:00"}}},
		"mon has no times":       {Open: map[string][]string{"mon": nil}},
		"no day has hours":       {},
		`invalid time "9"`:       {Open: map[string][]string{"mon": {"9-17"}}},
		`invalid time "25:00"`:   {Open: map[string][]string{"mon": {"9:00-25:00"}}},
		`invalid time "24:01"`:   {Open: map[string][]string{"mon": {"9:00-24:01"}}},
		`invalid time "9:60"`:    {Open: map[string][]string{"mon": {"9:60-17:00"}}},
		`invalid time "9:5"`:     {Open: map[string][]string{"mon": {"9:5-17:00"}}},
		`invalid time "-1:00"`:   {Open: map[string][]string{"mon": {"9:00--1:00"}}},
		"want two with a hyphen": {Open: map[string][]string{"mon": {"9:00"}}},
		"does not end after":     {Open: map[string][]string{"mon": {"20:00-2:00"}}},
		"overlap":                {Open: map[string][]string{"mon": {"9:00-12:00", "11:00-17:00"}}},
		`invalid date "25.12."`:  {Open: map[string][]string{"mon": {"9:00-12:00"}}, Closed: []string{"25.12."}},
		`invalid date "02-30"`:   {Open: map[string][]string{"mon": {"9:00-12:00"}}, Closed: []string{"02-30"}},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("want an error with %q: %v", text, err)
		}
	}
}
