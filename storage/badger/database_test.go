package badger

import (
	"bytes"
	"fmt"
	"testing"

	engine "github.com/dgraph-io/badger/v4"
)

// overwritten has keys that each round of overwrite gives a value of that round.
const overwritten, overwriteRounds = 20, 60

// overwrite writes more than the engine's logs hold, so that it has tables of
// several versions to merge, and merges them.
func overwrite(t *testing.T, s *Store) {
	t.Helper()
	overwriteUnmerged(t, s, overwriteRounds)
	if err := s.kv.current().Flatten(2); err != nil {
		t.Fatal(err)
	}
}

// overwriteUnmerged writes 600 KiB in each round, of which 14 fill a log.
func overwriteUnmerged(t *testing.T, s *Store, rounds int) {
	t.Helper()
	for round := range rounds {
		if err := s.change(bg, func(t *tx) error {
			for n := range overwritten {
				t.put(overwrittenKey(n), record{value: bytes.Repeat([]byte{byte(round)}, 30<<10)})
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func overwrittenKey(n int) []byte { return fmt.Appendf(nil, "n%d", n) }

// versions counts what the engine still has of the keys.
func versions(s *Store) (n int) {
	snap := s.kv.current().read()
	defer snap.close()
	it := snap.txn.NewIterator(engine.IteratorOptions{Prefix: []byte("n"), AllVersions: true})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		n++
	}
	return n
}

// What a read may still need is kept, however long it takes, and what nobody
// needs any more is not.
func TestSnapshotsAreKept(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	overwrite(t, s)
	few := versions(s)
	if all := overwritten * overwriteRounds; few > all/2 {
		t.Errorf("%d of %d versions are kept that nobody reads", few, all)
	}
	if err := s.change(bg, func(t *tx) error {
		t.put(overwrittenKey(0), record{value: []byte("then")})
		t.delete(overwrittenKey(1))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	old, again := s.kv.current().read(), s.kv.current().read()
	again.close() // another's end is not this one's
	overwrite(t, s)
	young := s.kv.current().read()
	overwrite(t, s)
	if r, err := old.get(overwrittenKey(0)); err != nil || string(r.value) != "then" {
		t.Errorf("the old snapshot has %.10q, %v", r.value, err)
	}
	if r, err := old.get(overwrittenKey(1)); !isNotFound(err) {
		t.Errorf("the old snapshot has %.10q, %v where there was nothing", r.value, err)
	}
	if r, err := young.get(overwrittenKey(1)); err != nil || r.value[0] != overwriteRounds-1 {
		t.Errorf("the young snapshot: %.10q, %v", r.value, err)
	}
	old.close()
	young.close()
	overwrite(t, s)
	if n := versions(s); n > 2*few {
		t.Errorf("%d versions are kept after the reads ended; %d before", n, few)
	}
	if n := s.kv.current().inUse.Len(); n > 1 {
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
			snap := s.kv.current().read()
			r, err := snap.get([]byte("n"))
			snap.close()
			if err != nil || string(r.value) != fmt.Sprint("by the engine ", round-1) {
				t.Fatalf("%q, %v", r.value, err)
			}
		}
		if err := s.change(bg, func(t *tx) error {
			t.put([]byte("n"), record{value: fmt.Append(nil, "by the store ", round)})
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
