package background

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"
)

// However many keys there are, the memory of them is bounded, and one that was
// forgotten is only written down once more.
func TestJunkCostsWritesAndNoMemory(t *testing.T) {
	w := New(slog.New(slog.DiscardHandler))
	now := time.Now()
	if !w.due("a browser", now) || w.due("a browser", now.Add(TouchInterval-1)) {
		t.Fatal("it is not due once a minute")
	}
	for n := range 2 * maxTouched {
		w.due(strconv.Itoa(n), now)
	}
	if n := w.touched.Len(); n > maxTouched {
		t.Errorf("%d keys are remembered", n)
	}
	if !w.due("a browser", now) {
		t.Error("a key that was forgotten is not due")
	}
}

// What finds no room is due again.
func TestWriteThatFoundNoRoomIsDueAgain(t *testing.T) {
	w := New(slog.New(slog.DiscardHandler))
	hold := make(chan struct{})
	for range maxRunning {
		if !w.Try("test", func(context.Context) error { <-hold; return nil }) {
			t.Fatal("there is no room")
		}
	}
	now := time.Now()
	w.Touch("a browser", now, "test", func(context.Context) error { t.Error("it ran"); return nil })
	close(hold)
	if err := w.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !w.due("a browser", now) {
		t.Error("the browser is not due, though nothing was written")
	}
}
