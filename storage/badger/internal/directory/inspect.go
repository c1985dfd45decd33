package directory

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/y"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
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

// LacksManifest reports whether MANIFEST does not name all tables.
func (in *Inspection) LacksManifest() bool {
	for _, d := range in.Damage {
		if filepath.Base(d.File) == engine.ManifestFilename {
			return true
		}
	}
	return false
}
