// Package loglimit bounds how much strangers can make a server log.
package loglimit

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Limit bounds how many log lines of one kind are written: some at once, and
// then one every so often. It is safe for concurrent use. The zero value lets
// nothing through.
type Limit struct {
	// Burst lines are let through at once, and then one each Every.
	Burst int
	Every time.Duration

	mu   sync.Mutex
	full time.Time // when all of the burst is allowed again
	left int
}

// Allow reports whether one more line may be written, and how many were left
// out since the last one.
func (l *Limit) Allow() (left int, ok bool) {
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

// Log writes a line if the limit lets it through, and then says how many it has
// left out.
func (l *Limit) Log(log *slog.Logger, level slog.Level, text string, args ...any) {
	left, ok := l.Allow()
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

// Shorten cuts a text that may be a client's to what is worth logging: 256
// bytes.
func Shorten(text string) string { return text[:min(len(text), maxLogged)] }
