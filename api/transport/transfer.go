package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/chat"
)

// Bounds of files on their way. Each takes a chunk of the store and a buffer or
// two in memory, some 200 KB together.
const (
	// maxTransfers is how many are under way in one process and direction,
	// maxTransfersFrom from or to one network address, unless that is a proxy
	// we were not told of, and maxTransfersOf of one session.
	maxTransfers     = 32
	maxTransfersFrom = 16
	maxTransfersOf   = 4
	// transferRetry is how long to wait before trying again to begin one too many.
	transferRetry = 2 * time.Second
	// headTimeout is how long the first line of an upload may take.
	headTimeout = 10 * time.Second
	// transferIdleTimeout is how long the other end may be silent, and how far it may
	// be behind leastRate, in bytes a second. transferTimeout is how long the whole
	// may take, which is enough for the largest file at that rate.
	transferIdleTimeout = 30 * time.Second
	leastRate           = 12 << 10
	transferTimeout     = 15 * time.Minute
	// checkInterval is how often a transfer checks that its right still holds.
	checkInterval = time.Second
)

// transfers are the uploads or the downloads of one process. With several nodes
// each counts its own, which is harmless: what is bounded is its memory.
type transfers struct {
	checkInterval, headTimeout, idleTimeout time.Duration

	mu     sync.Mutex
	open   map[*transfer]struct{}
	counts map[uint64]int // by session and address
	closed bool
}

func newTransfers() *transfers {
	return &transfers{
		checkInterval: checkInterval, headTimeout: headTimeout, idleTimeout: transferIdleTimeout,
		open: map[*transfer]struct{}{}, counts: map[uint64]int{},
	}
}

// transfer is one file on its way. It is a reader of the request's body and a
// writer of the response, with time for each part.
type transfer struct {
	ctx     context.Context
	body    io.Reader
	w       http.ResponseWriter
	control *http.ResponseController
	begun   time.Time
	until   time.Time
	grace   time.Duration // how far it may be behind leastRate
	moved   int64         // bytes
	broken  bool          // the rest of the request's body is not worth waiting for
	// check is called now and then, so that what was allowed at first ends with
	// the session. It returns why.
	check         func(context.Context) error
	checked       time.Time
	checkInterval time.Duration

	mu       sync.Mutex
	finished bool
}

// begin takes the transfer of one request up, whose sender is known. end must
// be called before its handler returns.
func (ts *transfers) begin(w http.ResponseWriter, r *http.Request, c limits.Caller) (t *transfer, end func(), err error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.closed {
		return nil, nil, chat.ErrUnavailable
	}
	if len(ts.open) >= maxTransfers || !c.Local && ts.counts[c.Network] >= maxTransfersFrom ||
		c.HasSession && ts.counts[c.Session] >= maxTransfersOf {
		return nil, nil, &limits.Exceeded{Retry: transferRetry}
	}
	// A browser that goes away is noticed by reading or writing; what is
	// stored for it until then must not be cut off in the middle.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), transferTimeout)
	now := time.Now()
	t = &transfer{ctx: ctx, w: w,
		control: http.NewResponseController(w), begun: now, until: now.Add(transferTimeout), grace: ts.idleTimeout,
		checked: now, checkInterval: ts.checkInterval}
	ts.open[t] = struct{}{}
	ts.counts[c.Network]++
	ts.counts[c.Session]++
	return t, func() {
		cancel()
		t.finish()
		ts.remove(t, c)
	}, nil
}

func (ts *transfers) remove(t *transfer, c limits.Caller) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	delete(ts.open, t)
	for _, key := range [...]uint64{c.Network, c.Session} {
		if ts.counts[key]--; ts.counts[key] <= 0 {
			delete(ts.counts, key)
		}
	}
}

// close ends all of them: whoever stops the server does not wait for somebody's
// slow network.
func (ts *transfers) close() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.closed = true
	for t := range ts.open {
		t.abort()
	}
}

// abort lets what the transfer waits for fail.
func (t *transfer) abort() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished {
		return
	}
	t.finished = true
	t.setDeadlines(time.Now())
}

// finish gives the connection back to the server.
func (t *transfer) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished {
		return
	}
	t.finished = true
	t.setDeadlines(time.Time{})
	if t.broken { // else the server reads on before it answers
		_ = t.control.SetReadDeadline(time.Now())
	}
}

// setDeadlines bounds reading and writing. A server that can't do that has bounds
// of its own.
func (t *transfer) setDeadlines(at time.Time) {
	_ = t.control.SetReadDeadline(at)
	_ = t.control.SetWriteDeadline(at)
}

// extend gives time for one more part.
func (t *transfer) extend() error {
	now := time.Now()
	if t.check != nil && now.Sub(t.checked) >= t.checkInterval {
		t.checked = now
		if err := t.check(t.ctx); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished || now.After(t.until) {
		return frame.ErrCutOff
	}
	t.setDeadlines(t.nextDeadline(now))
	return nil
}

// nextDeadline returns until when the next part must have come.
func (t *transfer) nextDeadline(now time.Time) time.Time {
	next := now.Add(transferIdleTimeout)
	due := t.begun.Add(t.grace + time.Duration(t.moved)*time.Second/leastRate)
	for _, sooner := range [...]time.Time{due, t.until} {
		if sooner.Before(next) {
			next = sooner
		}
	}
	return next
}

// Read reads a part of the request's body.
func (t *transfer) Read(p []byte) (int, error) {
	if err := t.extend(); err != nil {
		return 0, err
	}
	n, err := t.body.Read(p)
	t.moved += int64(n)
	err = uploadError(err)
	t.broken = errors.Is(err, frame.ErrCutOff)
	return n, err
}

// Write writes a part of the response's body.
func (t *transfer) Write(p []byte) (int, error) {
	if err := t.extend(); err != nil {
		return 0, err
	}
	n, err := t.w.Write(p)
	t.moved += int64(n)
	return n, err
}
