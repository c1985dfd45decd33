package disk

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// The number of the last commit is what was written, or none at all.
func TestCommitNumber(t *testing.T) {
	dir := t.TempDir()
	c := &Check{Path: dir, Log: slog.New(slog.DiscardHandler)}
	if err := c.Open(7); err != nil {
		t.Fatal(err)
	}
	for _, number := range []uint64{8, 1 << 40, 9} { // it never falls back
		if err := c.Completed(number); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(want uint64) {
		t.Helper()
		if got, err := ReadCommitNumber(dir); err != nil || got != want {
			t.Errorf("read %d, %v; want %d", got, err, want)
		}
	}
	read(1 << 40)
	name := filepath.Join(dir, CheckFile)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if err := os.WriteFile(name, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		read(0)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	read(0)
}
