package badger

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/y"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
)

// guard knows the tables of an open engine by itself.
//
// The engine verifies each block that it reads, and takes one that is damaged
// for one that is not there: a record in it is then not found, or found as it
// was before it last changed. So who looks a record up asks the guard whether
// all blocks that could have had a newer one are sound. That costs little: the
// filter of a table says that it has nothing of a key nearly always when it
// has not, and what is found is newer than most tables.
//
// It has the tables' indexes, some 3 % of the data, in memory of its own, since
// the engine's are in memory maps and change with the files.
type guard struct {
	path     string // of the store, in which dir is
	dir      string
	db       *database
	registry *engine.KeyRegistry

	mu     sync.RWMutex
	tables map[uint64]*guarded

	// stopped is closed when a merge of tables was held up for good.
	stopped chan struct{}
	stop    sync.Once
	found   func(...chat.Damage)
	// closing is closed when the store is, which waits for no long read; nil for
	// never.
	closing <-chan struct{}
}

type guarded struct {
	*tableFile
	file     *os.File     // nil where an open file can't be deleted
	verified atomic.Int64 // when all of it was, in nanoseconds since 1970
}

// verifiedLately is for how long a table that was verified need not be once more
// before a merge. Else each merge would read the whole store, however large.
const verifiedLately = time.Minute

func (t *guarded) close() {
	if t.file != nil {
		_ = t.file.Close() // it was only read
	}
}

// newGuard makes a guard for what was just inspected, and has it look at the
// tables that came since.
func newGuard(in *inspection, db *database, found func(...chat.Damage)) (*guard, error) {
	g := &guard{path: in.path, dir: in.dir, db: db, registry: in.registry, tables: map[uint64]*guarded{}, stopped: make(chan struct{}), found: found}
	if g.registry == nil {
		var err error
		if g.registry, err = g.readRegistry(); err != nil {
			return nil, err
		}
	}
	if err := g.refresh(in.tables); err != nil {
		g.close()
		return nil, err
	}
	db.guard = g
	if l, ok := db.Opts().Logger.(engineLog); ok && l.guard != nil {
		l.guard.Store(g)
	}
	return g, nil
}

// beforeMerge is called by the engine when it has read the tables that it
// merges, and before the outcome counts and they are deleted. Of a damaged block
// it has left out all that comes behind, without a word. So the tables are read
// once more, and if they are damaged, the merge never ends.
func (g *guard) beforeMerge() {
	if err := g.refresh(nil); errors.Is(err, errTable) {
		g.found(g.manifestDamage(err))
	}
	v := g.verifyTables(time.Now().Add(-verifiedLately), nil)
	if len(v.all()) == 0 {
		return
	}
	g.found(v.all()...)
	g.stop.Do(func() { close(g.stopped) })
	select {}
}

// refresh follows which tables the engine has. Known are those that were read
// before. It goes by MANIFEST: the engine's own list reads the memory maps of
// the tables, which ends the process if one was cut off.
func (g *guard) refresh(known map[uint64]*tableFile) error {
	list, err := readManifest(g.dir)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, t := range g.tables {
		if _, live := list.live[id]; !live {
			t.close()
			delete(g.tables, id)
		}
	}
	var errs []error
	for id, keyID := range list.live {
		if g.tables[id] != nil {
			continue
		}
		t, err := g.open(id, keyID, known[id])
		if err == nil {
			g.tables[id] = t
		} else if g.counts(id) {
			errs = append(errs, fmt.Errorf("%s: %w", tableName(id), err))
		}
	}
	return errors.Join(errs...)
}

func (g *guard) open(id, keyID uint64, t *tableFile) (*guarded, error) {
	f, err := os.Open(filepath.Join(g.dir, tableName(id)))
	if err != nil {
		return nil, err
	}
	if t == nil {
		t, err = g.read(f, id, keyID)
	}
	if err == nil {
		err = t.findBiggest(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if runtime.GOOS == "windows" {
		return &guarded{tableFile: t}, f.Close()
	}
	return &guarded{tableFile: t, file: f}, nil
}

// read reads the index of a table that is new. They are all encrypted with a
// key that the engine has, and that may be newer than the registry read before.
func (g *guard) read(f *os.File, id, keyID uint64) (*tableFile, error) {
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
	return readTable(f, id, info.Size(), key)
}

func (g *guard) readRegistry() (*engine.KeyRegistry, error) {
	return engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: g.dir, ReadOnly: true, EncryptionKey: g.db.Opts().EncryptionKey})
}

// close closes the files.
func (g *guard) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, t := range g.tables {
		t.close()
		delete(g.tables, id)
	}
}

// never is the version of what was not found.
const never = 0

// sound reports whether nothing newer than a version of a record can be in a
// damaged block; the damage, if it can.
func (g *guard) sound(key []byte, version uint64) *chat.Damage {
	hash := y.Hash(key)
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, t := range g.tables {
		if t.maximum <= version || string(t.biggest) < string(key) {
			continue
		}
		from, to := t.blocksOf(key, hash)
		for i := from; i < to; i++ {
			if d := g.verify(t, i, nil); d != nil {
				return d
			}
		}
	}
	return nil
}

// named is a file as damage names it, relative to the store's directory.
func (g *guard) named(name string) string { return filepath.Join(relative(g.path, g.dir), name) }

// deletedTable is the damage of a table that is only there as long as it is open.
func (g *guard) deletedTable(id uint64) *chat.Damage {
	return &chat.Damage{File: g.named(tableName(id)),
		What: "it was deleted; it can be read until the server is stopped: make a backup now with `parley chat backup`"}
}

// mend gives a table that was cut off its size and its index again, which the
// engine reads through a memory map. The blocks that are lost are zeros.
func (g *guard) mend(id uint64) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	t := g.tables[id]
	if t == nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(g.dir, tableName(id)), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(t.tail, t.size-int64(len(t.tail)))
	return errors.Join(err, f.Close())
}

// counts reports whether a table is still part of the store. The engine empties
// the file of one that is not before it deletes it.
func (g *guard) counts(id uint64) bool {
	list, err := readManifest(g.dir)
	if err != nil {
		return true
	}
	_, live := list.live[id]
	return live
}

// knowsAll reports whether the engine has no table that the guard does not know,
// where MANIFEST does not tell. An engine whose tables were cut off can't tell.
func (g *guard) knowsAll() (all bool) {
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

// knownTables is what tells the tables from others.
func (g *guard) knownTables() []knownTable {
	g.mu.RLock()
	defer g.mu.RUnlock()
	out := make([]knownTable, 0, len(g.tables))
	for _, id := range slices.Sorted(maps.Keys(g.tables)) {
		out = append(out, knownTable{ID: id, Size: g.tables[id].size, Sum: g.tables[id].sum})
	}
	return out
}

// manifestDamage is what it is called when it can't be followed under the
// running server.
func (g *guard) manifestDamage(err error) chat.Damage {
	d := chat.Damage{File: g.named(engine.ManifestFilename), What: err.Error()}
	if errors.Is(err, errNoManifest) {
		d.What = "it was deleted; all can be read until the server is stopped: make a backup now with `parley chat backup`"
	}
	return d
}
