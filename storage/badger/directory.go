package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// A store begins with its files in the directory itself. Compaction, and
// restoring, write new files into a directory within it and then name that in
// the file CURRENT, which is replaced as a whole: at any moment either the old
// files count or the new ones.
const (
	currentFile      = "CURRENT"
	generationPrefix = "data-"
	restoringPrefix  = "restoring-"
	// salvagedPrefix begins the name of a directory in which damaged files were
	// set aside.
	salvagedPrefix = "damaged-"
)

// currentDirectory returns the directory whose files count.
func currentDirectory(path string) (string, error) {
	name, err := readSmall(filepath.Join(path, currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	if err != nil {
		return "", err
	}
	generation := strings.TrimSuffix(string(name), "\n")
	if _, err := generationNumber(generation); err != nil {
		return "", &damageError{path: path, list: []chat.Damage{{File: currentFile, What: fmt.Sprintf("it names no directory of this store: %.40q. "+
			"Where there is one directory %s, write its name into the file", name, generationPrefix+"…")}}}
	}
	return filepath.Join(path, generation), nil
}

func generationNumber(name string) (uint64, error) {
	digits, ok := strings.CutPrefix(name, generationPrefix)
	if !ok || len(digits) != 6 {
		return 0, errors.New("not a generation's name")
	}
	return strconv.ParseUint(digits, 10, 32)
}

// nextDirectory returns the directory for the files that will take over.
func nextDirectory(path, current string) string {
	n, err := generationNumber(filepath.Base(current))
	if err != nil || filepath.Dir(current) != path {
		n = 0 // the files are in the directory itself
	}
	return filepath.Join(path, fmt.Sprintf("%s%06d", generationPrefix, n+1))
}

// makeCurrent has the files of a directory count from now on. Where it fails,
// the old ones or the new ones do.
func makeCurrent(path, dir string) error {
	next := filepath.Join(path, currentFile+".next")
	if err := writeSynced(next, filepath.Base(dir)+"\n"); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(path, currentFile)); err != nil {
		return err
	}
	return SyncDirectory(path)
}

func writeSynced(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// SyncDirectory makes durable which files a directory has.
func SyncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // can't, and need not
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// exists reports whether a directory has the files of an engine.
func exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, engine.ManifestFilename))
	return err == nil
}

// checkPresent refuses a directory without a store where one must be.
func checkPresent(o *Options) error {
	if !o.MustExist {
		return nil
	}
	dir, err := currentDirectory(o.Path)
	if err == nil {
		err = checkBegun(o.Path, dir)
	}
	if err == nil && !exists(dir) {
		err = fmt.Errorf("there is no store of Parley in %s", o.Path)
	}
	return err
}

// checkBegun refuses to begin a new store where there is something of one: what
// is missing may come back, and the engine would delete the rest.
func checkBegun(path, dir string) error {
	if exists(dir) {
		return nil
	}
	if dir != path {
		return &damageError{path: path, list: []chat.Damage{{File: filepath.Join(filepath.Base(dir), engine.ManifestFilename),
			What: fmt.Sprintf("it is missing; the tables may still be there: %s names %s", currentFile, dir)}}}
	}
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if isOurs(e.Name()) {
			return &damageError{path: path, list: []chat.Damage{{File: engine.ManifestFilename,
				What: fmt.Sprintf("it is missing, and there is %s, so a store was here; to begin a new store here, empty the directory", e.Name())}}}
		}
	}
	return nil
}

// isOurs tells files that only a store that was begun has. A first start that
// was cut short has left at most LOCK and MANIFEST-REWRITE.
func isOurs(name string) bool {
	switch name {
	case "LOCK", "MANIFEST-REWRITE":
		return false
	case probeFile, knownFile, currentFile:
		return true
	}
	return isEngineFile(name) || strings.HasPrefix(name, salvagedPrefix)
}

// removeEmpty removes logs without a byte: the engine empties a log before it
// deletes it, and does not open again where a crash came in between.
func removeEmpty(dir string) error {
	var errs []error
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		errs = append(errs, err)
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Size() == 0 {
				errs = append(errs, os.Remove(name))
			}
		}
	}
	return errors.Join(errs...)
}

// repairDiscards has the engine begin its count of what is deleted in the value
// log anew where the file is cut off: it writes that through a memory map. The
// count is no more than advice on what to clean.
func repairDiscards(dir string, log *slog.Logger) error {
	name := filepath.Join(dir, "DISCARD")
	info, err := os.Stat(name)
	if err != nil || info.Size() == 0 || info.Size() >= discardSize {
		return nil
	}
	log.Warn("beginning the count of deleted values anew: its file was cut off; no message is concerned", "file", name)
	return os.Truncate(name, 0)
}

// discardSize is the size of that file, which only grows.
const discardSize = 1 << 20

// checkUnrestored refuses to begin a new history where one is being brought
// back, or was and does not count yet.
func checkUnrestored(path, dir string) error {
	if exists(dir) {
		return nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		if isRestoring(e) {
			return fmt.Errorf("a backup is being restored to %s, or that was interrupted: restore it again, or delete %s", path, name)
		}
		// A compaction's would lie beside the engine's files, or be named.
		if _, err := generationNumber(e.Name()); err == nil && dir == path {
			return fmt.Errorf("there is %s, but no file %s that names it: if a backup is being restored, wait for that; "+
				"if that was interrupted, empty %s and restore it again; if the file was lost, put it back, with the name of that directory in it; "+
				"else the remedy is the last backup: `parley chat restore`", name, currentFile, path)
		}
	}
	return nil
}

// removeStale deletes files that don't count (any more): what compaction left,
// or did not finish. Call it with the lock of those that do.
func removeStale(path, current string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		_, notGeneration := generationNumber(e.Name())
		switch {
		case name == current:
		case e.IsDir() && (notGeneration == nil || strings.HasPrefix(e.Name(), restoringPrefix)):
			errs = append(errs, os.RemoveAll(name))
		case !e.IsDir() && (path != current && isEngineFile(e.Name()) || e.Name() == currentFile+".next" || e.Name() == knownFile+".next"):
			errs = append(errs, os.Remove(name))
		}
	}
	return errors.Join(errs...)
}

// isEngineFile tells the engine's files from whatever else lies beside them.
func isEngineFile(name string) bool {
	switch filepath.Ext(name) {
	case ".sst", ".vlog", ".mem":
		return true
	}
	switch name {
	case engine.ManifestFilename, "MANIFEST-REWRITE", engine.KeyRegistryFileName, "REWRITE-KEYREGISTRY", "DISCARD", "LOCK":
		return true
	}
	return false
}
