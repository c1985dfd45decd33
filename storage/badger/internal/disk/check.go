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
)

// CheckFile is written before the engine writes anything. What is written is
// the number of the last complete commit.
const CheckFile = "PROBE"

// hangsAfter is how long the probe may wait for the disk before new changes
// are refused at once.
const hangsAfter = 2 * time.Second

var ErrHangs = errors.New("the disk does not answer")

// Check asks the disk whether it takes a write.
//
// The engine writes through memory maps. Where a file system is frozen (as for
// a snapshot of a virtual machine) such a write is a page fault that does not
// return. A goroutine in one can't be stopped, so the next garbage collection
// waits for it and all else waits for the collection: the site hangs. A system
// call that does not return holds up nobody but its caller. So whatever makes
// the engine write touches the probe first, and rests there.
type Check struct {
	Path string // of the store
	Log  *slog.Logger

	mu     sync.Mutex
	file   *os.File // nil while the engine is closed
	failed bool     // at the last touch
	number uint64   // of the last complete commit; 0 while none is known
	buf    []byte

	began atomic.Pointer[time.Time] // of the touch that is under way, if one is
}

// Open opens the file, which it makes where there is none. The number is that
// of a commit that is there.
func (p *Check) Open(number uint64) error {
	file, err := os.OpenFile(filepath.Join(p.Path, CheckFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file, p.failed, p.number = file, false, max(p.number, number)
	return nil
}

// Close closes the file, so that it does not keep a disk from being unmounted.
func (p *Check) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil
	}
	file := p.file
	p.file = nil
	return file.Close()
}

// Touch returns when the disk takes writes. An error that is errNotWritten is
// of a disk that is full or read-only, which may change under the open engine;
// after any other the files are no good any more.
func (p *Check) Touch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return fmt.Errorf("%w: the store is closed", ErrNotWritten)
	}
	began := time.Now()
	p.began.Store(&began)
	p.buf = appendCommitNumber(p.buf[:0], p.number)
	_, err := p.file.WriteAt(p.buf, 0)
	p.began.Store(nil)
	if took := time.Since(began); took > hangsAfter {
		p.Log.Warn("the disk held up the store", "path", p.Path, "took", took)
	}
	if err == nil {
		if p.failed {
			p.Log.Info("storing again: the disk takes writes", "path", p.Path)
		}
		p.failed = false
		return nil
	}
	if !p.failed {
		p.Log.Error("refusing to store anything new: the disk takes no writes", "path", p.Path, "error", err)
	}
	p.failed = true
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
func (p *Check) Completed(number uint64) error {
	p.mu.Lock()
	p.number = max(p.number, number)
	p.mu.Unlock()
	if err := p.Touch(); !errors.Is(err, ErrNotWritten) {
		return err
	}
	return nil
}

// Last returns the number of the last complete commit, or 0.
func (p *Check) Last() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.number
}

// Stat describes the open file.
func (p *Check) Stat() (os.FileInfo, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil, fmt.Errorf("%w: the store is closed", ErrNotWritten)
	}
	return p.file.Stat()
}

// Swap has the check write to another file, such as a full disk's in a test, and
// returns the one before.
func (p *Check) Swap(file *os.File) (before *os.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, p.file = p.file, file
	return before
}

// Rest is touch for the engine, which commits all the same: the writer has just
// heard the error.
func (p *Check) Rest() { _ = p.Touch() }

// Hangs reports whether a touch has been waiting for long.
func (p *Check) Hangs() bool {
	began := p.began.Load()
	return began != nil && time.Since(*began) > hangsAfter
}

// ErrNotWritten marks an error from before anything was written, which leaves
// the engine as good as it was.
var ErrNotWritten = errors.New("preparing the transaction")
