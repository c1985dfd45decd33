package disk

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Used is what the files below a directory take, which are sparse.
func Used(path string) (uint64, error) {
	var sum uint64
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return UnlessRemoved(err)
		}
		info, err := d.Info()
		if err == nil {
			sum += allocated(info)
		}
		return UnlessRemoved(err)
	})
	return sum, err
}

// UnlessRemoved is for files that the engine may delete at any time.
func UnlessRemoved(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}
