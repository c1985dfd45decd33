package loglimit

import (
	"testing"
	"time"
)

// Lines that strangers cause are bounded, and say how many are missing.
func TestLogLinesAreBounded(t *testing.T) {
	l := Limit{Burst: 3, Every: time.Hour}
	lines := 0
	for range 100 {
		if _, ok := l.Allow(); ok {
			lines++
		}
	}
	if lines != 3 {
		t.Fatalf("%d lines", lines)
	}
	l.mu.Lock()
	l.full = l.full.Add(-time.Hour)
	l.mu.Unlock()
	if left, ok := l.Allow(); !ok || left != 97 {
		t.Fatalf("%v, and %d left out", ok, left)
	}
}
