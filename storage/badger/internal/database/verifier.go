package database

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/y"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/program"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
)

// Verifier knows the tables of an open engine by itself.
//
// The engine verifies each block that it reads, and takes one that is damaged
// for one that is not there: a record in it is then not found, or found as it
// was before it last changed. So who looks a record up asks the verifier whether
// all blocks that could have had a newer one are sound. That costs little: the
// filter of a table says that it has nothing of a key nearly always when it
// has not, and what is found is newer than most tables.
//
// It has the tables' indexes, some 3 % of the data, in memory of its own, since
// the engine's are in memory maps and change with the files.
type Verifier struct {
	path     string // of the store, in which dir is
	Dir      string
	db       *DB
	registry *engine.KeyRegistry

	mu     sync.RWMutex
	tables map[uint64]*verifiedTable

	// Stopped is closed when a merge of tables was held up for good.
	Stopped chan struct{}
	stop    sync.Once
	Found   func(...chat.Damage)
	// Closing is closed when the store is, which waits for no long read; nil for
	// never.
	Closing <-chan struct{}
}

type verifiedTable struct {
	*directory.Table
	file     *os.File     // nil where an open file can't be deleted
	verified atomic.Int64 // when all of it was, in nanoseconds since 1970
}

// VerifiedLately is for how long a table that was verified need not be once more
// before a merge. Else each merge would read the whole store, however large.
const VerifiedLately = time.Minute

func (t *verifiedTable) close() {
	if t.file != nil {
		_ = t.file.Close() // it was only read
	}
}

// NewVerifier makes a verifier for what was just inspected, and has it look at the
// tables that came since.
func NewVerifier(in *directory.Inspection, db *DB, found func(...chat.Damage)) (*Verifier, error) {
	g := &Verifier{path: in.Path, Dir: in.Dir, db: db, registry: in.Registry, tables: map[uint64]*verifiedTable{}, Stopped: make(chan struct{}), Found: found}
	if g.registry == nil {
		var err error
		if g.registry, err = g.readRegistry(); err != nil {
			return nil, err
		}
	}
	if err := g.Refresh(in.Tables); err != nil {
		g.Close()
		return nil, err
	}
	db.Verifier = g
	if l, ok := db.Opts().Logger.(engineLog); ok && l.verifier != nil {
		l.verifier.Store(g)
	}
	return g, nil
}

// beforeMerge is called by the engine when it has read the tables that it
// merges, and before the outcome counts and they are deleted. Of a damaged block
// it has left out all that comes behind, without a word. So the tables are read
// once more, and if they are damaged, the merge never ends.
func (g *Verifier) beforeMerge() {
	if err := g.Refresh(nil); errors.Is(err, directory.ErrTable) {
		g.Found(g.ManifestDamage(err))
	}
	v := g.VerifyTables(time.Now().Add(-VerifiedLately), nil)
	if len(v.All()) == 0 {
		return
	}
	g.Found(v.All()...)
	g.stop.Do(func() { close(g.Stopped) })
	select {}
}

// Close closes the files.
func (g *Verifier) Close() {
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
func (g *Verifier) sound(key []byte, version uint64) *chat.Damage {
	hash := y.Hash(key)
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, t := range g.tables {
		if t.Maximum <= version || string(t.Biggest) < string(key) {
			continue
		}
		from, to := t.BlocksOf(key, hash)
		for i := from; i < to; i++ {
			if d := g.verify(t, i, nil); d != nil {
				return d
			}
		}
	}
	return nil
}

// Named is a file as damage names it, relative to the store's directory.
func (g *Verifier) Named(name string) string {
	return filepath.Join(directory.Relative(g.path, g.Dir), name)
}

// DeletedTable is the damage of a table that is only there as long as it is open.
func (g *Verifier) DeletedTable(id uint64) *chat.Damage {
	return &chat.Damage{File: g.Named(directory.TableName(id)),
		What: "it was deleted; it can be read until the server is stopped: make a backup now with `" + program.Name() + " chat backup`"}
}

// ManifestDamage is what it is called when it can't be followed under the
// running server.
func (g *Verifier) ManifestDamage(err error) chat.Damage {
	d := chat.Damage{File: g.Named(engine.ManifestFilename), What: err.Error()}
	if errors.Is(err, directory.ErrNoManifest) {
		d.What = "it was deleted; all can be read until the server is stopped: make a backup now with `" + program.Name() + " chat backup`"
	}
	return d
}
