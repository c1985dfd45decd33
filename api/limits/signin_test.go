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

// tryOf makes one try.
func tryOf(t *testing.T, l *SignIns, now time.Time, address, email string, ok bool) error {
	t.Helper()
	one, err := l.Begin(context.Background(), now, nobodys{}, address, email)
	if err == nil {
		one.finish(ok)
	}
	return err
}

// Whatever is tried, what is remembered is bounded in bytes, nobody new is
// refused for it, and an agent's own network is not forgotten for strangers.
func TestMemoryOfTriesIsBounded(t *testing.T) {
	l := new(SignIns)
	if err := tryOf(t, l, time.Now(), "192.0.2.1", "anna@example.com", true); err != nil {
		t.Fatal(err)
	}
	for n := range maxFailed {
		if err := tryOf(t, l, time.Now(), fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff), fmt.Sprintf("guess-%d@example.com", n), false); err != nil {
			t.Fatalf("try %d: %v", n, err)
		}
	}
	if n := l.failed.Len(); n > maxFailed {
		t.Errorf("%d keys are remembered", n)
	}
	if n := len(l.running) + len(l.turns.lanes) + len(l.turns.waiting); n != 0 {
		t.Errorf("%d are left of tries that are over", n)
	}
	for range freeTries { // of her password, from all over
		_ = tryOf(t, l, time.Now(), "203.0.113.7", "anna@example.com", false)
	}
	if err := tryOf(t, l, time.Now(), "203.0.113.8", "anna@example.com", false); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("guesses of one agent's password: %v", err)
	}
	if err := tryOf(t, l, time.Now(), "192.0.2.1", "anna@example.com", true); err != nil {
		t.Errorf("where she signed in before: %v", err)
	}
}

// However many pairs of network and agent sign in, few are remembered. An agent
// whose pair is forgotten has a stranger's budget: others may keep them waiting,
// for a bounded time, and whoever guesses has not one try more.
func TestForgottenNetworkOfAnAgentIsAStrangers(t *testing.T) {
	l := new(SignIns)
	signIn := func(address, email string, ok bool) error { return tryOf(t, l, time.Now(), address, email, ok) }
	if err := signIn("192.0.2.1", "anna@example.com", true); err != nil {
		t.Fatal(err)
	}
	for n := range maxTrusted + 1 {
		if err := signIn(fmt.Sprintf("2001:db8:%x::1", n), fmt.Sprintf("agent-%d@example.com", n), true); err != nil {
			t.Fatalf("sign-in %d: %v", n, err)
		}
	}
	if n := l.trusted.Len(); n != maxTrusted {
		t.Errorf("%d pairs are remembered, want %d", n, maxTrusted)
	}
	for n := range freeTries {
		if err := signIn(fmt.Sprintf("203.0.113.%d", n), "anna@example.com", false); err != nil {
			t.Errorf("guess %d: %v", n, err)
		}
	}
	for _, address := range []string{"203.0.113.200", "192.0.2.1"} { // a stranger's; hers, which is forgotten
		var refused *Exceeded
		if err := signIn(address, "anna@example.com", false); !errors.As(err, &refused) || refused.Retry > maxWait {
			t.Errorf("one try too many from %s: %v", address, err)
		}
	}
	if err := tryOf(t, l, time.Now().Add(maxWait), "192.0.2.1", "anna@example.com", true); err != nil {
		t.Fatalf("after the longest wait: %v", err)
	}
	for range freeTries {
		_ = signIn("203.0.113.7", "anna@example.com", false)
	}
	if err := signIn("203.0.113.8", "anna@example.com", false); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("a guess once she signed in again: %v", err)
	}
	if err := signIn("192.0.2.1", "anna@example.com", true); err != nil {
		t.Errorf("where she signed in again: %v", err)
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
	one, err := l.Begin(context.Background(), time.Now(), nobodys{}, "192.0.2.1", "a@example.com")
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Begin(gone, time.Now(), nobodys{}, "192.0.2.1", "b@example.com"); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("who is gone: %v", err)
	}
	one.End()
	one.End() // again, as after a password was checked
	if len(l.turns.waiting) != 0 || len(l.turns.lanes) != 0 || l.turns.busy != 0 || len(l.running) != 0 {
		t.Errorf("left behind: %+v %v", l.turns, l.running)
	}
}
