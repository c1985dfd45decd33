package background

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"strings"
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

// A panic ends the work and not the process, and is logged as what went on.
func TestPanicIsLogged(t *testing.T) {
	var log bytes.Buffer
	w := New(slog.New(slog.NewTextHandler(&log, nil)))
	w.Try("reply times", func(context.Context) error { panic("a bug") })
	if err := w.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"working in the background", "reply times", "a bug"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log is without %q: %s", want, log.String())
		}
	}
}
