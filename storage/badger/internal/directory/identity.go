package directory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// errReplaced means that the files of the open store are not where they were:
// somebody has moved, restored or deleted the directory, or some of it.
var errReplaced = errors.New("the store's directory is not the one that was opened")

// Identity is what is looked at before each acknowledgement: what was stored
// must be found under the store's path by whoever opens it next.
type Identity struct {
	mu    sync.Mutex
	files []identityFile
	dir   string
	// log is the number of the log that the engine writes, the last one.
	log int
}

// identityFile is a file or directory that is open, or that says which are.
type identityFile struct {
	name string
	info os.FileInfo
	// content tells that it must not even be written anew.
	content bool
}

// Take remembers what is there when an engine begins to count, which first may
// make it so; it may be nil. Nobody looks meanwhile.
func (id *Identity) Take(path, dir string, c *disk.Check, first func() error) error {
	id.mu.Lock()
	defer id.mu.Unlock()
	checked, err := c.Stat()
	if err == nil && first != nil {
		err = first()
	}
	if err != nil {
		return err
	}
	id.files, id.dir, id.log = nil, dir, 0
	id.files = append(id.files, identityFile{name: filepath.Join(path, disk.CheckFile), info: checked})
	names := []string{path}
	if dir != path {
		names = append(names, dir, filepath.Join(path, CurrentFile))
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		id.files = append(id.files, identityFile{name, info, filepath.Base(name) == CurrentFile})
	}
	logs, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		return err
	}
	for _, name := range logs {
		if n, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(name), ".mem")); err == nil {
			id.log = max(id.log, n)
		}
	}
	return nil
}

// Check reports whether all of it is still there.
func (id *Identity) Check() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	if err := id.checkFiles(); err != nil {
		return err
	}
	return id.CheckLog()
}

// Directories is Check without the log: whether what is there belongs to the
// engine that is open.
func (id *Identity) Directories() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.checkFiles()
}

func (id *Identity) checkFiles() error {
	for _, f := range id.files {
		now, err := os.Stat(f.name)
		if err != nil {
			return fmt.Errorf("%w: %w", errReplaced, err)
		}
		if !os.SameFile(now, f.info) || f.content && (now.Size() != f.info.Size() || !now.ModTime().Equal(f.info.ModTime())) {
			return fmt.Errorf("%w: %s is another one", errReplaced, f.name)
		}
	}
	return nil
}

// CheckLog looks at the log that is written. When it is full the engine begins
// the next one, and deletes it some time later.
func (id *Identity) CheckLog() error {
	name := func(n int) string { return filepath.Join(id.dir, fmt.Sprintf("%05d.mem", n)) }
	for {
		if _, err := os.Stat(name(id.log + 1)); err != nil {
			break
		}
		id.log++
	}
	now, err := os.Stat(name(id.log))
	if err != nil {
		return fmt.Errorf("%w: %w", errReplaced, err)
	}
	if now.Size() < logSize {
		return fmt.Errorf("%w: %s was cut to %d bytes", ErrCut, now.Name(), now.Size())
	}
	return nil
}

// ErrCut means that a file was made shorter behind the engine's back.
var ErrCut = errors.New("a file of the store was cut off")

// Uncut gives the log its size again, so that closing the engine, which has
// all of it in memory, does not end the process.
func (id *Identity) Uncut() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	return os.Truncate(filepath.Join(id.dir, fmt.Sprintf("%05d.mem", id.log)), logSize)
}
