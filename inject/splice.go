package inject

import (
	"errors"
	"fmt"
	"sync"

	"github.com/parley-chat/parley/inject/deflate"
	"github.com/parley-chat/parley/inject/scan"
	"github.com/parley-chat/parley/internal/panics"
)

// A body that comes in gzip or deflate, and may go so, stays compressed: the
// element is spliced into it.

// spliceStep is how much is decoded between two looks for the place. Most pages
// have it in the first kilobyte.
const spliceStep = 1 << 10

// maxSplicer is the largest Splicer that is kept for another response, in bytes.
const maxSplicer = 512 << 10

var splicers = sync.Pool{New: func() any { return new(deflate.Splicer) }}

// beginnings are those of pages that all get, with the element in them. One memo
// serves all Injectors, which bounds its memory.
var beginnings deflate.Memo

func newSplicer(coding string) *deflate.Splicer {
	s := splicers.Get().(*deflate.Splicer)
	if coding == "deflate" {
		s.Reset(deflate.Zlib)
	} else {
		s.Reset(deflate.Gzip)
	}
	s.Use(&beginnings)
	return s
}

// dropSplicer gives the Splicer back: what follows passes as it is.
func (w *Writer) dropSplicer() {
	if w.splicing.Size() <= maxSplicer {
		splicers.Put(w.splicing)
	}
	w.splicing = nil
}

func (w *Writer) writeSpliced(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if w.splicing == nil {
			return len(p), w.forward(rest)
		}
		step := rest[:min(len(rest), feedLen)]
		rest = rest[len(step):]
		var err error
		if w.injected {
			err = w.pass(step)
		} else {
			w.splicing.Feed(step)
			err = w.seekSpliced()
		}
		if err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// pass sends on what follows the element.
func (w *Writer) pass(p []byte) error {
	return w.sendSpliced(func() ([]byte, error) { return w.splicing.Pass(p) })
}

// spliced makes a bug, met by what a stranger sent, an error.
func (w *Writer) spliced(do func() ([]byte, error)) (b []byte, err error) {
	defer panics.ToError(&err)
	return do()
}

// sendSpliced sends what becomes of the stream. Where that can't be read on, the
// rest goes as it came. After a bug the page goes without the element, unless some
// of it is on its way: then it breaks off.
func (w *Writer) sendSpliced(do func() ([]byte, error)) error {
	b, err := w.spliced(do)
	if errors.Is(err, deflate.ErrCorrupt) {
		b, err = w.spliced(func() ([]byte, error) { return w.splicing.GiveUp(), nil })
	}
	switch {
	case err == nil:
		return w.forward(b)
	case !w.splicing.Intact():
		return fmt.Errorf("inserting into a body encoded with %s: %w", w.coding, err)
	}
	w.injected = false
	return w.passUnread(err)
}

// seekSpliced looks for the place in what there is.
func (w *Writer) seekSpliced() error {
	for w.splicing != nil && w.state == stateScan {
		more, err := w.decodeSpliced()
		if err != nil {
			return w.passUnread(err)
		}
		b := w.lookedAt()
		switch {
		case more && !w.scanner.Due(len(b)):
		case more:
			if v := w.scan(b, false); v != scan.More {
				return w.concludeSpliced(v)
			}
		case len(w.splicing.Held()) > rawLimit:
			w.reason = TooFar
			return w.passSpliced()
		default:
			return nil
		}
	}
	return nil
}

// lookedAt is what was decoded and the scanner has not let go.
func (w *Writer) lookedAt() []byte { return w.splicing.Decoded()[w.scanner.Offset():] }

func (w *Writer) decodeSpliced() (more bool, err error) {
	defer panics.ToError(&err)
	return w.splicing.Next(spliceStep)
}

// passSpliced passes the body as it came.
func (w *Writer) passSpliced() error {
	if !w.committed {
		w.commit()
	}
	w.state = statePass
	err := w.forward(w.splicing.Held())
	w.dropSplicer()
	return err
}

// passUnread does so because of an error: the stream's, or a bug.
func (w *Writer) passUnread(err error) error {
	w.reason = Failed
	if errors.Is(err, deflate.ErrCorrupt) {
		w.reason = Encoded
	}
	return w.passSpliced()
}

// concludeSpliced is called when the scan has ended.
func (w *Writer) concludeSpliced(v scan.Result) error {
	if v == scan.Skipped {
		return w.passSpliced()
	}
	place := w.scanner.Offset() + w.scanner.Place()
	w.state = statePass
	w.buildTag() // the page may have brought its nonce after the header
	// So much is mostly there that the length is known, and damage seen, before
	// the header goes.
	b, err := w.spliced(func() ([]byte, error) {
		w.splicing.Insert(place, w.tag)
		return w.splicing.Pass(nil)
	})
	if err != nil && !w.committed && w.splicing.Intact() {
		return w.passUnread(err)
	}
	w.injected = true
	if !w.committed {
		w.commit()
	}
	return w.sendSpliced(func() ([]byte, error) { return b, err })
}

// flushSpliced sends the header, and the body up to the last complete token.
func (w *Writer) flushSpliced() error {
	if b := w.lookedAt(); w.scanner.Looked() < len(b) {
		if v := w.scan(b, false); v != scan.More {
			return w.concludeSpliced(v)
		}
	}
	if !w.committed {
		w.unsure = !w.head
		w.commit()
		w.state = stateScan
	}
	n := w.scanner.Safe()
	b, err := w.spliced(func() ([]byte, error) { return w.splicing.Take(w.joined[:0], w.scanner.Offset()+n), nil })
	if err != nil {
		return w.passUnread(err)
	}
	w.joined = b
	w.scanner.Advance(n)
	return w.forward(b)
}

// finishSpliced ends the search at the end of the body, and sends the rest.
func (w *Writer) finishSpliced() error {
	if !w.injected {
		b := w.lookedAt()
		if w.head && len(w.splicing.Held()) == 0 {
			return w.finishScan()
		}
		if len(w.splicing.Decoded()) == 0 {
			w.reason = Encoded
			return w.passSpliced()
		}
		if err := w.concludeSpliced(w.scan(b, true)); err != nil || w.splicing == nil {
			return err
		}
	}
	return w.endSpliced(w.length == 0 || w.splicing.Came() == w.length)
}

// endSpliced sends what is held behind the element. whole says that the stream is
// not known to break off.
func (w *Writer) endSpliced(whole bool) error {
	return w.sendSpliced(func() ([]byte, error) { return w.splicing.Finish(whole), nil })
}

// flushPassed sends on what was flushed behind the element.
func (w *Writer) flushPassed() error {
	return w.sendSpliced(func() ([]byte, error) { return w.splicing.Flush(), nil })
}

// abandonSpliced sends what is held as it is.
func (w *Writer) abandonSpliced() error {
	if w.injected {
		return w.endSpliced(w.splicing.Came() == w.length)
	}
	w.reason = Canceled
	return w.passSpliced()
}
