package api

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// LogLimit bounds how many log lines of one kind strangers can cause: some at
// once, and then one every so often. The zero value lets nothing through.
type LogLimit struct {
	// Burst lines are let through at once, and then one each Every.
	Burst int
	Every time.Duration

	mu   sync.Mutex
	full time.Time // when all of the burst is allowed again
	left int
}

// allow reports whether one more line may be written, and how many were left
// out since the last one.
func (l *LogLimit) allow() (left int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.full.Before(now) {
		l.full = now
	}
	if l.full.Sub(now) > l.Every*time.Duration(l.Burst-1) {
		l.left++
		return 0, false
	}
	l.full = l.full.Add(l.Every)
	left, l.left = l.left, 0
	return left, true
}

// Lines that strangers cause, in all consoles and sites of the process.
var (
	// wrongPasswordLines: bans by address are made from them, so that most are
	// there. Checking a password takes longer than writing one.
	wrongPasswordLines = LogLimit{Burst: 100, Every: time.Second / 5}
	heldBackLines      = LogLimit{Burst: 10, Every: 10 * time.Second}
	failureLines       = LogLimit{Burst: 50, Every: time.Second}
)

// Log writes a line if the limit lets it through, and then says how many it has
// left out.
func (l *LogLimit) Log(log *slog.Logger, level slog.Level, text string, args ...any) {
	left, ok := l.allow()
	if !ok {
		return
	}
	if left > 0 {
		args = append(args, "left_out", left)
	}
	log.Log(context.Background(), level, text, args...)
}

// maxLogged bounds what is logged of a text that may be a client's, in bytes.
const maxLogged = 256

func shortened(text string) string { return text[:min(len(text), maxLogged)] }
