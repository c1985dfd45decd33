package badger

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/logtest"
)

var discard = slog.New(slog.DiscardHandler)

// fakeDisk pretends to be a disk with so many bytes free.
type fakeDisk struct{ free atomic.Uint64 }

func (d *fakeDisk) options(dir string, logTo io.Writer) Options {
	return Options{Path: dir, ReserveBytes: 64 << 20,
		Free:   func(string) (uint64, error) { return d.free.Load(), nil },
		Logger: slog.New(slog.NewTextHandler(logTo, &slog.HandlerOptions{Level: slog.LevelInfo}))}
}

func TestDiskFull(t *testing.T) {
	var d fakeDisk
	var log logtest.Buffer
	d.free.Store(1 << 30)
	s := mustOpen(t, d.options(t.TempDir(), &log))
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	d.free.Store(10 << 20)
	for range 3 {
		_, err := visit(t, s, 2)
		if !errors.Is(err, chat.ErrUnavailable) || !errors.Is(err, ErrFull) {
			t.Fatalf("on a full disk: %v", err)
		}
		for _, want := range []string{"disk nearly full", "10 MB free of 64", s.kv.Opts.Path} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	}
	// Reading goes on, and so does what needs no room: a repeated message.
	if ms, err := s.Messages(bg, id, chat.Range{Limit: 10}); err != nil || len(ms) != 1 {
		t.Errorf("reading on a full disk: %v, %v", ms, err)
	}
	if _, err := visit(t, s, 1); err != nil {
		t.Errorf("repeating what is there: %v", err)
	}
	// Nothing of what was refused is there, and nothing is left half done.
	if _, err := s.Conversation(bg, "c2"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("what was refused: %v", err)
	}
	d.free.Store(65 << 20)
	if _, err := visit(t, s, 2); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "refusing to store"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
	if n := strings.Count(log.String(), "storing again"); n != 1 {
		t.Errorf("healing was logged %d times:\n%s", n, log.String())
	}
}

func TestOpenOnFullDisk(t *testing.T) {
	var d fakeDisk
	var log logtest.Buffer
	dir := t.TempDir()
	d.free.Store(10 << 20)
	if err := refused(t, d.options(dir, &log), "disk nearly full", "10 MB free of 32"); !errors.Is(err, ErrFull) {
		t.Errorf("%v is not ErrFull", err)
	}
	// With some room it opens for reading.
	d.free.Store(1 << 30)
	s := mustOpen(t, d.options(dir, &log))
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	d.free.Store(40 << 20)
	s = mustOpen(t, d.options(dir, &log))
	if ms, err := s.Messages(bg, "c1", chat.Range{Limit: 10}); err != nil || len(ms) != 1 {
		t.Errorf("%v, %v", ms, err)
	}
	if _, err := visit(t, s, 2); !errors.Is(err, ErrFull) {
		t.Errorf("writing: %v", err)
	}
}

func TestDiskUnreadable(t *testing.T) {
	var log logtest.Buffer
	o := (&fakeDisk{}).options(t.TempDir(), &log)
	broken := errors.New("no such device")
	o.Free = func(string) (uint64, error) { return 0, broken }
	if err := refused(t, o, "no such device"); !errors.Is(err, broken) {
		t.Error(err)
	}
}
