package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
)

// ErrInUse means that another process, or another Store of this one, has the
// directory open. It may be over in a moment, where one server replaces another.
var ErrInUse = errors.New("another server is using this directory")

// exists reports whether a directory has the files of an engine.
func exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, engine.ManifestFilename))
	return err == nil
}

// locate returns the directory whose files count, which may be empty where no
// store was begun. It refuses one from which files are missing, and one to
// which a backup is being restored.
func locate(path string) (dir string, err error) {
	if dir, err = currentDirectory(path); err != nil {
		return "", err
	}
	if err := checkUnrestored(path, dir); err != nil {
		return "", err
	}
	return dir, checkBegun(path, dir)
}

// locateStore is locate where there must be a store.
func locateStore(path string) (dir string, err error) {
	dir, err = locate(path)
	if err == nil && !exists(dir) {
		err = fmt.Errorf("there is no store of Parley in %s", path)
	}
	return dir, err
}

// lock locks files that nobody has open, as the engine does. ErrInUse if
// somebody has.
func lock(path, dir string) (unlock func(), err error) {
	if unlock, err = lockDirectory(dir); err != nil {
		return nil, fmt.Errorf("%w: %s (stop it, or give each server a path of its own)", ErrInUse, path)
	}
	return unlock, nil
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

// prepareDirectory creates the directory and makes sure that it can be written.
func prepareDirectory(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("creating the directory (is its parent writable for this user?): %w", err)
	}
	probe, err := os.CreateTemp(path, "probe-*")
	if err != nil {
		return fmt.Errorf("the directory can't be written (does it belong to this user?): %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// explain says in an operator's terms why the engine did not open. It wraps
// few of its own errors, so that most can be told by their text only.
func explain(err error, path string) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "Cannot acquire directory lock"):
		return fmt.Errorf("%w: %s (stop it, or give each server a path of its own)", ErrInUse, path)
	case strings.Contains(text, engine.ErrEncryptionKeyMismatch.Error()):
		return fmt.Errorf("the encryption key does not fit %s: it was made with another key, or with none; if it is the right key, "+
			"the file %s is damaged: put it back, or restore the last backup with `parley chat restore`", path, engine.KeyRegistryFileName)
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}

// prepareEmpty makes a directory, or makes sure that there is nothing in it
// but what an interrupted restore has left, which it deletes.
func prepareEmpty(path string) error {
	if err := prepareDirectory(path); err != nil {
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
	dir, err := currentDirectory(path)
	if err != nil || !exists(dir) {
		return false
	}
	unlock, err := lockDirectory(dir)
	if err == nil {
		unlock()
	}
	return err != nil
}

func isRestoring(e os.DirEntry) bool {
	ok, err := filepath.Match(restoringPrefix+"*", e.Name())
	return e.IsDir() && ok && err == nil
}
