package api

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Limiter slows down who guesses passwords: after a few free tries under one
// key, each further one must wait twice as long as the one before. A success
// clears the key. The zero value is ready.
type Limiter struct {
	mu   sync.Mutex
	keys map[string]*tries
	good map[string]struct{} // pairs of address and agent that signed in before
}

type tries struct {
	failed int
	last   time.Time
	// running counts tries being checked: guessing in parallel must not help.
	running int
}

const (
	// freeTries may fail without waiting.
	freeTries = 5
	// maxWait bounds the wait, so that nobody is locked out for long by others.
	maxWait = 5 * time.Minute
	// triesKept is after how long of silence a key is forgotten.
	triesKept = time.Hour
	// maxKeys bounds the memory. A flood of new keys beyond it has to wait.
	maxKeys = 65536
)

// limitedError is ErrRateLimited with the time to wait.
type limitedError struct{ wait time.Duration }

func (e *limitedError) Error() string { return chat.ErrRateLimited.Text }
func (e *limitedError) Unwrap() error { return chat.ErrRateLimited }

// begin asks for a try of an agent's password from a network address, which
// count each by itself: one address must not try many agents, nor many
// addresses one agent. From where the agent has signed in before, only the
// address counts, so that strangers can't keep them out. The function returned
// must be called with how it went.
func (l *Limiter) begin(now time.Time, address, email string) (func(ok bool), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pair := address + "\x00" + email
	keys := []string{"address " + address}
	if _, known := l.good[pair]; !known {
		keys = append(keys, "agent "+email)
	}
	if l.keys == nil {
		l.keys = map[string]*tries{}
	}
	l.sweep(now)
	for _, k := range keys {
		t := l.keys[k]
		if t == nil {
			if len(l.keys) >= maxKeys {
				return nil, &limitedError{maxWait}
			}
			continue
		}
		if wait := t.wait(now); wait > 0 {
			return nil, &limitedError{wait}
		}
	}
	for _, k := range keys {
		if l.keys[k] == nil {
			l.keys[k] = &tries{}
		}
		l.keys[k].running++
	}
	return func(ok bool) { l.end(ok, pair, keys) }, nil
}

func (t *tries) wait(now time.Time) time.Duration {
	counted := t.failed + t.running
	if counted < freeTries {
		return 0
	}
	pause := min(time.Second<<min(counted-freeTries, 10), maxWait)
	if t.running > 0 {
		return pause
	}
	return pause - now.Sub(t.last)
}

func (l *Limiter) end(ok bool, pair string, keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ok && len(l.good) < maxKeys {
		if l.good == nil {
			l.good = map[string]struct{}{}
		}
		l.good[pair] = struct{}{}
	}
	for _, k := range keys {
		t := l.keys[k]
		t.running--
		if ok {
			t.failed = 0
			continue
		}
		t.failed++
		t.last = time.Now()
	}
}

// sweep forgets old keys once there are many.
func (l *Limiter) sweep(now time.Time) {
	if len(l.keys) < maxKeys/2 {
		return
	}
	for k, t := range l.keys {
		if t.running == 0 && now.Sub(t.last) > triesKept {
			delete(l.keys, k)
		}
	}
}
