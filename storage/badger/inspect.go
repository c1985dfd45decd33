package badger

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
)

// inspection reads the files of a store that nobody has open, before the engine
// does. The engine panics in goroutines of its own on some damage, which ends
// the process, and makes other damage final without a word: it deletes tables
// that MANIFEST does not list, and cuts off a log where it can't read on.
//
// Everything is read by system calls, so that nothing that happens to a file
// meanwhile is more than an error.
type inspection struct {
	path, dir string
	key       []byte
	registry  *engine.KeyRegistry
	known     *known
	list      *tableList
	tables    map[uint64]*tableFile
	// last is the last commit that is there, least the one that must be.
	last, least uint64
	ends        map[uint32]int64 // where values end that something names, by file
	damage      []chat.Damage

	files, records int
	bytes          uint64
	// values, where it is not nil, collects where the chunks of files are.
	values map[string]valueAt
	// entry gets each entry that is sound, where it is not nil.
	entry func(key []byte, v y.ValueStruct) error
	tick  func(read uint64)
}

// valueAt is the newest that is known of a chunk.
type valueAt struct {
	version uint64
	at      pointer
	gone    bool
}

func (in *inspection) add(file string, offset int64, records, format string, args ...any) {
	if file != "" {
		file = filepath.Join(relative(in.path, in.dir), file)
	}
	in.damage = append(in.damage, chat.Damage{File: file, Offset: offset, What: fmt.Sprintf(format, args...), Records: records})
}

// inspect reads all files but those of the value log, of which only the last
// one is read, since the engine cuts that off. Damage is in the result; the
// error is for what kept it from looking.
func (in *inspection) inspect(ctx context.Context, o *Options, dir string) error {
	in.key = o.EncryptionKey
	in.path, in.dir, in.ends, in.tables = o.Path, dir, map[uint32]int64{}, map[uint64]*tableFile{}
	number, err := readNumber(o.Path)
	if err != nil {
		return err
	}
	in.least = max(in.least, number)
	if in.known, err = readKnown(o.Path); err != nil {
		o.Logger.Warn("opening without what was known of the store", "path", o.Path, "error", err)
	}
	if in.known != nil {
		in.least = max(in.least, in.known.Commit)
		if in.known.Directory != relative(o.Path, dir) {
			in.known = &known{} // of the files before a compaction
		}
		if number == 0 {
			in.known.From = 0 // an older version may have written since, which numbers nothing
		}
	} else {
		in.known = &known{}
	}
	if err := in.readRegistry(o); err != nil {
		return err
	}
	if in.list, err = readManifest(dir); errors.Is(err, fs.ErrNotExist) {
		in.add(engine.ManifestFilename, 0, "", "it is missing")
		return nil
	} else if errors.Is(err, errTable) {
		in.add(engine.ManifestFilename, 0, "", "%v", err)
		return nil
	} else if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{in.readTables, in.readOrphans, in.readLogs, in.readNewer, in.readValues} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if in.last < in.least {
		in.add("", 0, "", "it ends with commit %d, and commit %d was acknowledged", in.last, in.least)
	}
	return nil
}

// readRegistry reads the keys that the files are encrypted with.
func (in *inspection) readRegistry(o *Options) error {
	name := filepath.Join(in.dir, engine.KeyRegistryFileName)
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if len(o.EncryptionKey) > 0 && (in.has("*.sst") || in.has("*.mem")) {
			in.add(engine.KeyRegistryFileName, 0, "", "it is missing, and without it nothing can be read")
		}
	} else if err != nil {
		return err
	} else if len(b) < 28 || !lengthsFit(b[28:]) { // the engine would ask for as much memory as a length says
		in.add(engine.KeyRegistryFileName, 0, "", "it is cut off, or a length in it is wrong")
		return in.damaged()
	}
	in.registry, err = engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: in.dir, ReadOnly: true, EncryptionKey: o.EncryptionKey})
	if errors.Is(err, engine.ErrEncryptionKeyMismatch) {
		return explain(err, o.Path)
	}
	if err != nil {
		in.add(engine.KeyRegistryFileName, 0, "", "%v", err)
		return in.damaged()
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

func (in *inspection) has(pattern string) bool {
	names, _ := filepath.Glob(filepath.Join(in.dir, pattern)) // the patterns are ours
	return len(names) > 0
}

// damaged returns what was found as an error, if something was.
func (in *inspection) damaged() error {
	if len(in.damage) == 0 {
		return nil
	}
	return &damageError{path: in.path, list: sortDamage(in.damage)}
}

func (in *inspection) readTables(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(in.list.live)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.readTable(ctx, id, in.list.live[id]); err != nil {
			return err
		}
	}
	for _, k := range in.known.Tables {
		if t := in.tables[k.ID]; t != nil && (t.size != k.Size || t.sum != k.Sum) {
			in.add(tableName(k.ID), 0, "", "it is another table than the one that was here")
		}
	}
	return nil
}

