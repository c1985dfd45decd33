package directory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/program"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// ErrInUse means that another process, or another Store of this one, has the
// directory open. It may be over in a moment, where one server replaces another.
var ErrInUse = errors.New("another server is using this directory")

// Exists reports whether a directory has the files of an engine.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, engine.ManifestFilename))
	return err == nil
}

// Locate returns the directory whose files count, which may be empty where no
// store was begun. It refuses one from which files are missing, and one to
// which a backup is being restored.
func Locate(path string) (dir string, err error) {
	if dir, err = Current(path); err != nil {
		return "", err
	}
	if err := checkUnrestored(path, dir); err != nil {
		return "", err
	}
	return dir, checkBegun(path, dir)
}

// LocateStore is Locate where there must be a store.
func LocateStore(path string) (dir string, err error) {
	dir, err = Locate(path)
	if err == nil && !Exists(dir) {
		err = fmt.Errorf("there is no store of Parley in %s", path)
	}
	return dir, err
}

// Lock locks files that nobody has open, as the engine does. ErrInUse if
// somebody has.
func Lock(path, dir string) (unlock func(), err error) {
	if unlock, err = disk.Lock(dir); err != nil {
		return nil, fmt.Errorf("%w: %s (stop it, or give each server a path of its own)", ErrInUse, path)
	}
	return unlock, nil
}

// checkBegun refuses to begin a new store where there is something of one: what
// is missing may come back, and the engine would delete the rest.
func checkBegun(path, dir string) error {
	if Exists(dir) {
		return nil
	}
	if dir != path {
		return &DamageError{Path: path, List: []chat.Damage{{File: filepath.Join(filepath.Base(dir), engine.ManifestFilename),
			What: fmt.Sprintf("it is missing; the tables may still be there: %s names %s", CurrentFile, dir)}}}
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
			return &DamageError{Path: path, List: []chat.Damage{{File: engine.ManifestFilename,
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
	case disk.CheckFile, KnownFile, CurrentFile:
		return true
	}
	return isEngineFile(name) || strings.HasPrefix(name, SalvagedPrefix)
}

// checkUnrestored refuses to begin a new history where one is being brought
// back, or was and does not count yet.
func checkUnrestored(path, dir string) error {
	if Exists(dir) {
		return nil
	}
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
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
				"if that was interrupted, empty %s and restore it again; if a compaction was, move %[1]s away; if the file was lost, put it back, with the name of that directory in it; "+
				"else the remedy is the last backup: `"+program.Name()+" chat restore`", name, CurrentFile, path)
		}
	}
	return nil
}

// Prepare creates the directory and makes sure that it can be written.
func Prepare(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("creating the directory (is its parent writable for this user?): %w", err)
	}
	f, err := os.CreateTemp(path, "probe-*")
	if err != nil {
		return fmt.Errorf("the directory can't be written (does it belong to this user?): %w", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Explain says in an operator's terms why the engine did not open. It wraps
// few of its own errors, so that most can be told by their text only.
func Explain(err error, path string) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "Cannot acquire directory lock"):
		return fmt.Errorf("%w: %s (stop it, or give each server a path of its own)", ErrInUse, path)
	case strings.Contains(text, engine.ErrEncryptionKeyMismatch.Error()):
		return fmt.Errorf("the encryption key does not fit %s: it was made with another key, or with none; if it is the right key, "+
			"the file %s is damaged: put it back, or restore the last backup with `"+program.Name()+" chat restore`", path, engine.KeyRegistryFileName)
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}

// PrepareEmpty makes a directory, or makes sure that there is nothing in it
// but what an interrupted restore has left, which it deletes.
func PrepareEmpty(path string) error {
	if err := Prepare(path); err != nil {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if isRestoring(e) {
			if err := os.RemoveAll(filepath.Join(path, e.Name())); err != nil {
				return err
			}
			continue
		}
		if inUse(path) {
			return fmt.Errorf("a server is using %s: stop it, and move the directory away", path)
		}
		return fmt.Errorf("%s is not empty (there is %s): restore to an empty directory, or to one that does not exist", path, e.Name())
	}
	return nil
}

// inUse reports whether a server has the store in a directory open.
func inUse(path string) bool {
	dir, err := Current(path)
	if err != nil || !Exists(dir) {
		return false
	}
	unlock, err := disk.Lock(dir)
	if err == nil {
		unlock()
	}
	return err != nil
}

func isRestoring(e os.DirEntry) bool {
	ok, err := filepath.Match(RestoringPrefix+"*", e.Name())
	return e.IsDir() && ok && err == nil
}
