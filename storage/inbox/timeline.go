package inbox

import (
	"cmp"
	"slices"
	"sort"
	"time"
	"unique"

	"github.com/parley-chat/parley/chat"
)

// Place is where a conversation stands in an inbox: the latest activity
// first (of those that wait the longest first), and by name where that is the
// same.
type Place struct {
	ID     chat.ConversationID
	active int64                 // nanoseconds since 1970; until 1970 where what waits is ordered
	labels unique.Handle[string] // goes with it and does not order
}

// PlaceOf returns where a conversation stands in an inbox with this filter.
func PlaceOf(f chat.Filter, c *chat.Conversation) Place {
	if f.Waiting {
		return entryOf(c).waitingPlace()
	}
	return entryOf(c).place
}

// Active is the time of the last activity there.
func (p Place) Active() time.Time { return time.Unix(0, p.active).UTC() }

// Compare orders places: it is negative where a is ahead of b.
func Compare(a, b Place) int {
	if a.active != b.active {
		return cmp.Compare(b.active, a.active)
	}
	return cmp.Compare(a.ID, b.ID)
}

// runLength is the most places in one run of a timeline. A change moves at
// most so many in memory.
const runLength = 256

// timeline is a sorted list of places, held in runs.
type timeline struct {
	runs [][]Place // none is empty
}

// find returns the run in which a place is or belongs, and where in it.
func (l *timeline) find(p Place) (run, at int, is bool) {
	// The first run whose last place is not ahead of p.
	run = sort.Search(len(l.runs), func(i int) bool {
		r := l.runs[i]
		return Compare(r[len(r)-1], p) >= 0
	})
	if run == len(l.runs) {
		return run, 0, false
	}
	at, is = slices.BinarySearchFunc(l.runs[run], p, Compare)
	return run, at, is
}

func (l *timeline) add(p Place) {
	run, at, is := l.find(p)
	if is {
		return
	}
	if run == len(l.runs) { // behind all others
		if run == 0 || len(l.runs[run-1]) == runLength {
			l.runs = append(l.runs, []Place{p})
			return
		}
		run, at = run-1, len(l.runs[run-1])
	}
	if len(l.runs[run]) == runLength {
		// What is new goes to the very front: it gets a run to itself, so
		// that the others stay full.
		cut := runLength / 2
		if at == 0 {
			l.runs = slices.Insert(l.runs, run, []Place{p})
			return
		}
		l.runs = slices.Insert(l.runs, run+1, slices.Clone(l.runs[run][cut:]))
		l.runs[run] = slices.Clone(l.runs[run][:cut])
		if at > cut {
			run, at = run+1, at-cut
		}
	}
	l.runs[run] = slices.Insert(l.runs[run], at, p)
}

func (l *timeline) remove(p Place) {
	run, at, is := l.find(p)
	if !is {
		return
	}
	l.runs[run] = slices.Delete(l.runs[run], at, at+1)
	if len(l.runs[run]) == 0 {
		l.runs = slices.Delete(l.runs, run, run+1)
	}
}

// walker reads a timeline from behind a place on.
type walker struct {
	runs [][]Place
	at   int
}

func (l *timeline) after(p *Place) walker {
	if p == nil {
		return walker{runs: l.runs}
	}
	run, at, is := l.find(*p)
	if is {
		at++
	}
	w := walker{runs: l.runs[run:], at: at}
	w.skipEnd()
	return w
}

// peek returns the next place, or nil at the end.
func (w *walker) peek() *Place {
	if len(w.runs) == 0 {
		return nil
	}
	return &w.runs[0][w.at]
}

func (w *walker) next() {
	w.at++
	w.skipEnd()
}

func (w *walker) skipEnd() {
	if len(w.runs) > 0 && w.at >= len(w.runs[0]) {
		w.runs, w.at = w.runs[1:], 0
	}
}
