package directory

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	engine "github.com/dgraph-io/badger/v4"
)

// readNewer looks for files that are newer than what counts: an older copy of
// the store was laid over it, and opening would delete what came after the copy.
// What a crash leaves is never newer: a table that was just written out has
// nothing that the log has not, and a compaction that did not come to count has
// one commit of its own.
func (in *Inspection) readNewer(ctx context.Context) error {
	byNumber, numbers, err := in.Numbered(".sst")
	if err != nil {
		return err
	}
	for _, n := range numbers {
		id := uint64(n)
		if _, live := in.List.Live[id]; live || in.List.Deleted[id] {
			continue
		}
		if t, _ := in.ReadAnyTable(byNumber[n], id); t != nil && t.Maximum > in.last {
			in.add(engine.ManifestFilename, 0, "", "it does not list %s, which has commits up to %d, and all else ends with commit %d: "+
				"has an older copy been laid over the store?", TableName(id), t.Maximum, in.last)
		}
	}
	return in.readGenerations(ctx)
}

// ReadAnyTable reads the index of a table with whatever key fits, none among
// them, and returns the key's number. The engine has a new key every ten days. It
// returns nil for a table that was not written to its end: nothing is known of it.
func (in *Inspection) ReadAnyTable(name string, id uint64) (t *Table, keyID uint64) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0
	}
	for keyID := uint64(0); ; keyID++ {
		key, err := in.Registry.DataKey(keyID)
		if err != nil {
			return nil, 0
		}
		t, err := ReadTable(f, id, info.Size(), key)
		if err != nil || len(t.First) == 0 {
			continue
		}
		if _, _, err := t.Block(f, 0, nil); err == nil {
			return t, keyID
		}
	}
}

// readGenerations looks at the directories that a later compaction than the one
// that counts has made.
func (in *Inspection) readGenerations(ctx context.Context) error {
	entries, err := os.ReadDir(in.Path)
	if err != nil {
		return err
	}
	current, _ := generationNumber(filepath.Base(in.Dir)) // 0 for the store's own directory
	for _, e := range entries {
		n, err := generationNumber(e.Name())
		if err != nil || n <= current || !e.IsDir() {
			continue
		}
		other := Inspection{Path: in.Path, Dir: filepath.Join(in.Path, e.Name()), Known: &Known{}, ends: map[uint32]int64{}, Tables: map[uint64]*Table{}}
		if last := other.lastCommit(ctx, in); last > in.last+1 {
			in.add(CurrentFile, 0, "", "it names %s, which ends with commit %d, and %s goes on to commit %d: "+
				"has an older copy been laid over the store?", strings.TrimPrefix(Relative(in.Path, in.Dir), "./"), in.last, e.Name(), last)
		}
	}
	return nil
}

// lastCommit is the last one of files beside those that count, as far as they
// can be read.
func (in *Inspection) lastCommit(ctx context.Context, beside *Inspection) uint64 {
	var err error
	if in.List, err = ReadManifest(in.Dir); err != nil {
		return 0
	}
	in.Registry, err = engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: in.Dir, ReadOnly: true, EncryptionKey: beside.key})
	if err != nil {
		return 0
	}
	for _, step := range []func(context.Context) error{in.readTables, in.ReadLogs} {
		if err := step(ctx); err != nil {
			break
		}
	}
	return in.last
}
