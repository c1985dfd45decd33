package badger

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
func (in *inspection) readNewer(ctx context.Context) error {
	byNumber, numbers, err := in.numbered(".sst")
	if err != nil {
		return err
	}
	for _, n := range numbers {
		id := uint64(n)
		if _, live := in.list.live[id]; live || in.list.deleted[id] {
			continue
		}
		if t, _ := in.readAnyTable(byNumber[n], id); t != nil && t.maximum > in.last {
			in.add(engine.ManifestFilename, 0, "", "it does not list %s, which has commits up to %d, and all else ends with commit %d: "+
				"has an older copy been laid over the store?", tableName(id), t.maximum, in.last)
		}
	}
	return in.readGenerations(ctx)
}

// readAnyTable reads the index of a table with whatever key fits, none among
// them, and returns the key's number. The engine has a new key every ten days. It
// returns nil for a table that was not written to its end: nothing is known of it.
func (in *inspection) readAnyTable(name string, id uint64) (t *tableFile, keyID uint64) {
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
		key, err := in.registry.DataKey(keyID)
		if err != nil {
			return nil, 0
		}
		t, err := readTable(f, id, info.Size(), key)
		if err != nil || len(t.first) == 0 {
			continue
		}
		if _, _, err := t.block(f, 0, nil); err == nil {
			return t, keyID
		}
	}
}

// readGenerations looks at the directories that a later compaction than the one
// that counts has made.
func (in *inspection) readGenerations(ctx context.Context) error {
	entries, err := os.ReadDir(in.path)
	if err != nil {
		return err
	}
	current, _ := generationNumber(filepath.Base(in.dir)) // 0 for the store's own directory
	for _, e := range entries {
		n, err := generationNumber(e.Name())
		if err != nil || n <= current || !e.IsDir() {
			continue
		}
		other := inspection{path: in.path, dir: filepath.Join(in.path, e.Name()), known: &known{}, ends: map[uint32]int64{}, tables: map[uint64]*tableFile{}}
		if last := other.lastCommit(ctx, in); last > in.last+1 {
			in.add(currentFile, 0, "", "it names %s, which ends with commit %d, and %s goes on to commit %d: "+
				"has an older copy been laid over the store?", strings.TrimPrefix(relative(in.path, in.dir), "./"), in.last, e.Name(), last)
		}
	}
	return nil
}

// lastCommit is the last one of files beside those that count, as far as they
// can be read.
func (in *inspection) lastCommit(ctx context.Context, beside *inspection) uint64 {
	var err error
	if in.list, err = readManifest(in.dir); err != nil {
		return 0
	}
	in.registry, err = engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: in.dir, ReadOnly: true, EncryptionKey: beside.key})
	if err != nil {
		return 0
	}
	for _, step := range []func(context.Context) error{in.readTables, in.readLogs} {
		if err := step(ctx); err != nil {
			break
		}
	}
	return in.last
}
