package inject

import (
	"errors"
	"net/http"

	"github.com/parley-chat/parley/inject/scan"
)

// sniffLen is how much http.DetectContentType looks at.
const sniffLen = 512

// Write forwards p, or looks in it for the place. p is not kept.
func (w *Writer) Write(p []byte) (int, error) {
	switch {
	case w.splicing != nil:
		return w.writeSpliced(p)
	case w.decoding != nil:
		return w.writeEncoded(p)
	}
	switch w.state {
	case statePass:
		return w.w.Write(p)
	case stateIdle:
		w.WriteHeader(http.StatusOK)
		return w.Write(p)
	case stateSniff:
		return w.writeSniff(p)
	case stateScan:
		return w.writeScan(p)
	}
	return 0, http.ErrHijacked
}

// writeSniff gathers what net/http would look at to set Content-Type.
func (w *Writer) writeSniff(p []byte) (int, error) {
	k := min(len(p), sniffLen-len(w.held))
	w.held = append(w.held, p[:k]...)
	if len(w.held) < sniffLen {
		return k, nil
	}
	if err := w.sniff(); err != nil {
		return 0, err
	}
	if k == len(p) {
		return k, nil
	}
	n, err := w.Write(p[k:])
	return k + n, err
}

func (w *Writer) sniff() error {
	if len(w.held) > 0 {
		ct := http.DetectContentType(w.held)
		if html, _ := parseHTMLType(ct); html {
			w.pending()["Content-Type"] = []string{ct}
			w.decide()
		}
	}
	switch {
	case w.state == stateScan:
		_, err := w.writeScan(nil)
		return err
	case !w.committed:
		w.reason = NotHTML
		w.commit()
	}
	return w.writeHeld()
}

func (w *Writer) writeHeld() error {
	if len(w.held) == 0 {
		return nil
	}
	err := w.forward(w.held)
	w.held = w.held[:0]
	return err
}

// writeScan looks for the place. As long as nothing is held, p is not copied.
func (w *Writer) writeScan(p []byte) (int, error) {
	if len(w.held) == 0 && len(p) > 0 {
		v := w.scan(p, false)
		if v == scan.More {
			w.held = append(w.held, p...)
			return len(p), nil
		}
		if err := w.conclude(p, v); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	// One byte past the limit settles it, so no more need be held.
	k := min(len(p), max(scan.Limit+1-w.scanner.Offset()-len(w.held), 0))
	w.held = append(w.held, p[:k]...)
	if !w.scanner.Due(len(w.held)) {
		return len(p), nil
	}
	v := w.scan(w.held, false)
	if v == scan.More {
		return len(p), nil
	}
	held := w.held
	w.held = w.held[:0]
	if err := w.conclude(held, v); err != nil {
		return 0, err
	}
	if k == len(p) {
		return k, nil
	}
	if err := w.forward(p[k:]); err != nil {
		return k, err
	}
	return len(p), nil
}

// conclude is called when the scan has ended; b is what was not sent yet.
func (w *Writer) conclude(b []byte, v scan.Result) error {
	at := len(b)
	if v == scan.Skipped {
		if w.decoding != nil && !w.committed {
			return errAbandoned
		}
	} else {
		at = w.scanner.Place()
	}
	if !w.committed {
		w.commit()
	}
	w.state = statePass
	if v == scan.Skipped {
		return w.forward(b)
	}
	if w.unsure {
		w.buildTag() // the page may have brought its nonce after the header
	}
	return w.insert(b, at)
}

// joinLen is how much of a page goes out with the element in one write.
const joinLen = 2 << 10

// insert forwards b with the element at b[at:]. The pieces are joined: where no
// length is known, Caddy's encode decides by that of the first write whether
// it compresses, and the head alone may be too short for that.
func (w *Writer) insert(b []byte, at int) error {
	if at > joinLen {
		if err := w.forward(b[:at]); err != nil {
			return err
		}
		b, at = b[at:], 0
	}
	n := min(len(b), joinLen)
	w.joined = append(append(append(w.joined[:0], b[:at]...), w.tag...), b[at:n]...)
	w.injected = true
	if err := w.forward(w.joined); err != nil {
		return err
	}
	return w.forward(b[n:])
}

func (w *Writer) forward(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if w.encoder != nil {
		_, err := w.encoder.Write(b)
		return err
	}
	_, err := w.w.Write(b)
	return err
}

// finishScan ends the search at the end of the body.
func (w *Writer) finishScan() error {
	held := w.held
	w.held = w.held[:0]
	if w.head && len(held) == 0 && w.scanner.Offset() == 0 {
		// Nothing to look at: the page has the element, unless it is empty.
		if w.committed {
			w.state = statePass
			return nil
		}
		if cl := w.pending()["Content-Length"]; len(cl) > 0 && cl[0] == "0" {
			w.reason = NoLT
		}
		w.commit()
		return nil
	}
	return w.conclude(held, w.scan(held, true))
}

// FlushError sends what was written so far. Before the place is known that is
// the header and the body up to the last complete token; of a body of which nothing
// could be decoded yet, nothing.
func (w *Writer) FlushError() error {
	w.flushed = true
	switch w.state {
	case stateIdle:
		w.WriteHeader(http.StatusOK)
		return w.FlushError()
	case stateSniff:
		if err := w.sniff(); err != nil {
			return err
		}
		return w.FlushError()
	case stateScan:
		flush := w.flushScan
		switch {
		case w.splicing != nil:
			flush = w.flushSpliced
		case w.decoding != nil:
			flush = w.flushEncoded
		}
		if err := flush(); err != nil || !w.committed {
			return err
		}
	case stateDead:
		return http.ErrHijacked
	}
	if w.splicing != nil && w.injected {
		if err := w.flushPassed(); err != nil {
			return err
		}
	}
	if w.encoder != nil {
		if err := w.encoder.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.w).Flush()
}

func (w *Writer) flushScan() error {
	if w.scanner.Looked() < len(w.held) {
		if v := w.scan(w.held, false); v != scan.More {
			held := w.held
			w.held = w.held[:0]
			err := w.conclude(held, v)
			if errors.Is(err, errAbandoned) {
				return w.abandon(err)
			}
			return err
		}
	}
	if !w.committed {
		w.unsure = !w.head
		w.commit()
		w.state = stateScan
	}
	n := w.scanner.Safe()
	if err := w.forward(w.held[:n]); err != nil {
		return err
	}
	w.scanner.Advance(n)
	w.held = w.held[:copy(w.held, w.held[n:])]
	return nil
}

// Flush implements http.Flusher.
func (w *Writer) Flush() { _ = w.FlushError() }
