package directory

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
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// A store begins with its files in the directory itself. Compaction, and
// restoring, write new files into a directory within it and then name that in
// the file CURRENT, which is replaced as a whole: at any moment either the old
// files count or the new ones.
const (
	CurrentFile      = "CURRENT"
	generationPrefix = "data-"
	RestoringPrefix  = "restoring-"
	// SalvagedPrefix begins the name of a directory in which damaged files were
	// set aside.
	SalvagedPrefix = "damaged-"
)

// Current returns the directory whose files count.
func Current(path string) (string, error) {
	name, err := disk.ReadSmall(filepath.Join(path, CurrentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	if err != nil {
		return "", err
	}
	generation := strings.TrimSuffix(string(name), "\n")
	if _, err := generationNumber(generation); err != nil {
		return "", &DamageError{Path: path, List: []chat.Damage{{File: CurrentFile, What: fmt.Sprintf("it names no directory of this store: %.40q. "+
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

// Next returns the directory for the files that will take over.
func Next(path, current string) string {
	n, err := generationNumber(filepath.Base(current))
	if err != nil || filepath.Dir(current) != path {
		n = 0 // the files are in the directory itself
	}
	return filepath.Join(path, fmt.Sprintf("%s%06d", generationPrefix, n+1))
}

// MakeCurrent has the files of a directory count from now on. Where it fails,
// the old ones or the new ones do.
func MakeCurrent(path, dir string) error {
	next := filepath.Join(path, CurrentFile+".next")
	if err := disk.WriteSynced(next, filepath.Base(dir)+"\n"); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(path, CurrentFile)); err != nil {
		return err
	}
	return disk.SyncDirectory(path)
}

// RemoveStale deletes files that don't count (any more): what compaction left,
// or did not finish. Call it with the lock of those that do.
func RemoveStale(path, current string) error {
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
		case e.IsDir() && (notGeneration == nil || strings.HasPrefix(e.Name(), RestoringPrefix)):
			errs = append(errs, os.RemoveAll(name))
		case !e.IsDir() && (path != current && isEngineFile(e.Name()) || e.Name() == CurrentFile+".next" || e.Name() == KnownFile+".next"):
			errs = append(errs, disk.UnlessRemoved(os.Remove(name)))
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
