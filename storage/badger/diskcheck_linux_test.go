package badger

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/logtest"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// checkWith has the store's disk check write to another file, and returns its own.
func checkWith(t *testing.T, s *Store, name string, flags int) *os.File {
	t.Helper()
	file, err := os.OpenFile(name, flags, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s.kv.DiskCheck.Swap(file)
}

// What the disk refuses now it may take later: the store refuses changes, is
// read as ever, and goes on by itself.
func TestDiskTakesNoWrites(t *testing.T) {
	var log logtest.Buffer
	s := mustOpen(t, Options{Path: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	own := checkWith(t, s, "/dev/full", os.O_WRONLY)
	for range 3 {
		if _, err := visit(t, s, 2); !errors.Is(err, chat.ErrUnavailable) || !strings.Contains(err.Error(), "no space left") {
			t.Fatalf("on a disk that takes no writes: %v", err)
		}
	}
	if ms, err := s.Messages(bg, id, chat.Range{Limit: 10}); err != nil || len(ms) != 1 {
		t.Errorf("reading: %v, %v", ms, err)
	}
	if err := s.kv.DiskCheck.Swap(own).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := visit(t, s, 2); err != nil {
		t.Fatalf("afterwards: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, once := range []string{"the disk takes no writes", "storing again"} {
		if n := strings.Count(log.String(), once); n != 1 {
			t.Errorf("%q was logged %d times:\n%s", once, n, log.String())
		}
	}
}

// After any other error the files are opened anew.
func TestDiskFailsTheCheck(t *testing.T) {
	l := listener{make(chan string, 1000)}
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir, Logger: slog.New(l)})
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	own := checkWith(t, s, filepath.Join(dir, disk.CheckFile), os.O_RDONLY)
	defer own.Close()
	if _, err := visit(t, s, 2); !errors.Is(err, chat.ErrUnavailable) {
		t.Fatalf("with a broken check: %v", err)
	}
	l.waitFor(t, "open again")
	if _, err := visit(t, s, 2); err != nil {
		t.Fatalf("opened again: %v", err)
	}
}
