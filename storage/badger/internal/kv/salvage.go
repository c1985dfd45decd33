package kv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/y"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// LostText is what stands in the place of a message that was lost.
const LostText = "This message was lost: the server's store was damaged."

// Salvaged is what Salvage has made of a damaged store.
type Salvaged struct {
	// Damaged is what was damaged.
	Damaged []chat.Damage
	// Records is how many there are now. Conversations and Messages are those
	// that were kept, Lost how many messages were replaced by LostText.
	Records, Conversations, Messages, Lost int
	// Aside is the directory in which the damaged files were set aside.
	Aside string
}

// Salvage goes on with what is left of a damaged store that nobody has open: it
// copies all records that can be read into new files, and sets the damaged ones
// aside. It deletes nothing. Sessions are not copied, since one that has ended
// could come back; neither can it be told whether somebody who was erased lately
// came back. A store that is sound is left as it is.
func Salvage(ctx context.Context, o directory.Options) (out Salvaged, err error) {
	if err := o.SetDefaults(); err != nil {
		return out, err
	}
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return out, err
	}
	dir, err := directory.Current(o.Path)
	if err != nil {
		return out, fmt.Errorf("it can't be told which files count: %w", err)
	}
	if _, err := os.Stat(dir); err != nil {
		return out, fmt.Errorf("there are no files of the store any more; restore the last backup: %w", err)
	}
	if _, err := directory.LocateStore(o.Path); err != nil && directory.DamageOf(err) == nil {
		return out, err
	}
	unlock, err := directory.Lock(o.Path, dir)
	if err != nil {
		return out, err
	}
	defer unlock()
	sv := &salvage{opts: &o, from: dir, to: directory.Next(o.Path, dir)}
	if err := sv.run(ctx); err != nil {
		return out, errors.Join(err, os.RemoveAll(sv.to))
	}
	if len(sv.out.Damaged) == 0 {
		return sv.out, os.RemoveAll(sv.to)
	}
	sv.out.Aside = filepath.Join(o.Path, directory.SalvagedPrefix+time.Now().UTC().Format("20060102T150405"))
	if err := directory.SetAside(o.Path, dir, sv.out.Aside); err != nil {
		return sv.out, err
	}
	return sv.out, directory.MakeCurrent(o.Path, sv.to)
}

type salvage struct {
	opts     *directory.Options
	from, to string
	in       directory.Inspection
	db       *engine.DB
	batch    *engine.WriteBatch
	out      Salvaged
}

// run copies what can be read.
func (sv *salvage) run(ctx context.Context) error {
	sv.in = directory.Inspection{Path: sv.opts.Path, Dir: sv.from, Values: map[string]directory.ValueAt{}, Entry: sv.copyEntry}
	if err := os.RemoveAll(sv.to); err != nil { // what an earlier attempt has left
		return err
	}
	if err := os.Mkdir(sv.to, 0o700); err != nil {
		return err
	}
	db, err := engine.OpenManaged(database.EngineOptions(sv.opts, sv.to, nil).WithSyncWrites(false))
	if err != nil {
		return err
	}
	sv.db = db
	sv.batch = db.NewManagedWriteBatch()
	err = sv.in.Inspect(ctx, sv.opts, sv.from)
	if directory.DamageOf(err) != nil {
		err = fmt.Errorf("without the keys nothing can be read: put %s back, or restore the last backup: %w", engine.KeyRegistryFileName, err)
	}
	if err == nil && sv.in.List == nil || err == nil && sv.in.LacksManifest() {
		err = sv.readAllTables(ctx)
	}
	if err == nil {
		err = sv.copyChunks(ctx)
	}
	if err == nil {
		err = sv.batch.Flush()
	} else {
		sv.batch.Cancel()
	}
	if err == nil {
		err = sv.mend(ctx)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	sv.out.Damaged = directory.SortDamage(sv.in.Damage)
	return disk.SyncAll(sv.to)
}

// readAllTables reads the tables that MANIFEST should name, and does not. Some
// may be older than what they were merged into, which does no harm: the later
// version of a record counts.
func (sv *salvage) readAllTables(ctx context.Context) error {
	byNumber, numbers, err := sv.in.Numbered(".sst")
	if err != nil {
		return err
	}
	noLogs := sv.in.List == nil
	for _, n := range numbers {
		if sv.in.Tables[uint64(n)] == nil {
			_, key := sv.in.ReadAnyTable(byNumber[n], uint64(n))
			if err := sv.in.ReadTable(ctx, uint64(n), key); err != nil {
				return fmt.Errorf("%s: %w", byNumber[n], err)
			}
		}
	}
	if noLogs {
		return sv.in.ReadLogs(ctx)
	}
	return nil
}

// copyEntry copies one version of a record. Chunks are copied in the end, when
// it is known which is the last of each.
func (sv *salvage) copyEntry(key []byte, v y.ValueStruct) error {
	if len(key) < 9 || strings.HasPrefix(string(key), string(layout.EnginePrefix)) {
		return nil
	}
	user, version := append([]byte(nil), y.ParseKey(key)...), y.ParseTs(key)
	switch {
	case layout.IsOfSession(user):
		return nil
	case v.Meta&directory.EntryDeleted > 0:
		return sv.batch.DeleteAt(user, version)
	case v.Meta&directory.EntryPointer > 0:
		return nil // a chunk; nothing else is in the value log
	}
	e := engine.NewEntry(user, append([]byte(nil), v.Value...)).WithMeta(v.UserMeta)
	e.ExpiresAt = v.ExpiresAt
	return sv.batch.SetEntryAt(e, version)
}

func (sv *salvage) copyChunks(ctx context.Context) error {
	return sv.in.EachChunk(ctx, func(key []byte, v directory.ValueAt, e directory.LogEntry) error {
		return sv.batch.SetEntryAt(engine.NewEntry(append([]byte(nil), key...), e.Value), v.Version)
	})
}
