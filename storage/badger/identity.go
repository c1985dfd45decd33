package badger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// errReplaced means that the files of the open store are not where they were:
// somebody has moved, restored or deleted the directory, or some of it.
var errReplaced = errors.New("the store's directory is not the one that was opened")

// identity is what is looked at before each acknowledgement: what was stored
// must be found under the store's path by whoever opens it next.
type identity struct {
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

// take remembers what is there when an engine begins to count, which first may
// make it so; it may be nil. Nobody looks meanwhile.
func (id *identity) take(path, dir string, p *probe, first func() error) error {
	id.mu.Lock()
	defer id.mu.Unlock()
	probe, err := p.stat()
	if err == nil && first != nil {
		err = first()
	}
	if err != nil {
		return err
	}
	id.files, id.dir, id.log = nil, dir, 0
	id.files = append(id.files, identityFile{name: filepath.Join(path, probeFile), info: probe})
	names := []string{path}
	if dir != path {
		names = append(names, dir, filepath.Join(path, currentFile))
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		id.files = append(id.files, identityFile{name, info, filepath.Base(name) == currentFile})
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

// check reports whether all of it is still there.
func (id *identity) check() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	if err := id.checkFiles(); err != nil {
		return err
	}
	return id.checkLog()
}

// directories is check without the log: whether what is there belongs to the
// engine that is open.
func (id *identity) directories() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.checkFiles()
}

func (id *identity) checkFiles() error {
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

// checkLog looks at the log that is written. When it is full the engine begins
// the next one, and deletes it some time later.
func (id *identity) checkLog() error {
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
		return fmt.Errorf("%w: %s was cut to %d bytes", errCut, now.Name(), now.Size())
	}
	return nil
}

// errCut means that a file was made shorter behind the engine's back.
var errCut = errors.New("a file of the store was cut off")

// uncut gives the log its size again, so that closing the engine, which has
// all of it in memory, does not end the process.
func (id *identity) uncut() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	return os.Truncate(filepath.Join(id.dir, fmt.Sprintf("%05d.mem", id.log)), logSize)
}
