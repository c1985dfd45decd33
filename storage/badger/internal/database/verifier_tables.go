package database

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
)

// Refresh follows which tables the engine has. Known are those that were read
// before. It goes by MANIFEST: the engine's own list reads the memory maps of
// the tables, which ends the process if one was cut off.
func (g *Verifier) Refresh(known map[uint64]*directory.Table) error {
	list, err := directory.ReadManifest(g.Dir)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, t := range g.tables {
		if _, live := list.Live[id]; !live {
			t.close()
			delete(g.tables, id)
		}
	}
	var errs []error
	for id, keyID := range list.Live {
		if g.tables[id] != nil {
			continue
		}
		t, err := g.open(id, keyID, known[id])
		if err == nil {
			g.tables[id] = t
		} else if g.Counts(id) {
			errs = append(errs, fmt.Errorf("%s: %w", directory.TableName(id), err))
		}
	}
	return errors.Join(errs...)
}

func (g *Verifier) open(id, keyID uint64, t *directory.Table) (*verifiedTable, error) {
	f, err := os.Open(filepath.Join(g.Dir, directory.TableName(id)))
	if err != nil {
		return nil, err
	}
	if t == nil {
		t, err = g.read(f, id, keyID)
	}
	if err == nil {
		err = t.FindBiggest(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if runtime.GOOS == "windows" {
		return &verifiedTable{Table: t}, f.Close()
	}
	return &verifiedTable{Table: t, file: f}, nil
}

// read reads the index of a table that is new. They are all encrypted with a
// key that the engine has, and that may be newer than the registry read before.
func (g *Verifier) read(f *os.File, id, keyID uint64) (*directory.Table, error) {
	key, err := g.registry.DataKey(keyID)
	if err != nil {
		registry, again := g.readRegistry()
		if again != nil {
			return nil, again
		}
		g.registry = registry
		if key, err = registry.DataKey(keyID); err != nil {
			return nil, err
		}
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return directory.ReadTable(f, id, info.Size(), key)
}

func (g *Verifier) readRegistry() (*engine.KeyRegistry, error) {
	return engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: g.Dir, ReadOnly: true, EncryptionKey: g.db.Opts().EncryptionKey})
}

// Mend gives a table that was cut off its size and its index again, which the
// engine reads through a memory map. The blocks that are lost are zeros.
func (g *Verifier) Mend(id uint64) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	t := g.tables[id]
	if t == nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(g.Dir, directory.TableName(id)), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(t.Tail, t.Size-int64(len(t.Tail)))
	return errors.Join(err, f.Close())
}

// Counts reports whether a table is still part of the store. The engine empties
// the file of one that is not before it deletes it.
func (g *Verifier) Counts(id uint64) bool {
	list, err := directory.ReadManifest(g.Dir)
	if err != nil {
		return true
	}
	_, live := list.Live[id]
	return live
}

// KnowsAll reports whether the engine has no table that the verifier does not know,
// where MANIFEST does not tell. An engine whose tables were cut off can't tell.
func (g *Verifier) KnowsAll() (all bool) {
	defer panics.OnFault()()
	defer panics.Handle(func(*panics.Panic) { all = false })
	list := g.db.Tables() // takes no lock of ours
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, t := range list {
		if g.tables[t.ID] == nil {
			return false
		}
	}
	return true
}

// KnownTables is what tells the tables from others.
func (g *Verifier) KnownTables() []directory.KnownTable {
	g.mu.RLock()
	defer g.mu.RUnlock()
	out := make([]directory.KnownTable, 0, len(g.tables))
	for _, id := range slices.Sorted(maps.Keys(g.tables)) {
		out = append(out, directory.KnownTable{ID: id, Size: g.tables[id].Size, Sum: g.tables[id].Sum})
	}
	return out
}
