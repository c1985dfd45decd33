package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// WriteSynced writes a file anew, for the user alone, and makes its content durable.
func WriteSynced(name, text string) error {
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

// maxSmall is more than any of the store's own small files has, in bytes.
const maxSmall = 16 << 20

// ReadSmall reads a small file of the store's, and nothing that can't be one.
func ReadSmall(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSmall {
		return nil, fmt.Errorf("%s can't be a file of the store's (%s, %d bytes): move it away", name, info.Mode(), info.Size())
	}
	return os.ReadFile(name)
}

// SyncAll makes a directory and all files in it durable.
func SyncAll(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		f, err := os.OpenFile(filepath.Join(dir, e.Name()), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return SyncDirectory(dir)
}
