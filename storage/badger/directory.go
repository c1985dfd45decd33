package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
