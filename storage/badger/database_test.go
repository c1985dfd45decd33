package badger

import (
	"bytes"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/storage/badger/internal/database"
)

// overwritten has keys that each round of overwrite gives a value of that round.
const overwritten, overwriteRounds = 20, 60

// overwrite writes more than the engine's logs hold, so that it has tables of
// several versions to merge, and merges them.
func overwrite(t *testing.T, s *Store) {
	t.Helper()
	overwriteUnmerged(t, s, overwriteRounds)
	awaitTables(t, s)
	if err := s.kv.Current().Flatten(2); err != nil {
		t.Fatal(err)
	}
}

// overwriteUnmerged writes 600 KiB in each round, of which 14 fill a log.
func overwriteUnmerged(t *testing.T, s *Store, rounds int) {
	t.Helper()
	for round := range rounds {
		if err := s.change(bg, func(t *tx) error {
			for n := range overwritten {
				t.Put(overwrittenKey(n), database.Record{Value: bytes.Repeat([]byte{byte(round)}, 30<<10)})
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitTables waits until the engine has made tables of all its logs but the one
// in use: before that they are no part of what it merges.
func awaitTables(t *testing.T, s *Store) {
	t.Helper()
	for {
		logs, err := filepath.Glob(filepath.Join(s.kv.Directory(), "*.mem"))
		if err != nil {
			t.Fatal(err)
		}
		if len(logs) <= 1 {
			return
		}
		runtime.Gosched()
	}
}

func overwrittenKey(n int) []byte { return fmt.Appendf(nil, "n%d", n) }

// versions counts what the engine still has of the keys.
func versions(s *Store) (n int) {
	snap := s.kv.Current().Read()
	defer snap.Close()
	it := snap.Txn.NewIterator(engine.IteratorOptions{Prefix: []byte("n"), AllVersions: true})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		n++
	}
	return n
}

// What a read may still need is kept, however long it takes, and what nobody
// needs any more is not.
func TestSnapshotsAreKept(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	s := mustOpen(t, Options{Path: t.TempDir()})
	overwrite(t, s)
	few := versions(s)
	if all := overwritten * overwriteRounds; few > all/2 {
		t.Errorf("%d of %d versions are kept that nobody reads", few, all)
	}
	if err := s.change(bg, func(t *tx) error {
		t.Put(overwrittenKey(0), database.Record{Value: []byte("then")})
		t.Delete(overwrittenKey(1))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	old, again := s.kv.Current().Read(), s.kv.Current().Read()
	again.Close() // another's end is not this one's
	overwrite(t, s)
	young := s.kv.Current().Read()
	overwrite(t, s)
	if r, err := old.Get(overwrittenKey(0)); err != nil || string(r.Value) != "then" {
		t.Errorf("the old snapshot has %.10q, %v", r.Value, err)
	}
	if r, err := old.Get(overwrittenKey(1)); !database.IsNotFound(err) {
		t.Errorf("the old snapshot has %.10q, %v where there was nothing", r.Value, err)
	}
	if r, err := young.Get(overwrittenKey(1)); err != nil || r.Value[0] != overwriteRounds-1 {
		t.Errorf("the young snapshot: %.10q, %v", r.Value, err)
	}
	old.Close()
	young.Close()
	overwrite(t, s)
	if n := versions(s); n > 2*few {
		t.Errorf("%d versions are kept after the reads ended; %d before", n, few)
	}
	if n := s.kv.Current().InUse.Len(); n > 1 {
		t.Errorf("%d snapshots pass for being used", n)
	}
}

// Files that the engine itself has numbered the commits of are read and gone
// on with, there and back.
func TestFilesOfUnmanagedMode(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		s := mustOpen(t, Options{Path: dir})
		if round > 0 {
			snap := s.kv.Current().Read()
			r, err := snap.Get([]byte("n"))
			snap.Close()
			if err != nil || string(r.Value) != fmt.Sprint("by the engine ", round-1) {
				t.Fatalf("%q, %v", r.Value, err)
			}
		}
		if err := s.change(bg, func(t *tx) error {
			t.Put([]byte("n"), database.Record{Value: fmt.Append(nil, "by the store ", round)})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		rawChange(t, dir, func(txn *engine.Txn) error {
			item, err := txn.Get([]byte("n"))
			if err != nil {
				return err
			}
			if err := item.Value(func(value []byte) error {
				if string(value) != fmt.Sprint("by the store ", round) {
					return fmt.Errorf("the engine reads %q", value)
				}
				return nil
			}); err != nil {
				return err
			}
			return txn.Set([]byte("n"), fmt.Append(nil, "by the engine ", round))
		})
	}
}
