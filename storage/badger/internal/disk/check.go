package disk

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/parley-chat/parley/internal/timeouts"
)

// CheckFile is written before the engine writes anything. What is written is
// the number of the last complete commit.
const CheckFile = "PROBE"

// ErrHangs means that the disk has not answered for too long.
var ErrHangs = errors.New("the disk does not answer")

// Check asks the disk whether it takes a write.
//
// The engine writes through memory maps. Where a file system is frozen (as for
// a snapshot of a virtual machine) such a write is a page fault that does not
// return. A goroutine in one can't be stopped, so the next garbage collection
// waits for it and all else waits for the collection: the site hangs. A system
// call that does not return holds up nobody but its caller. So whatever makes
// the engine write touches the file first, and rests there.
type Check struct {
	Path string // of the store
	Log  *slog.Logger

	mu     sync.Mutex
	file   *os.File // nil while the engine is closed
	failed bool     // at the last Touch
	number uint64   // of the last complete commit; 0 while none is known
	buf    []byte

	began atomic.Pointer[time.Time] // of the Touch that is under way, if one is
}

// Open opens the file, which it makes where there is none. The number is that
// of a commit that is there.
func (c *Check) Open(number uint64) error {
	file, err := os.OpenFile(filepath.Join(c.Path, CheckFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.file, c.failed, c.number = file, false, max(c.number, number)
	return nil
}

// Close closes the file, so that it does not keep a disk from being unmounted.
func (c *Check) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	file := c.file
	c.file = nil
	return file.Close()
}

// Touch returns when the disk takes writes. An error that is ErrNotWritten is
// of a disk that is full or read-only, which may change under the open engine;
// after any other the files are no good any more.
func (c *Check) Touch() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return fmt.Errorf("%w: the store is closed", ErrNotWritten)
	}
	began := time.Now()
	c.began.Store(&began)
	c.buf = appendCommitNumber(c.buf[:0], c.number)
	_, err := c.file.WriteAt(c.buf, 0)
	c.began.Store(nil)
	if took := time.Since(began); took > timeouts.Disk {
		c.Log.Warn("the disk held up the store", "path", c.Path, "took", took)
	}
	if err == nil {
		if c.failed {
			c.Log.Info("storing again: the disk takes writes", "path", c.Path)
		}
		c.failed = false
		return nil
	}
	if !c.failed {
		c.Log.Error("refusing to store anything new: the disk takes no writes", "path", c.Path, "error", err)
	}
	c.failed = true
	for _, passing := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		if errors.Is(err, passing) {
			return fmt.Errorf("%w: %w", ErrNotWritten, err)
		}
	}
	return err
}

// Completed writes down the number of a commit that is complete. A disk that is
// full or read-only is no error here: the commit is durable. After any other
// error it may not be.
func (c *Check) Completed(number uint64) error {
	c.mu.Lock()
	c.number = max(c.number, number)
	c.mu.Unlock()
	if err := c.Touch(); !errors.Is(err, ErrNotWritten) {
		return err
	}
	return nil
}

// Last returns the number of the last complete commit, or 0.
func (c *Check) Last() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number
}

// Stat describes the open file.
func (c *Check) Stat() (os.FileInfo, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil, fmt.Errorf("%w: the store is closed", ErrNotWritten)
	}
	return c.file.Stat()
}

// Swap has the check write to another file, such as a full disk's in a test, and
// returns the one before.
func (c *Check) Swap(file *os.File) (before *os.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, c.file = c.file, file
	return before
}

// Rest is Touch for the engine, which commits all the same: the writer has just
// heard the error.
func (c *Check) Rest() { _ = c.Touch() }

// Hangs reports whether a touch has been waiting for long.
func (c *Check) Hangs() bool {
	began := c.began.Load()
	return began != nil && time.Since(*began) > timeouts.Disk
}

// ErrNotWritten marks an error from before anything was written, which leaves
// the engine as good as it was.
var ErrNotWritten = errors.New("preparing the transaction")
