package hours

import (
	"fmt"
	"time"
)

// date is a day of one year, or of each year where the year is zero.
type date struct {
	year, day int
	month     time.Month
}

// parseDate reads "2026-12-24" or, for each year, "12-25".
func parseDate(text string) (date, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return date{year: t.Year(), month: t.Month(), day: t.Day()}, nil
	}
	// 2000 had a 29th of February.
	if t, err := time.Parse(time.DateOnly, "2000-"+text); err == nil {
		return date{month: t.Month(), day: t.Day()}, nil
	}
	return date{}, fmt.Errorf("invalid date %q (want one such as 2026-12-24 or, for each year, 12-24)", text)
}
