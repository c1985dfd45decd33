package endure

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestKill kills the server at random moments while 64 clients talk through
// it: every message that was acknowledged, or delivered to anyone, must be
// there once, in order and without gaps; every other once or not at all; and
// all clients come back by themselves. PARLEY_ROUNDS=200 makes it the long one.
func TestKill(t *testing.T) {
	w := newWorld(t)
	w.start()
	c := gather(w)
	n := rounds(t, 20)
	early := 0
	for range n {
		<-w.busy(1 + rand.IntN(1000))
		w.kill()
		if rand.IntN(4) == 0 {
			// And once more while it opens what the last one left behind.
			early++
			w.launch()
			<-time.After(time.Duration(rand.IntN(800)) * time.Millisecond) // any moment will do
			w.kill()
		}
		w.start()
		c.audit()
	}
	c.quiet()
	c.audit()
	t.Logf("%d kills, %d more of servers on their way up: %s", n, early, c.tally())
}

// busy tells when clients have heard so many frames more, or when they have
// not for so long that something must be wrong.
func (w *world) busy(frames int) <-chan struct{} {
	w.t.Helper()
	reached := w.heard.after(frames)
	either := make(chan struct{})
	go func() {
		defer close(either)
		select {
		case <-reached:
		case <-time.After(waitTimeout):
			w.t.Errorf("clients heard less than %d frames in %v", frames, waitTimeout)
		}
	}()
	return either
}
