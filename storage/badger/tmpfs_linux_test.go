package badger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// TestRealFullDisk writes to a small disk until the store refuses, makes room
// and writes on. The process must survive it, and all that was acknowledged.
func TestRealFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=240m"); err != nil {
		if os.Getenv("PARLEY_TEST_NO_MOUNT") != "" {
			t.Skipf("mounting a small disk: %v, as expected on this machine", err)
		}
		t.Fatalf("mounting a small disk: %v (run as root, or set PARLEY_TEST_NO_MOUNT=1 where that can't be)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "parley")
	s := mustOpen(t, Options{Path: path})
	lowest := uint64(1 << 40)
	look := func() {
		if free, err := disk.Free(dir); err == nil {
			lowest = min(lowest, free)
		}
	}
	acknowledged := make(map[string]bool)
	var mu sync.Mutex
	fill := func(round int) {
		var wg sync.WaitGroup
		text := strings.Repeat("\U0001F600", chat.MaxText)
		for w := range 16 {
			wg.Go(func() {
				for n := 0; ; n++ {
					client := fmt.Sprintf("client-%d-%d-%d", round, w, n)
					_, _, err := s.ChangeConversation(bg, "c1", says(client, text), time.Now())
					mu.Lock()
					look()
					if err == nil {
						acknowledged[client] = true
					}
					mu.Unlock()
					if err != nil {
						if !errors.Is(err, ErrFull) {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		wg.Wait()
	}
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 40<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	fill(1)
	first := len(acknowledged)
	if first < 1000 {
		t.Errorf("%d messages of 16 KB fitted", first)
	}
	// Reads go on. (Writes may, too, once the engine has tidied up.)
	if ms, err := s.Messages(bg, "c1", chat.Range{Limit: 10, Backwards: true}); err != nil || len(ms) != 10 {
		t.Fatalf("reading on a full disk: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	fill(2)
	if len(acknowledged) == first {
		t.Error("it did not heal")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	look()
	t.Logf("%d messages; at the lowest %d MB were free of the reserve of %d MB", len(acknowledged), lowest>>20, DefaultReserve>>20)
	s = mustOpen(t, Options{Path: path})
	ms, err := s.Messages(bg, "c1", chat.Range{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range ms {
		if m.Seq != chat.Seq(i+1) {
			t.Fatalf("message %d has number %d", i+1, m.Seq)
		}
		delete(acknowledged, m.ClientID)
	}
	if len(acknowledged) > 0 {
		t.Fatalf("%d acknowledged messages are lost", len(acknowledged))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