// readTable verifies all blocks of a table.
func (in *inspection) readTable(ctx context.Context, id, keyID uint64) error {
	name := tableName(id)
	f, err := os.Open(filepath.Join(in.dir, name))
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
	in.files++
	key, err := in.registry.DataKey(keyID)
	if err != nil {
		in.add(name, 0, "", "the key that it is encrypted with is unknown")
		return nil
	}
	t, err := readTable(f, id, info.Size(), key)
	if err != nil {
		in.add(name, 0, "", "%v", err)
		return nil
	}
	in.tables[id] = t
	in.last = max(in.last, t.maximum)
	return in.readBlocks(ctx, f, t)
}

func (in *inspection) readBlocks(ctx context.Context, f *os.File, t *tableFile) error {
	var buf []byte
	for i := range t.first {
		if err := ctx.Err(); err != nil {
			return err
		}
		at, size := t.place(i)
		buf = slices.Grow(buf[:0], int(size))
		entries, offsets, err := t.block(f, i, buf)
		if err == nil {
			err = eachEntry(entries, offsets, in.readEntry)
		}
		if err != nil {
			if !errors.Is(err, errTable) {
				return err
			}
			in.add(tableName(t.id), max(at, 1), t.describe(i), "%v", err)
		}
		in.bytes += uint64(size)
	}
	if in.tick != nil {
		in.tick(in.bytes)
	}
	return nil
}

// describe says whose records a block has.
func (t *tableFile) describe(i int) string {
	var next []byte
	if i+1 < len(t.first) {
		next = t.first[i+1]
	}
	return describeRange(t.first[i], next)
}

// readEntry notes of an entry what else must be there for it.
func (in *inspection) readEntry(key []byte, v y.ValueStruct) error {
	in.records++
	p, is := parsePointer(v.Value)
	is = is && v.Meta&entryPointer > 0
	if is {
		in.ends[p.file] = max(in.ends[p.file], p.end())
	}
	if in.values != nil && len(key) > 8 && key[0] == kindChunk {
		k := string(y.ParseKey(key))
		// Cleaning the value log moves a value, of the same version, to a later file.
		now := valueAt{y.ParseTs(key), p, v.Meta&entryDeleted > 0 || !is}
		if at, ok := in.values[k]; !ok || at.version < now.version || at.version == now.version && at.at.file <= p.file {
			in.values[k] = now
		}
	}
	if in.entry != nil {
		return in.entry(key, v)
	}
	return nil
}

// readOrphans looks for tables that counted when the store was last looked at,
// that nothing has deleted since, and that MANIFEST lists no longer: it is not
// the one that was written last, and the engine would delete them.
func (in *inspection) readOrphans(context.Context) error {
	for _, k := range in.known.Tables {
		_, live := in.list.live[k.ID]
		if live || in.list.deleted[k.ID] || in.list.rewritten {
			continue
		}
		if _, err := os.Stat(filepath.Join(in.dir, tableName(k.ID))); err == nil {
			in.add(engine.ManifestFilename, 0, "", "it does not list %s, which was part of the store", tableName(k.ID))
		}
	}
	return nil
}

// numbered returns the files with an extension by their numbers.
func (in *inspection) numbered(ext string) (map[uint32]string, []uint32, error) {
	names, err := filepath.Glob(filepath.Join(in.dir, "*"+ext))
	if err != nil {
		return nil, nil, err
	}
	byNumber := map[uint32]string{}
	for _, name := range names {
		n, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ext), 10, 32)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: there is a file %q, a name that no file of a store has: move it away, and all is well", in.path, filepath.Base(name))
		}
		byNumber[uint32(n)] = name
	}
	return byNumber, slices.Sorted(maps.Keys(byNumber)), nil
}

// readLogs reads what was written last, and looks for holes in it: from From
// on there is something of each commit, in a table or here.
func (in *inspection) readLogs(ctx context.Context) error {
	byNumber, numbers, err := in.numbered(".mem")
	if err != nil {
		return err
	}
	before := in.last
	for _, n := range numbers {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.readLog(byNumber[n], func(number uint64) {
			if from := in.known.From; from > 0 && number > before+1 && number-1 >= from {
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

func (in *inspection) readLog(name string, commit func(uint64)) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in.files++
	l, err := openLog(f, in.registry)
	if errors.Is(err, errNoLog) {
		return nil // as a crash leaves it; what should be in it is missed by its number
	}
	if err != nil {
		in.add(filepath.Base(name), 0, "", "%v", err)
		return nil
	}
	end, err := l.eachCommit(f, func(number uint64, entries []logEntry) error {
		if number > 0 {
			commit(number)
		}
		for _, e := range entries {
			v := y.ValueStruct{Meta: e.meta, UserMeta: e.userMeta, ExpiresAt: e.expires, Value: e.value}
			if err := in.readEntry(e.key, v); err != nil {
				return err
			}
		}
		return nil
	})
	in.bytes += uint64(end)
	return err
}

// lacksManifest reports whether MANIFEST does not name all tables.
func (in *inspection) lacksManifest() bool {
	for _, d := range in.damage {
		if filepath.Base(d.File) == engine.ManifestFilename {
			return true
		}
	}
	return false
}
