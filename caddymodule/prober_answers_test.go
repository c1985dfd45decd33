package caddymodule

import (
	"encoding/binary"
	"testing"
	"time"
)

// Whoever sends many different cookies makes the server forget answers, but not
// that somebody has logged out, nor whom it is asking about.
func TestManyAnswersDoNotUndoALogout(t *testing.T) {
	now := time.Now()
	a := newProbeAnswers(time.Minute)
	key := func(n int) (k probeKey) {
		binary.BigEndian.PutUint64(k.browser[:], uint64(n))
		return k
	}
	a.withdraw(key(0).browser, now)
	flying := a.add(key(1), now)
	for n := range 2 * maxProbes {
		e := a.add(key(2+n), now)
		e.answer.Until = now.Add(time.Minute)
		close(e.done)
	}
	if a.kept > maxProbes {
		t.Errorf("%d answers are kept, want %d at most", a.kept, maxProbes)
	}
	if !now.Before(a.withdrawn[key(0).browser]) {
		t.Error("a logout is forgotten")
	}
	if a.forget(key(1).browser); !flying.dropped {
		t.Error("a question under way is forgotten, and its answer would count after a logout")
	}
}
