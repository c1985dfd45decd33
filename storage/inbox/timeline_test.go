package inbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// A timeline is the sorted list of what was added and not removed, wherever
// one starts to read it.
func TestTimeline(t *testing.T) {
	for name, moment := range map[string]func(n int) int64{
		"newest to the front": func(n int) int64 { return int64(n) },
		"oldest to the end":   func(n int) int64 { return -int64(n) },
		"anywhere":            func(int) int64 { return rand.Int64N(1 << 40) },
		"many at once":        func(int) int64 { return rand.Int64N(10) },
	} {
		t.Run(name, func(t *testing.T) {
			var l timeline
			var all []Place
			for n := range 5000 {
				p := Place{active: moment(n), ID: chat.ConversationID(fmt.Sprint(rand.IntN(100_000)))}
				if !slices.Contains(all, p) {
					all = append(all, p)
				}
				l.add(p)
				l.add(p) // again is no change
				if n%3 == 0 {
					i := rand.IntN(len(all))
					l.remove(all[i])
					l.remove(all[i])
					all = slices.Delete(all, i, i+1)
				}
			}
			slices.SortFunc(all, Compare)
			if got := walk(l.after(nil)); !slices.Equal(got, all) {
				t.Fatalf("%d places, want %d, or out of order", len(got), len(all))
			}
			for range 200 {
				i := rand.IntN(len(all))
				if got := walk(l.after(&all[i])); !slices.Equal(got, all[i+1:]) {
					t.Fatalf("behind place %d are %d, want %d", i, len(got), len(all)-i-1)
				}
				between := Place{active: all[i].active, ID: all[i].ID + "\x00"} // none is there
				if got := walk(l.after(&between)); !slices.Equal(got, all[i+1:]) {
					t.Fatalf("behind where nothing is, after %d, are %d, want %d", i, len(got), len(all)-i-1)
				}
			}
			full := 0
			for _, run := range l.runs {
				if len(run) == 0 || len(run) > runLength {
					t.Fatalf("a run of %d", len(run))
				}
				full += len(run)
			}
			if most := 8*full/runLength + 8; len(l.runs) > most {
				t.Errorf("%d places in %d runs", full, len(l.runs))
			}
			for _, p := range all {
				l.remove(p)
			}
			if len(l.runs) != 0 {
				t.Errorf("%d runs are left", len(l.runs))
			}
		})
	}
}

func walk(w walker) (out []Place) {
	for p := w.peek(); p != nil; p = w.peek() {
		out = append(out, *p)
		w.next()
	}
	return out
}
