package main

import (
	"fmt"
	"io"
	"time"
)

// goals writes a table of figures, and whether they are what they should be.
type goals struct{ out io.Writer }

func newGoals(w io.Writer, title string) *goals {
	fmt.Fprintf(w, "\n%s:\n\n", title)
	tableRow(w, "what", "figure", "against", "goal", "")
	tableRow(w, "---", "---", "---", "---", "---")
	return &goals{w}
}

// row writes one figure, what it is compared with, and the goal, if there is
// one, with whether it is met.
func (g *goals) row(what, figure, against, goal string, met ...bool) {
	result := ""
	for _, ok := range met {
		if result = "met"; !ok {
			result = "**missed**"
		}
	}
	tableRow(g.out, what, figure, against, goal, result)
}

func perSecond(rate float64) string { return fmt.Sprintf("%.0f/s", rate) }

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// milliseconds and microseconds write a time given in ns.
func milliseconds(ns float64) string { return fmt.Sprintf("%.2f ms", ns/float64(time.Millisecond)) }

func microseconds(ns float64) string { return fmt.Sprintf("%.1f µs", ns/float64(time.Microsecond)) }
