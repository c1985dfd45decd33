package kv

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
	"github.com/parley-chat/parley/internal/program"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
)

// watchEvery is how often the files of the open store are looked at: whether
// they are there and not shorter than they were. It takes a system call for
// each.
const watchEvery = time.Second

// verifyEvery is how often all tables are read through.
const verifyEvery = time.Hour

// Watcher is what was seen of the files the last time.
type Watcher struct {
	*Store
	db       *database.DB
	manifest os.FileInfo
	registry os.FileInfo
	suspect  map[string]bool // seen to be short once
	odd      bool            // MANIFEST was seen to be another once
}

func (s *Store) watch() {
	w := &Watcher{Store: s}
	tick, verify := time.NewTicker(watchEvery), time.NewTicker(verifyEvery)
	defer tick.Stop()
	defer verify.Stop()
	for {
		select {
		case <-s.Stop:
			return
		case <-verify.C:
			_ = s.Verify() // it is logged
		case <-tick.C:
			w.Look()
		}
	}
}

// Look looks at all files once.
func (w *Watcher) Look() {
	db, long, err := w.hold()
	if err != nil {
		return
	}
	defer long.n.Done()
	if w.DiskCheck.Hangs() {
		return
	}
	if w.db != db {
		*w = Watcher{Store: w.Store, db: db, suspect: map[string]bool{}}
		w.registry, _ = os.Stat(filepath.Join(db.Verifier.Dir, engine.KeyRegistryFileName))
	}
	if err := w.Identity.Directories(); err != nil {
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
func (w *Watcher) lookAtManifest() {
	g := w.db.Verifier
	now, err := os.Stat(filepath.Join(g.Dir, engine.ManifestFilename))
	if err == nil && w.manifest != nil && os.SameFile(now, w.manifest) && now.Size() == w.manifest.Size() && now.ModTime().Equal(w.manifest.ModTime()) {
		return
	}
	var list *directory.Manifest
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		list, err = directory.ReadManifest(g.Dir)
	}
	if err == nil {
		for _, k := range g.KnownTables() {
			if _, live := list.Live[k.ID]; !live && !list.Deleted[k.ID] && !list.Rewritten {
				err = directory.BadTable("it does not list %s, which is part of the store", directory.TableName(k.ID))
			}
		}
	}
	if err == nil {
		err = g.Refresh(nil)
	}
	if err != nil { // it may just have been written
		if w.odd {
			w.foundOne(g.ManifestDamage(err), true)
		}
		w.odd = true
		return
	}
	w.manifest, w.odd = now, false
	w.note(w.db, g.Dir)
}

// short reports whether a file is shorter than it must be, twice in a row.
func (w *Watcher) short(name string, size int64) (short, missing bool) {
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
func (w *Watcher) lookAtTables() {
	g := w.db.Verifier
	for _, k := range g.KnownTables() {
		name := filepath.Join(g.Dir, directory.TableName(k.ID))
		now, err := os.Stat(name)
		if err == nil && now.Size() >= k.Size || !g.Counts(k.ID) {
			continue
		}
		if os.IsNotExist(err) {
			w.ReportDamage(*g.DeletedTable(k.ID))
		} else if err == nil {
			w.ReportDamage(chat.Damage{File: g.Named(directory.TableName(k.ID)), What: fmt.Sprintf("it was cut to %d bytes", now.Size())})
			if err := g.Mend(k.ID); err != nil {
				w.log.Warn("giving a table that was cut off its size again", "file", name, "error", err)
			}
		}
	}
}

func (w *Watcher) extend(name string, size int64) {
	if err := os.Truncate(name, size); err != nil {
		w.log.Warn("giving a file that was cut off its size again", "file", name, "error", err)
	}
}

// lookAtValues looks for files of the value log that are cut off or gone, by
// what the tables and the logs say is in them. The one that is written has room
// to spare.
func (w *Watcher) lookAtValues() {
	g := w.db.Verifier
	in := directory.Inspection{Dir: g.Dir}
	byNumber, numbers, err := in.Numbered(".vlog")
	if err != nil || len(numbers) == 0 {
		return
	}
	name := byNumber[slices.Max(slices.Collect(maps.Keys(byNumber)))]
	if short, missing := w.short(name, 2*directory.ValueLogFileSize); short && !missing {
		w.foundOne(chat.Damage{File: g.Named(filepath.Base(name)), What: "it was cut off while it is written", Records: "files that were attached"}, true)
		w.extend(name, 2*directory.ValueLogFileSize)
	}
}

func (w *Watcher) lookAtDiscards() {
	name := filepath.Join(w.db.Verifier.Dir, "DISCARD")
	if short, missing := w.short(name, directory.DiscardSize); short && !missing {
		w.log.Warn("giving the count of deleted values its size again: its file was cut off; no message is concerned", "file", name)
		w.extend(name, directory.DiscardSize)
	}
}

func (w *Watcher) lookAtRegistry() {
	name := filepath.Join(w.db.Verifier.Dir, engine.KeyRegistryFileName)
	_, err := engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: w.db.Verifier.Dir, ReadOnly: true, EncryptionKey: w.Opts.EncryptionKey})
	now, gone := os.Stat(name)
	if err == nil && gone == nil {
		w.registry = now
		return
	}
	if w.registry == nil || len(w.Opts.EncryptionKey) == 0 || gone == nil && os.SameFile(now, w.registry) && now.ModTime().Equal(w.registry.ModTime()) {
		return
	}
	w.foundOne(chat.Damage{File: w.db.Verifier.Named(engine.KeyRegistryFileName), What: fmt.Sprint("without it the store can't be opened again; "+
		"make a backup now with `"+program.Name()+" chat backup`: ", errors.Join(err, gone))}, false)
}
