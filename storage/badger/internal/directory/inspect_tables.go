package directory

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

func (in *Inspection) readTables(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(in.List.Live)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.ReadTable(ctx, id, in.List.Live[id]); err != nil {
			return err
		}
	}
	for _, k := range in.Known.Tables {
		if t := in.Tables[k.ID]; t != nil && (t.Size != k.Size || t.Sum != k.Sum) {
			in.add(TableName(k.ID), 0, "", "it is another table than the one that was here")
		}
	}
	return nil
}

// ReadTable verifies all blocks of a table.
func (in *Inspection) ReadTable(ctx context.Context, id, keyID uint64) error {
	name := TableName(id)
	f, err := os.Open(filepath.Join(in.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		in.add(name, 0, "", "it is missing")
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in.Files++
	key, err := in.Registry.DataKey(keyID)
	if err != nil {
		in.add(name, 0, "", "the key that it is encrypted with is unknown")
		return nil
	}
	t, err := ReadTable(f, id, info.Size(), key)
	if err != nil {
		in.add(name, 0, "", "%v", err)
		return nil
	}
	in.Tables[id] = t
	in.last = max(in.last, t.Maximum)
	return in.readBlocks(ctx, f, t)
}

func (in *Inspection) readBlocks(ctx context.Context, f *os.File, t *Table) error {
	var buf []byte
	for i := range t.First {
		if err := ctx.Err(); err != nil {
			return err
		}
		at, size := t.Place(i)
		buf = slices.Grow(buf[:0], int(size))
		entries, offsets, err := t.Block(f, i, buf)
		if err == nil {
			err = eachEntry(entries, offsets, in.readEntry)
		}
		if err != nil {
			if !errors.Is(err, ErrTable) {
				return err
			}
			in.add(TableName(t.Id), max(at, 1), t.Describe(i), "%v", err)
		}
		in.Bytes += uint64(size)
	}
	if in.Tick != nil {
		in.Tick(in.Bytes)
	}
	return nil
}

// Describe says whose records a block has.
func (t *Table) Describe(i int) string {
	var next []byte
	if i+1 < len(t.First) {
		next = t.First[i+1]
	}
	return layout.DescribeRange(t.First[i], next)
}

// readEntry notes of an entry what else must be there for it.
func (in *Inspection) readEntry(key []byte, v y.ValueStruct) error {
	in.Records++
	p, is := parsePointer(v.Value)
	is = is && v.Meta&EntryPointer > 0
	if is {
		in.ends[p.file] = max(in.ends[p.file], p.end())
	}
	if in.Values != nil && len(key) > 8 && key[0] == layout.KindChunk {
		k := string(y.ParseKey(key))
		// Cleaning the value log moves a value, of the same version, to a later file.
		now := ValueAt{y.ParseTs(key), p, v.Meta&EntryDeleted > 0 || !is}
		if at, ok := in.Values[k]; !ok || at.Version < now.Version || at.Version == now.Version && at.at.file <= p.file {
			in.Values[k] = now
		}
	}
	if in.Entry != nil {
		return in.Entry(key, v)
	}
	return nil
}

// readOrphans looks for tables that counted when the store was last looked at,
// that nothing has deleted since, and that MANIFEST lists no longer: it is not
// the one that was written last, and the engine would delete them.
func (in *Inspection) readOrphans(context.Context) error {
	for _, k := range in.Known.Tables {
		_, live := in.List.Live[k.ID]
		if live || in.List.Deleted[k.ID] || in.List.Rewritten {
			continue
		}
		if _, err := os.Stat(filepath.Join(in.Dir, TableName(k.ID))); err == nil {
			in.add(engine.ManifestFilename, 0, "", "it does not list %s, which was part of the store", TableName(k.ID))
		}
	}
	return nil
}
