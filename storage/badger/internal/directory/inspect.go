package directory

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/y"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// Inspection reads the files of a store that nobody has open, before the engine
// does. The engine panics in goroutines of its own on some damage, which ends
// the process, and makes other damage final without a word: it deletes tables
// that MANIFEST does not list, and cuts off a log where it can't read on.
//
// Everything is read by system calls, so that nothing that happens to a file
// meanwhile is more than an error.
type Inspection struct {
	Path, Dir string
	key       []byte
	Registry  *engine.KeyRegistry
	Known     *Known
	List      *Manifest
	Tables    map[uint64]*Table
	// last is the last commit that is there, least the one that must be.
	last, Least uint64
	ends        map[uint32]int64 // where values end that something names, by file
	Damage      []chat.Damage

	Files, Records int
	Bytes          uint64
	// Values, where it is not nil, collects where the chunks of files are.
	Values map[string]ValueAt
	// Entry gets each entry that is sound, where it is not nil.
	Entry func(key []byte, v y.ValueStruct) error
	Tick  func(read uint64)
}

// ValueAt is the newest that is known of a chunk.
type ValueAt struct {
	Version uint64
	at      pointer
	gone    bool
}

func (in *Inspection) add(file string, offset int64, records, format string, args ...any) {
	if file != "" {
		file = filepath.Join(Relative(in.Path, in.Dir), file)
	}
	in.Damage = append(in.Damage, chat.Damage{File: file, Offset: offset, What: fmt.Sprintf(format, args...), Records: records})
}

// Inspect reads all files but those of the value log, of which only the last
// one is read, since the engine cuts that off. Damage is in the result; the
// error is for what kept it from looking.
func (in *Inspection) Inspect(ctx context.Context, o *Options, dir string) error {
	in.key = o.EncryptionKey
	in.Path, in.Dir, in.ends, in.Tables = o.Path, dir, map[uint32]int64{}, map[uint64]*Table{}
	number, err := disk.ReadCommitNumber(o.Path)
	if err != nil {
		return err
	}
	in.Least = max(in.Least, number)
	if in.Known, err = readKnown(o.Path); err != nil {
		o.Logger.Warn("opening without what was known of the store", "path", o.Path, "error", err)
	}
	if in.Known != nil {
		in.Least = max(in.Least, in.Known.Commit)
		if in.Known.Directory != Relative(o.Path, dir) {
			in.Known = &Known{} // of the files before a compaction
		}
		if number == 0 {
			in.Known.From = 0 // an older version may have written since, which numbers nothing
		}
	} else {
		in.Known = &Known{}
	}
	if err := in.readRegistry(o); err != nil {
		return err
	}
	if in.List, err = ReadManifest(dir); errors.Is(err, fs.ErrNotExist) {
		in.add(engine.ManifestFilename, 0, "", "it is missing")
		return nil
	} else if errors.Is(err, ErrTable) {
		in.add(engine.ManifestFilename, 0, "", "%v", err)
		return nil
	} else if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{in.readTables, in.readOrphans, in.ReadLogs, in.readNewer, in.readValues} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if in.last < in.Least {
		in.add("", 0, "", "it ends with commit %d, and commit %d was acknowledged", in.last, in.Least)
	}
	return nil
}

// readRegistry reads the keys that the files are encrypted with.
func (in *Inspection) readRegistry(o *Options) error {
	name := filepath.Join(in.Dir, engine.KeyRegistryFileName)
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if len(o.EncryptionKey) > 0 && (in.has("*.sst") || in.has("*.mem")) {
			in.add(engine.KeyRegistryFileName, 0, "", "it is missing, and without it nothing can be read")
		}
	} else if err != nil {
		return err
	} else if len(b) < 28 || !lengthsFit(b[28:]) { // the engine would ask for as much memory as a length says
		in.add(engine.KeyRegistryFileName, 0, "", "it is cut off, or a length in it is wrong")
		return in.Damaged()
	}
	in.Registry, err = engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: in.Dir, ReadOnly: true, EncryptionKey: o.EncryptionKey})
	if errors.Is(err, engine.ErrEncryptionKeyMismatch) {
		return Explain(err, o.Path)
	}
	if err != nil {
		in.add(engine.KeyRegistryFileName, 0, "", "%v", err)
		return in.Damaged()
	}
	return nil
}

func lengthsFit(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 8 || int64(binary.BigEndian.Uint32(b)) > int64(len(b)-8) {
			return false
		}
		b = b[8+binary.BigEndian.Uint32(b):]
	}
	return true
}

func (in *Inspection) has(pattern string) bool {
	names, _ := filepath.Glob(filepath.Join(in.Dir, pattern)) // the patterns are ours
	return len(names) > 0
}

// Damaged returns what was found as an error, if something was.
func (in *Inspection) Damaged() error {
	if len(in.Damage) == 0 {
		return nil
	}
	return &DamageError{Path: in.Path, List: SortDamage(in.Damage)}
}

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

// Numbered returns the files with an extension by their numbers.
func (in *Inspection) Numbered(ext string) (map[uint32]string, []uint32, error) {
	names, err := filepath.Glob(filepath.Join(in.Dir, "*"+ext))
	if err != nil {
		return nil, nil, err
	}
	byNumber := map[uint32]string{}
	for _, name := range names {
		n, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ext), 10, 32)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: there is a file %q, a name that no file of a store has: move it away, and all is well", in.Path, filepath.Base(name))
		}
		byNumber[uint32(n)] = name
	}
	return byNumber, slices.Sorted(maps.Keys(byNumber)), nil
}

// ReadLogs reads what was written last, and looks for holes in it: from From
// on there is something of each commit, in a table or here.
func (in *Inspection) ReadLogs(ctx context.Context) error {
	byNumber, numbers, err := in.Numbered(".mem")
	if err != nil {
		return err
	}
	before := in.last
	for _, n := range numbers {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.readLog(byNumber[n], func(number uint64) {
			if from := in.Known.From; from > 0 && number > before+1 && number-1 >= from {
				in.add(filepath.Base(byNumber[n]), 0, "", "commits from %d to %d are missing before it", max(before+1, from), number-1)
			}
			before = max(before, number)
		}); err != nil {
			return err
		}
	}
	in.last = max(in.last, before)
	return nil
}

func (in *Inspection) readLog(name string, commit func(uint64)) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in.Files++
	l, err := openLog(f, in.Registry)
	if errors.Is(err, errNoLog) {
		return nil // as a crash leaves it; what should be in it is missed by its number
	}
	if err != nil {
		in.add(filepath.Base(name), 0, "", "%v", err)
		return nil
	}
	end, err := l.eachCommit(f, func(number uint64, entries []LogEntry) error {
		if number > 0 {
			commit(number)
		}
		for _, e := range entries {
			v := y.ValueStruct{Meta: e.meta, UserMeta: e.userMeta, ExpiresAt: e.expires, Value: e.Value}
			if err := in.readEntry(e.key, v); err != nil {
				return err
			}
		}
		return nil
	})
	in.Bytes += uint64(end)
	return err
}

// LacksManifest reports whether MANIFEST does not name all tables.
func (in *Inspection) LacksManifest() bool {
	for _, d := range in.Damage {
		if filepath.Base(d.File) == engine.ManifestFilename {
			return true
		}
	}
	return false
}
