package hours

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// minutes counts from midnight by the clock on the wall, up to 24:00.
type minutes int

const endOfDay minutes = 24 * 60

// span is open from the one up to, and without, the other.
type span struct{ from, to minutes }

// names are those of the days as they are written, in the order of time.Weekday.
var names = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Days returns the days that a word names: one, such as "sat", or a range, such
// as "mon-fri", which may go over the week's end ("fri-mon"). False if it names
// none.
func Days(word string) ([]time.Weekday, bool) {
	first, last, isRange := strings.Cut(strings.ToLower(word), "-")
	if !isRange {
		last = first
	}
	from, to := slices.Index(names[:], first), slices.Index(names[:], last)
	if from < 0 || to < 0 {
		return nil, false
	}
	var days []time.Weekday
	for day := from; ; day = (day + 1) % len(names) {
		days = append(days, time.Weekday(day))
		if day == to {
			return days, true
		}
	}
}

// parseSpan reads "9:00-17:30". Up to 24:00 is the whole evening.
func parseSpan(word string) (span, error) {
	first, last, ok := strings.Cut(word, "-")
	if !ok {
		return span{}, fmt.Errorf("invalid time %q (want two with a hyphen between, such as 9:00-17:30)", word)
	}
	from, err := parseTime(first)
	if err != nil {
		return span{}, err
	}
	to, err := parseTime(last)
	if err != nil {
		return span{}, err
	}
	if from >= to {
		return span{}, fmt.Errorf("%s does not end after it begins (for a night, write both days: fri 20:00-24:00 and sat 0:00-2:00)", word)
	}
	return span{from, to}, nil
}

func parseTime(text string) (minutes, error) {
	hour, minute, ok := strings.Cut(text, ":")
	h, errHour := strconv.ParseUint(hour, 10, 8)
	m, errMinute := strconv.ParseUint(minute, 10, 8)
	at := minutes(h*60 + m)
	if !ok || errHour != nil || errMinute != nil || len(minute) != 2 || m > 59 || at > endOfDay {
		return 0, fmt.Errorf("invalid time %q (want hour and minute, 0:00 to 24:00)", text)
	}
	return at, nil
}

// parseDay reads the spans of one day, of which no two may overlap.
func parseDay(words []string) ([]span, error) {
	var spans []span
	for _, word := range words {
		s, err := parseSpan(word)
		if err != nil {
			return nil, err
		}
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return nil, fmt.Errorf("two times of one day overlap: %s", strings.Join(words, " "))
		}
	}
	return spans, nil
}
