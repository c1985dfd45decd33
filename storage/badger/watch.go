package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// watchEvery is how often the files of the open store are looked at: whether
// they are there and not shorter than they were. It takes a system call for
// each.
const watchEvery = time.Second

// verifyEvery is how often all tables are read through.
const verifyEvery = time.Hour

// watcher is what was seen of the files the last time.
type watcher struct {
	*kvStore
	db       *database
	manifest os.FileInfo
	registry os.FileInfo
	suspect  map[string]bool // seen to be short once
	odd      bool            // MANIFEST was seen to be another once
}

func (s *kvStore) watch() {
	w := &watcher{kvStore: s}
	tick, verify := time.NewTicker(watchEvery), time.NewTicker(verifyEvery)
	defer tick.Stop()
	defer verify.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-verify.C:
			_ = s.verify() // it is logged
		case <-tick.C:
			w.look()
		}
	}
}

// look looks at all files once.
func (w *watcher) look() {
	db, long, err := w.hold()
	if err != nil {
		return
	}
	defer long.n.Done()
	if w.probe.hangs() {
		return
	}
	if w.db != db {
		*w = watcher{kvStore: w.kvStore, db: db, suspect: map[string]bool{}}
		w.registry, _ = os.Stat(filepath.Join(db.guard.dir, engine.KeyRegistryFileName))
	}
	if err := w.identity.directories(); err != nil {
		_ = w.lose(db, err) // it is logged
		return
	}
	w.lookAtTables() // first, since all else may read them
	w.lookAtManifest()
	w.lookAtValues()
	w.lookAtDiscards()
	w.lookAtRegistry()
}

// lookAtManifest follows which tables there are.
func (w *watcher) lookAtManifest() {
	g := w.db.guard
	now, err := os.Stat(filepath.Join(g.dir, engine.ManifestFilename))
	if err == nil && w.manifest != nil && os.SameFile(now, w.manifest) && now.Size() == w.manifest.Size() && now.ModTime().Equal(w.manifest.ModTime()) {
		return
	}
	var list *tableList
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		list, err = readManifest(g.dir)
	}
	if err == nil {
		for _, k := range g.knownTables() {
			if _, live := list.live[k.ID]; !live && !list.deleted[k.ID] && !list.rewritten {
				err = badTable("it does not list %s, which is part of the store", tableName(k.ID))
			}
		}
	}
	if err == nil {
		err = g.refresh(nil)
	}
	if err != nil { // it may just have been written
		if w.odd {
			w.foundOne(g.manifestDamage(err), true)
		}
		w.odd = true
		return
	}
	w.manifest, w.odd = now, false
	w.note(w.db, g.dir)
}

// short reports whether a file is shorter than it must be, twice in a row.
func (w *watcher) short(name string, size int64) (short, missing bool) {
	now, err := os.Stat(name)
	missing = os.IsNotExist(err)
	if !missing && (err != nil || now.Size() >= size) {
		delete(w.suspect, name)
		return false, false
	}
	if !w.suspect[name] {
		w.suspect[name] = true
		return false, false
	}
	return true, missing
}

// lookAtTables looks for tables that are gone or cut off. One that is cut off
// gets its size back: a read behind the end of a file in a memory map would end
// the process, and zeros are a wrong checksum.
func (w *watcher) lookAtTables() {
	g := w.db.guard
	for _, k := range g.knownTables() {
		name := filepath.Join(g.dir, tableName(k.ID))
		now, err := os.Stat(name)
		if err == nil && now.Size() >= k.Size || !g.counts(k.ID) {
			continue
		}
		if os.IsNotExist(err) {
			w.found(*g.deletedTable(k.ID))
		} else if err == nil {
			w.found(chat.Damage{File: g.named(tableName(k.ID)), What: fmt.Sprintf("it was cut to %d bytes", now.Size())})
			if err := g.mend(k.ID); err != nil {
				w.log.Warn("giving a table that was cut off its size again", "file", name, "error", err)
			}
		}
	}
}

func (w *watcher) extend(name string, size int64) {
	if err := os.Truncate(name, size); err != nil {
		w.log.Warn("giving a file that was cut off its size again", "file", name, "error", err)
	}
}

// lookAtValues looks for files of the value log that are cut off or gone, by
// what the tables and the logs say is in them. The one that is written has room
// to spare.
func (w *watcher) lookAtValues() {
	g := w.db.guard
	in := inspection{dir: g.dir}
	byNumber, numbers, err := in.numbered(".vlog")
	if err != nil || len(numbers) == 0 {
		return
	}
	name := byNumber[slices.Max(slices.Collect(maps.Keys(byNumber)))]
	if short, missing := w.short(name, 2*valueLogFileSize); short && !missing {
		w.foundOne(chat.Damage{File: g.named(filepath.Base(name)), What: "it was cut off while it is written", Records: "files that were attached"}, true)
		w.extend(name, 2*valueLogFileSize)
	}
}

func (w *watcher) lookAtDiscards() {
	name := filepath.Join(w.db.guard.dir, "DISCARD")
	if short, missing := w.short(name, discardSize); short && !missing {
		w.log.Warn("giving the count of deleted values its size again: its file was cut off; no message is concerned", "file", name)
		w.extend(name, discardSize)
	}
}

func (w *watcher) lookAtRegistry() {
	name := filepath.Join(w.db.guard.dir, engine.KeyRegistryFileName)
	_, err := engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: w.db.guard.dir, ReadOnly: true, EncryptionKey: w.opts.EncryptionKey})
	now, gone := os.Stat(name)
	if err == nil && gone == nil {
		w.registry = now
		return
	}
	if w.registry == nil || len(w.opts.EncryptionKey) == 0 || gone == nil && os.SameFile(now, w.registry) && now.ModTime().Equal(w.registry.ModTime()) {
		return
	}
	w.foundOne(chat.Damage{File: w.db.guard.named(engine.KeyRegistryFileName), What: fmt.Sprint("without it the store can't be opened again; "+
		"make a backup now with `parley chat backup`: ", errors.Join(err, gone))}, false)
}
