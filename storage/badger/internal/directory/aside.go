package directory

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/parley-chat/parley/internal/program"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// SetAside moves the files of a store into a directory of their own. What is
// left names none of them, so that an interrupted move is refused and not taken
// for a new store.
func SetAside(path, dir, aside string) error {
	if err := os.Mkdir(aside, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		ours := name == disk.CheckFile || name == KnownFile || name == CurrentFile ||
			dir == path && isEngineFile(name) && name != "LOCK" || filepath.Join(path, name) == dir
		if !ours {
			continue
		}
		if err := os.Rename(filepath.Join(path, name), filepath.Join(aside, name)); err != nil {
			return err
		}
	}
	note, err := json.MarshalIndent(map[string]string{"note": "damaged files, set aside by `" + program.Name() + " chat check --accept`; nothing reads them"}, "", "\t")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(aside, "README.json"), note, 0o600), disk.SyncDirectory(aside), disk.SyncDirectory(path))
}
