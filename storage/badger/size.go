package badger

import (
	"io/fs"
	"os"
	"path/filepath"
)

// bytesOnDisk is what the files below a directory take, which are sparse.
func bytesOnDisk(path string) (uint64, error) {
	var sum uint64
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return unlessRemoved(err)
		}
		info, err := d.Info()
		if err == nil {
			sum += allocated(info)
		}
		return unlessRemoved(err)
	})
	return sum, err
}

// unlessRemoved is for files that the engine may delete at any time.
func unlessRemoved(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}
