package badger

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// tabled returns a store whose messages are in tables, and the largest table.
func tabled(t *testing.T) (s *Store, table string) {
	t.Helper()
	dir := t.TempDir()
	s = mustOpen(t, Options{Path: dir})
	mutationSpeak(t, s, 0, 40)
	if _, err := s.Compact(bg, func(chat.Progress) {}); err != nil {
		t.Fatal(err)
	}
	return s, (&template{name: "tabled"}).victim(t, dir, "*.sst")
}

// What was deleted under the running server is read from the open files, so a
// backup has it all. Only blocks that can't be read refuse one.
func TestBackupOfFilesThatWereDeleted(t *testing.T) {
	s, table := tabled(t)
	want := dump(t, s)
	open, err := os.OpenFile(table, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := errors.Join(os.Remove(table), os.Remove(filepath.Join(s.kv.Directory(), engine.ManifestFilename))); err != nil {
		t.Fatal(err)
	}
	w := &kv.Watcher{Store: s.kv}
	for range 3 {
		w.Look()
	}
	if s.kv.MayStore() == nil {
		t.Error("it still stores")
	}
	var b bytes.Buffer
	if err := s.Backup(bg, &b); err != nil {
		t.Fatal(err)
	}
	o := Options{Path: t.TempDir()}
	if _, err := Restore(bg, o, &b); err != nil {
		t.Fatal(err)
	}
	got := dump(t, mustOpen(t, o))
	for key, r := range want {
		if !layout.IsOfSession([]byte(key)) && key != string(layout.CommitKey) && !bytes.Equal(got[key].Value, r.Value) {
			t.Fatalf("%q is not in the backup", key)
		}
	}
	found, err := s.Check(bg, func(chat.Progress) {})
	if err != nil || len(found.Damaged) != 2 {
		t.Errorf("check: %v, %v", found.Damaged, err)
	}
	for _, d := range found.Damaged {
		if !strings.Contains(d.What, "it was deleted") || strings.Contains(d.What, s.kv.Directory()) {
			t.Errorf("check: %v", d)
		}
	}

	if _, err := open.WriteAt(make([]byte, 4096), usedSize(t, open)/2); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := s.Backup(bg, &b); !errors.Is(err, chat.ErrDamaged) || !strings.Contains(err.Error(), filepath.Base(table)) {
		t.Errorf("a backup without a block: %v", err)
	}
	if b.Len() > 0 {
		t.Errorf("%d bytes of it were written", b.Len())
	}
}

func usedSize(t *testing.T, f *os.File) int64 {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// One damaged block is one place: what the engine's iteration leaves out behind
// it can still be looked up, and is not missing.
func TestCheckTellsADamagedBlockOnce(t *testing.T) {
	s, table := tabled(t)
	if err := writeOver(table, usedOf(t, table)/2, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	found, err := s.Check(bg, func(chat.Progress) {})
	if err != nil || len(found.Damaged) != 1 || !strings.HasSuffix(found.Damaged[0].File, filepath.Base(table)) || found.Damaged[0].Offset == 0 {
		t.Errorf("check: %v, %v", found.Damaged, err)
	}
}
