package inject

import (
	"net/http"

	"github.com/parley-chat/parley/inject/deflate"
	"github.com/parley-chat/parley/inject/scan"
	"github.com/parley-chat/parley/internal/httpfields"
	"github.com/parley-chat/parley/internal/panics"
)

// HeaderFunc is called with a response's header right before it is sent: once
// for the final header, with the reason why the response is not injected
// (Injected if it is), and before the edits that injection itself needs; it may
// change the header. It is also called for each informational response
// (Reason Informational); then it may only delete fields.
//
// Where a flush sends the header before the place is known, the reason is
// Injected although the body may still say otherwise; [Writer.Reason] knows at
// the end.
type HeaderFunc func(h http.Header, status int, reason Reason)

type state uint8

const (
	stateIdle  state = iota // no final header yet
	stateSniff              // no Content-Type: the first bytes decide
	stateScan               // looking for the place
	statePass               // forwarding
	stateDead               // hijacked or released
)

// Writer is the http.ResponseWriter that inserts. Get one from
// [Injector.Wrap], and end it with Finish or Abandon, and Release. Like any
// ResponseWriter it serves one goroutine at a time.
type Writer struct {
	response
	scratch
}

// response is what belongs to one response.
type response struct {
	w        http.ResponseWriter
	r        *http.Request
	in       *Injector
	hook     HeaderFunc
	hidden   func(name string) bool // trailers to be taken out
	decision Decision

	state     state
	head      bool // a HEAD request: the headers of GET, no body
	committed bool // the final header was sent
	injected  bool // the element was written
	flushed   bool // the handler has flushed something
	unsure    bool // the header goes out before the length can be known
	charset   bool // Content-Type names the encoding
	status    int
	reason    Reason

	fields   fields
	scanner  scan.Scanner
	policies policyState
	coding   string // the body's encoding, to be decoded
	decoding *decoding
	splicing *deflate.Splicer
	length   int         // of the body that is spliced, as it comes; zero where it says none
	encoder  encoder     // of what was decoded
	encoding int         // its coding, an index into codingNames
	tag      []byte      // the element as it goes into this page
	final    http.Header // the header as it was at WriteHeader, if it may have changed since
}

// scratch is what a Writer keeps from one response to the next.
type scratch struct {
	held   []byte // the body's bytes that were not sent yet
	joined []byte // the element with what is around it
	buf    []byte // backs tag where it has a nonce
	values headerValues
}

var (
	_ http.ResponseWriter = (*Writer)(nil)
	_ http.Flusher        = (*Writer)(nil)
	_ http.Hijacker       = (*Writer)(nil)
)

// Wrap returns a ResponseWriter for the handler, from a pool. r is the request
// as it arrived and d what [Injector.Request] said of it; onHeader may be nil.
// Call Finish when the handler has returned normally, and Release in any case.
func (in *Injector) Wrap(w http.ResponseWriter, r *http.Request, d Decision, onHeader HeaderFunc) *Writer {
	iw := in.writers.Get().(*Writer)
	iw.w, iw.r, iw.in, iw.hook, iw.decision, iw.state = w, r, in, onHeader, d, stateIdle
	iw.reason = d.reason
	iw.head = r.Method == http.MethodHead
	return iw
}

// Reason says why the response was not injected; it is final after Finish.
func (w *Writer) Reason() Reason {
	if w.reason == Injected && !w.injected && !(w.head && w.committed) {
		return Canceled
	}
	return w.reason
}

// Committed reports whether the final header was sent, or was handed over with
// a hijacked connection. A header that is held does not count.
func (w *Writer) Committed() bool { return w.committed || w.state == stateDead }

// Started reports whether the handler has called WriteHeader, Write or Flush,
// also if the header is still held.
func (w *Writer) Started() bool { return w.state != stateIdle }

// Header returns the header map of the underlying writer.
func (w *Writer) Header() http.Header {
	h := w.w.Header()
	if w.final == nil && !w.committed && w.state != stateIdle && w.state != stateDead {
		// The header is complete but not sent: what comes now, trailers for
		// example, must not become part of it.
		w.final = h.Clone()
	}
	return h
}

// WriteHeader takes the final header, or passes on an informational one.
func (w *Writer) WriteHeader(status int) {
	switch {
	case w.state == stateDead:
		return
	case w.state != stateIdle:
		if w.committed {
			w.w.WriteHeader(status) // reports the superfluous call
		}
		return
	case status == http.StatusSwitchingProtocols:
		w.status, w.reason = status, Informational
		w.commit()
		return
	case status >= 100 && status < 200:
		if w.hook != nil {
			w.hook(w.w.Header(), status, Informational)
		}
		w.w.WriteHeader(status)
		return
	}
	w.status = status
	h := w.w.Header()
	if w.reason == Injected {
		if _, typed := h["Content-Type"]; !typed && len(h["Content-Encoding"]) == 0 && w.judgeStatus(status) == Injected {
			w.state = stateSniff
			return
		}
	}
	w.decide()
}

