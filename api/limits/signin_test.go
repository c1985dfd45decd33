package limits

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// nobodys is a directory without agents.
type nobodys struct{ chat.Agents }

// tryFrom makes one try.
func tryFrom(t *testing.T, l *SignIns, now time.Time, from Origin, email string, ok bool) error {
	t.Helper()
	l.Now = func() time.Time { return now }
	one, err := l.Begin(context.Background(), nobodys{}, from, email)
	if err == nil {
		one.finish(ok)
	}
	return err
}

// tryOf makes one try of a stranger's.
func tryOf(t *testing.T, l *SignIns, now time.Time, address, email string, ok bool) error {
	t.Helper()
	return tryFrom(t, l, now, Origin{Address: address}, email, ok)
}

const anna = "anna@example.com"

// Whatever is tried, what is remembered is bounded in bytes, nobody new is
// refused for it, and known devices have their tries.
func TestMemoryOfTriesIsBounded(t *testing.T) {
	l, now := new(SignIns), time.Now()
	for n := range maxFailed {
		if err := tryOf(t, l, now, fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff), fmt.Sprintf("guess-%d@example.com", n), false); err != nil {
			t.Fatalf("try %d: %v", n, err)
		}
	}
	if f, s := l.failed.Len(), l.spent.Len(); f > maxFailed || s > maxSpent {
		t.Errorf("%d and %d keys are remembered", f, s)
	}
	if n := len(l.running) + len(l.turns.lanes) + len(l.turns.waiting); n != 0 {
		t.Errorf("%d are left of tries that are over", n)
	}
	if err := tryFrom(t, l, now, Origin{"192.0.2.1", "hers"}, anna, true); err != nil {
		t.Errorf("on a known device: %v", err)
	}
}

// However many networks guess at an agent's name, all their tries are bounded, and
// most of them are for who comes from elsewhere: an agent with a new device signs in
// from wherever nobody has guessed.
func TestGuessesSlowWhoeverIsNearThem(t *testing.T) {
	l, now := new(SignIns), time.Now()
	for _, c := range []struct {
		network         string
		first, n        int // its guesses come from n of these, from the first on
		checked         int
		near, elsewhere string // an address next to that, and the nearest that has tries left
	}{
		{"198.51.100.%d", 0, 1, 5, "198.51.100.0", "198.51.100.1"},
		{"203.0.113.%d", 0, 100, 45, "203.0.113.200", "203.0.114.1"},
		{"203.0.%d.9", 114, 130, 100, "203.0.250.1", "192.0.2.1"},
		{"10.%d.0.1", 0, 256, 256, "203.0.250.1", "192.0.2.1"},
		{"2001:%x::1", 0xd00, 200, 94, "192.0.2.1", ""},
	} {
		checked := 0
		for i := range max(c.n, 10) {
			if tryOf(t, l, now, fmt.Sprintf(c.network, c.first+i%c.n), anna, false) == nil {
				checked++
			}
		}
		if checked != c.checked {
			t.Errorf("from %s %d tries were checked, want %d", c.network, checked, c.checked)
		}
		var refused *Exceeded
		if err := tryOf(t, l, now, c.near, anna, true); !errors.As(err, &refused) || refused.Retry > strangerEvery {
			t.Errorf("from %s, after guesses from %s: %v", c.near, c.network, err)
		}
		if c.elsewhere == "" {
			continue
		}
		if err := tryOf(t, l, now, c.elsewhere, anna, true); err != nil {
			t.Errorf("from %s, after guesses from %s: %v", c.elsewhere, c.network, err)
		}
	}
	if err := tryFrom(t, l, now, Origin{"203.0.113.1", "hers"}, anna, true); err != nil {
		t.Errorf("on a known device: %v", err)
	}
	if err := tryOf(t, l, now.Add(strangerEvery), "192.0.2.1", anna, true); err != nil {
		t.Errorf("when it was said: %v", err)
	}
}

// A device that an agent's passwords are guessed on is slowed, and neither others
// of theirs nor those around it; nor does it help to guess at the same time.
func TestDeviceHasTriesOfItsOwn(t *testing.T) {
	l, now := new(SignIns), time.Now()
	office := func(device string) Origin { return Origin{"192.0.2.1", device} }
	for n := range freeTries {
		if err := tryFrom(t, l, now, office("stolen"), anna, false); err != nil {
			t.Fatalf("try %d: %v", n, err)
		}
	}
	if err := tryFrom(t, l, now, Origin{"203.0.113.1", "stolen"}, anna, true); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("one try too many: %v", err)
	}
	for from, who := range map[Origin]string{office("hers"): anna, office(""): anna, office("theirs"): "lena@example.com"} {
		if err := tryFrom(t, l, now, from, who, true); err != nil {
			t.Errorf("%s from %q: %v", who, from, err)
		}
	}
	for n := range 8 { // by strangers in the office
		_ = tryFrom(t, l, now, office(""), fmt.Sprintf("guess-%d@example.com", n), false)
	}
	if err := tryFrom(t, l, now, office(""), anna, true); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("a stranger's in the office: %v", err)
	}
	if err := tryFrom(t, l, now, office("hers"), anna, true); err != nil {
		t.Errorf("hers in the office: %v", err)
	}
	if err := tryFrom(t, l, now, office(""), anna, true); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("a stranger's, once she has signed in: %v", err)
	}
}

// Few wait for their turn: one of each network at a time, those first who
// signed in before, then whose network had its turn longest ago.
func TestTurnsAreFairBetweenNetworks(t *testing.T) {
	var ts turns
	join := func(network uint64, known bool) *waiter {
		t.Helper()
		w, err := ts.join(network, known)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	has := func(w *waiter) bool {
		select {
		case <-w.turn:
			return true
		default:
			return false
		}
	}
	a := []*waiter{join(1, false), join(1, false), join(1, false)}
	if !has(a[0]) || has(a[1]) {
		t.Fatal("a network has not one turn")
	}
	b, c, known := join(2, false), join(3, false), join(4, true)
	if !has(b) || has(c) || has(known) {
		t.Fatal("not two networks have their turn")
	}
	ts.done(1)
	if !has(known) || has(a[1]) || has(c) {
		t.Fatal("who signed in before is not the next")
	}
	ts.done(2)
	if !has(c) || has(a[1]) {
		t.Fatal("a network that had no turn yet is not before one that had")
	}
	ts.done(3)
	if !has(a[1]) {
		t.Fatal("who came first never has a turn")
	}
	for range maxStrangerTurns - len(ts.waiting) {
		join(9, false)
	}
	if _, err := ts.join(10, false); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("one too many: %v", err)
	}
	join(11, true)
	if len(ts.lanes) > len(ts.waiting)+maxVerifying {
		t.Errorf("%d networks are remembered", len(ts.lanes))
	}
}

// Who gives up waiting has no password checked.
func TestWhoGivesUpLeavesTheTurns(t *testing.T) {
	l := new(SignIns)
	one, err := l.Begin(context.Background(), nobodys{}, Origin{Address: "192.0.2.1"}, "a@example.com")
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Begin(gone, nobodys{}, Origin{Address: "192.0.2.1"}, "b@example.com"); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("who is gone: %v", err)
	}
	one.End()
	one.End() // again, as after a password was checked
	if len(l.turns.waiting) != 0 || len(l.turns.lanes) != 0 || l.turns.busy != 0 || len(l.running) != 0 {
		t.Errorf("left behind: %+v %v", l.turns, l.running)
	}
}
