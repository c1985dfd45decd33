package caddymodule

import (
	"errors"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/chat/hours"
)

// parseHours reads the block of hours:
//
//	hours {
//		zone   <time zone>
//		<day>|<day>-<day>   <time>-<time> ...
//		closed <date...>
//	}
func (hd *Handler) parseHours(outer *config.Block) error {
	c := &hours.Config{Open: map[string][]string{}}
	hd.Hours = c
	w := &config.Block{Dispenser: outer.Dispenser}
	if w.NextArg() {
		return w.Errf("hours takes a block and no %q", w.Val())
	}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if err := parseHoursWord(c, w); err != nil {
			return err
		}
		// At once, so that the error has the line.
		if _, err := hours.New(*c); err != nil && !errors.Is(err, hours.ErrNeverOpen) {
			return w.At(err)
		}
	}
	_, err := hours.New(*c)
	return w.At(err)
}

func parseHoursWord(c *hours.Config, w *config.Block) error {
	word := w.Val()
	if word == "closed" { // may repeat
		return w.Some(&c.Closed)
	}
	if err := w.Once(); err != nil {
		return err
	}
	if word == "zone" {
		return w.One(&c.Zone)
	}
	if _, ok := hours.Days(word); !ok {
		return w.Unknown("zone", "closed", "a day such as sat", "days such as mon-fri")
	}
	var times []string
	err := w.Some(&times)
	c.Open[word] = times
	return err
}