// decide judges the complete header: the response passes, or its body is scanned.
func (w *Writer) decide() {
	h := w.pending()
	if w.reason == Injected {
		w.reason = w.judge(h)
	}
	if w.reason != Injected {
		w.commit()
		return
	}
	c := codingNamed(w.coding)
	splice := c&w.decision.codings&(codingGzip|codingDeflate) != 0
	if c != 0 && !splice && (!w.mayDecode() || !startDecoding()) {
		w.reason = Encoded
		w.commit()
		return
	}
	w.scanner.Reset(w.charset, w.in.room, (*metaJudge)(w))
	switch w.decision.vary {
	case varyAll:
		w.scanner.DocumentsOnly() // nothing but the body tells a page from a part of one
	case varyDest:
		w.scanner.TextMayLead() // the browser says that it wants a document
	}
	w.state = stateScan
	switch {
	case c == 0:
	case splice:
		w.splicing = newSplicer(w.coding)
		w.length = contentLength(h)
	default:
		w.decoding = newDecoding(w, w.coding)
	}
}

// mayDecode reports whether a body that was decoded can be sent.
func (w *Writer) mayDecode() bool {
	_, encodes := target(w.decision.codings)
	return encodes || w.decision.codings&refusesIdentity == 0
}

// Finish is called after the handler returned normally. It sends the header if
// none was sent, inserts at the end where no place was found, and sends what
// is held. An error means that the client got a damaged response; where the
// server can't see that itself, abort with http.ErrAbortHandler.
func (w *Writer) Finish() error {
	switch w.state {
	case stateIdle:
		w.WriteHeader(http.StatusOK)
		return w.Finish()
	case stateSniff:
		if err := w.sniff(); err != nil {
			return err
		}
		return w.Finish()
	default:
		if err := w.finishBody(); err != nil {
			return err
		}
	}
	if w.injected || w.hidden != nil {
		httpfields.Drop(w.w.Header(), func(name string) bool { // of trailers
			return w.injected && isDigest(name) || w.hidden != nil && w.hidden(name)
		})
	}
	return nil
}

// HideTrailers has Finish take the fields whose canonical names are so out of the
// trailers, in the same pass as its own: one pass costs as much as the rest of it.
func (w *Writer) HideTrailers(are func(name string) bool) { w.hidden = are }

func (w *Writer) finishBody() error {
	switch {
	case w.splicing != nil:
		return w.finishSpliced()
	case w.decoding != nil:
		if err := w.finishEncoded(); err != nil || w.encoder == nil {
			return err
		}
		return w.encoder.Close()
	case w.state == stateScan:
		return w.finishScan()
	}
	return nil
}

// Abandon is called instead of Finish where the handler failed after it had
// begun to answer. What is held is sent as it is, and nothing is inserted.
func (w *Writer) Abandon() error {
	switch {
	case w.state == stateIdle, w.state == stateDead:
		return nil
	case w.splicing != nil:
		return w.abandonSpliced()
	case w.decoding != nil:
		return w.abandonEncoded()
	case w.state == statePass:
		return nil
	}
	w.reason = Canceled
	if !w.committed {
		w.commit()
	}
	w.state = statePass
	return w.writeHeld()
}

// Interrupt is called before the response is cut off, as where the handler panics:
// what is held is sent first, and flushed if the handler has flushed, so that as
// much arrives as without a Writer. Release follows.
func (w *Writer) Interrupt() {
	var err error
	defer panics.ToError(&err)
	if w.Abandon() == nil && w.flushed {
		_ = http.NewResponseController(w.w).Flush()
	}
}

// RestoreRequest undoes what [Injector.Request] edited in the request's header,
// for those who answer in place of a handler that failed. It is called before
// Release, and only where the handler has left nothing behind that still reads
// the request.
func (w *Writer) RestoreRequest() {
	if w.decision.arrived.header != nil {
		w.decision.arrived.restore()
	}
}

// maxKept is the largest buffer that goes back to the pool.
const maxKept = scan.Limit + 4<<10

// Release returns the Writer to the pool; nothing more is written. It follows
// every Wrap, also after a panic, when Finish is not called: a response that
// was cut off must not look complete.
func (w *Writer) Release() {
	if w.in == nil {
		return
	}
	if w.decoding != nil {
		w.decoding.close()
	}
	if w.splicing != nil {
		w.dropSplicer()
	}
	w.dropEncoder()
	in := w.in
	w.response = response{} // with a field set it would be made elsewhere and copied
	w.state = stateDead
	w.held, w.buf = w.held[:0], w.buf[:0]
	if cap(w.held) > maxKept {
		w.held = nil
	}
	if cap(w.joined) > maxKept {
		w.joined = nil
	}
	in.writers.Put(w)
}
