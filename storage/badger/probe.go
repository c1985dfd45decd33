package badger

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

// probeFile is written before the engine writes anything. What is written is
// the number of the last complete commit.
const probeFile = "PROBE"

// hangsAfter is how long the probe may wait for the disk before new changes
// are refused at once.
const hangsAfter = 2 * time.Second

var errHangs = errors.New("the disk does not answer")

// probe asks the disk whether it takes a write.
//
// The engine writes through memory maps. Where a file system is frozen (as for
// a snapshot of a virtual machine) such a write is a page fault that does not
// return. A goroutine in one can't be stopped, so the next garbage collection
// waits for it and all else waits for the collection: the site hangs. A system
// call that does not return holds up nobody but its caller. So whatever makes
// the engine write touches the probe first, and rests there.
type probe struct {
	path string // of the store
	log  *slog.Logger

	mu     sync.Mutex
	file   *os.File // nil while the engine is closed
	failed bool     // at the last touch
	number uint64   // of the last complete commit; 0 while none is known
	buf    []byte

	began atomic.Pointer[time.Time] // of the touch that is under way, if one is
}

// open opens the file, which it makes where there is none. The number is that
// of a commit that is there.
func (p *probe) open(number uint64) error {
	file, err := os.OpenFile(filepath.Join(p.path, probeFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file, p.failed, p.number = file, false, max(p.number, number)
	return nil
}

// close closes the file, so that it does not keep a disk from being unmounted.
func (p *probe) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil
	}
	file := p.file
	p.file = nil
	return file.Close()
}

// touch returns when the disk takes writes. An error that is errNotWritten is
// of a disk that is full or read-only, which may change under the open engine;
// after any other the files are no good any more.
func (p *probe) touch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return fmt.Errorf("%w: the store is closed", errNotWritten)
	}
	began := time.Now()
	p.began.Store(&began)
	p.buf = appendNumber(p.buf[:0], p.number)
	_, err := p.file.WriteAt(p.buf, 0)
	p.began.Store(nil)
	if took := time.Since(began); took > hangsAfter {
		p.log.Warn("the disk held up the store", "path", p.path, "took", took)
	}
	if err == nil {
		if p.failed {
			p.log.Info("storing again: the disk takes writes", "path", p.path)
		}
		p.failed = false
		return nil
	}
	if !p.failed {
		p.log.Error("refusing to store anything new: the disk takes no writes", "path", p.path, "error", err)
	}
	p.failed = true
	for _, passing := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		if errors.Is(err, passing) {
			return fmt.Errorf("%w: %w", errNotWritten, err)
		}
	}
	return err
}

// completed writes down the number of a commit that is complete. A disk that is
// full or read-only is no error here: the commit is durable. After any other
// error it may not be.
func (p *probe) completed(number uint64) error {
	p.mu.Lock()
	p.number = max(p.number, number)
	p.mu.Unlock()
	if err := p.touch(); !errors.Is(err, errNotWritten) {
		return err
	}
	return nil
}

// last returns the number of the last complete commit, or 0.
func (p *probe) last() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.number
}

// stat describes the open file.
func (p *probe) stat() (os.FileInfo, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil, fmt.Errorf("%w: the store is closed", errNotWritten)
	}
	return p.file.Stat()
}

// swap has the check write to another file, such as a full disk's in a test, and
// returns the one before.
func (p *probe) swap(file *os.File) (before *os.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, p.file = p.file, file
	return before
}

// rest is touch for the engine, which commits all the same: the writer has just
// heard the error.
func (p *probe) rest() { _ = p.touch() }

// hangs reports whether a touch has been waiting for long.
func (p *probe) hangs() bool {
	began := p.began.Load()
	return began != nil && time.Since(*began) > hangsAfter
}

// errNotWritten marks an error from before anything was written, which leaves
// the engine as good as it was.
var errNotWritten = errors.New("preparing the transaction")
