package badger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// These fail by the end of the process where a fault is not caught.

// A table that can't be read through its memory map fails the read, and from then
// on nothing is stored that could have the engine merge it.
func TestFaultOfAReadEndsTheStoring(t *testing.T) {
	s, table := tabled(t)
	if err := os.Truncate(table, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Messages(bg, mutationChat(1), chat.Range{Limit: 100}); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("reading: %v", err)
	}
	if err := s.kv.MayStore(); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("right after, it stores: %v", err)
	}
}

// What is read to open a store is read through its maps as well.
func TestFaultInOpeningIsAnError(t *testing.T) {
	s, table := tabled(t)
	path := s.kv.Opts.Path
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	_, err = kv.Open(bg, directory.Options{Path: path}, kv.Hooks{Load: func(ctx context.Context, db *database.DB) error {
		if err := os.Truncate(table, 0); err != nil {
			return err
		}
		snap := db.Read()
		defer snap.Close()
		return database.EachConversation(ctx, snap, func(*chat.Conversation) {})
	}})
	if !errors.Is(err, chat.ErrDamaged) {
		t.Errorf("opening: %v", err)
	}
	if err := os.WriteFile(table, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mustOpen(t, Options{Path: path}).Stats(bg); err != nil {
		t.Errorf("with the table as it was: %v", err)
	}
}

// Cleaning reads whole files of the value log through their maps.
func TestFaultInCleaningIsAnError(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	s := mustOpen(t, Options{Path: t.TempDir()})
	const chunks = uint64(2 * directory.ValueLogFileSize / layout.ChunkSize)
	put := func(n uint64, r database.Record) {
		t.Helper()
		if err := s.change(bg, func(t *tx) error { t.Put(layout.ChunkKey("file", n), r); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for n := range chunks {
		put(n, database.Record{Value: make([]byte, layout.ChunkSize)})
	}
	for n := range chunks - 1 {
		if n%10 > 0 {
			put(n, database.Record{Gone: true})
		}
	}
	overwrite(t, s) // the engine learns of what is deleted when it merges
	logs, err := filepath.Glob(filepath.Join(s.kv.Directory(), "*.vlog"))
	if err != nil || len(logs) < 2 {
		t.Fatal(logs, err)
	}
	slices.Sort(logs)
	if err := os.Truncate(logs[0], 0); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		s.kv.CollectOnce()
	}
	for end := time.Now().Add(time.Minute); s.kv.MayStore() != nil; time.Sleep(time.Millisecond) { // the tables are verified
		if time.Now().After(end) {
			t.Fatalf("in the end it stores nothing: %v", s.kv.MayStore())
		}
	}
	if _, err := visit(t, s, 1); err != nil {
		t.Errorf("with sound tables it stores nothing: %v", err)
	}
}
