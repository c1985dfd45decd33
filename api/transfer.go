package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

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
	// transferWait is when it is worth trying again to begin one too many.
	transferWait = 2 * time.Second
	// headTime is how long the first line of an upload may take.
	headTime = 10 * time.Second
	// transferIdle is how long the other end may be silent, and how far it may
	// be behind leastRate, in bytes a second. transferTime is how long the whole
	// may take, which is enough for the largest file at that rate.
	transferIdle = 30 * time.Second
	leastRate    = 12 << 10
	transferTime = 15 * time.Minute
	// checkEvery is after how long a transfer asks again whether it still may.
	checkEvery = time.Second
)

// transfers are the uploads or the downloads of one process. The zero value is
// ready.
type transfers struct {
	mu     sync.Mutex
	open   map[*transfer]struct{}
	counts map[uint64]int // by session and address
	closed bool

	// For tests; zero for checkEvery, headTime and transferIdle.
	checkEvery, headTime, grace time.Duration
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
	done    int64         // bytes
	broken  bool          // the rest of the request's body is not worth waiting for
	// may is asked now and then, so that what was allowed at first ends with
	// the session. It returns why not.
	may   func(context.Context) error
	asked time.Time
	every time.Duration

	mu   sync.Mutex
	over bool
}

// begin takes the transfer of one request up, whose asker is known. end must
// be called before its handler returns.
func (ts *transfers) begin(w http.ResponseWriter, r *http.Request, c caller) (t *transfer, end func(), err error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.closed {
		return nil, nil, chat.ErrUnavailable
	}
	if len(ts.open) >= maxTransfers || !c.local && ts.counts[c.address] >= maxTransfersFrom ||
		c.known && ts.counts[c.session] >= maxTransfersOf {
		return nil, nil, &limitedError{transferWait}
	}
	if ts.open == nil {
		ts.open, ts.counts = map[*transfer]struct{}{}, map[uint64]int{}
	}
	// A browser that goes away is noticed by reading or writing; what is
	// stored for it until then must not be cut off in the middle.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), transferTime)
	now := time.Now()
	t = &transfer{ctx: ctx, w: w,
		control: http.NewResponseController(w), begun: now, until: now.Add(transferTime), grace: cmp.Or(ts.grace, transferIdle),
		asked: now, every: cmp.Or(ts.checkEvery, checkEvery)}
	ts.open[t] = struct{}{}
	ts.counts[c.address]++
	ts.counts[c.session]++
	return t, func() {
		cancel()
		t.finish()
		ts.remove(t, c)
	}, nil
}

func (ts *transfers) remove(t *transfer, c caller) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	delete(ts.open, t)
	for _, key := range [...]uint64{c.address, c.session} {
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
		t.cut()
	}
}

// cut lets what the transfer waits for fail.
func (t *transfer) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	t.over = true
	t.deadlines(time.Now())
}

// finish gives the connection back to the server.
func (t *transfer) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	t.over = true
	t.deadlines(time.Time{})
	if t.broken { // else the server reads on before it answers
		_ = t.control.SetReadDeadline(time.Now())
	}
}

// deadlines bounds reading and writing. A server that can't do that has bounds
// of its own.
func (t *transfer) deadlines(at time.Time) {
	_ = t.control.SetReadDeadline(at)
	_ = t.control.SetWriteDeadline(at)
}

// more gives time for one more part.
func (t *transfer) more() error {
	now := time.Now()
	if t.may != nil && now.Sub(t.asked) >= t.every {
		t.asked = now
		if err := t.may(t.ctx); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || now.After(t.until) {
		return errCutOff
	}
	t.deadlines(t.patience(now))
	return nil
}

// patience returns until when the next part must have come.
func (t *transfer) patience(now time.Time) time.Time {
	next := now.Add(transferIdle)
	due := t.begun.Add(t.grace + time.Duration(t.done)*time.Second/leastRate)
	for _, sooner := range [...]time.Time{due, t.until} {
		if sooner.Before(next) {
			next = sooner
		}
	}
	return next
}

// errCutOff says that a file did not come to its end.
var errCutOff = &chat.Error{Code: "cut_off", Text: "the file did not arrive whole; please send it again"}

// Read reads a part of the request's body.
func (t *transfer) Read(p []byte) (int, error) {
	if err := t.more(); err != nil {
		return 0, err
	}
	n, err := t.body.Read(p)
	t.done += int64(n)
	err = uploadError(err)
	t.broken = errors.Is(err, errCutOff)
	return n, err
}

// uploadError returns why the body of an upload can't be read, for who sent it.
func uploadError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return chat.ErrTooLarge
	case err != nil && !errors.Is(err, io.EOF):
		return errCutOff
	}
	return err
}

// Write writes a part of the response's body.
func (t *transfer) Write(p []byte) (int, error) {
	if err := t.more(); err != nil {
		return 0, err
	}
	n, err := t.w.Write(p)
	t.done += int64(n)
	return n, err
}
