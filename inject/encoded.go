package inject

import "fmt"

func (w *Writer) writeDecoded(b []byte) error {
	if w.decoding.closed {
		return errAbandoned
	}
	if w.decoding.recalled != nil {
		return errRecalled
	}
	if w.state == statePass {
		return w.forward(b)
	}
	_, err := w.writeScan(b)
	return err
}

// writeEncoded decodes p. Until the header is sent there is a way back: then
// the response passes as it came.
func (w *Writer) writeEncoded(p []byte) (int, error) {
	d := w.decoding
	if !w.committed && d.fed < d.whole {
		d.raw = append(d.raw, p...)
		if len(d.raw) < d.whole {
			return len(p), nil
		}
		return len(p), w.feedHeld()
	}
	return len(p), w.feed(p)
}

// feedHeld decodes what was awaited.
func (w *Writer) feedHeld() error {
	d := w.decoding
	if d.fed >= len(d.raw) {
		return nil
	}
	p := d.raw[d.fed:]
	d.fed = len(d.raw)
	for len(p) > 0 && w.decoding != nil {
		step := p[:min(len(p), feedLen)]
		p = p[len(step):]
		if err := d.feed(step); err != nil {
			return w.abandon(err)
		}
	}
	if w.committed {
		d.raw = nil
	}
	return nil
}

// flushEncoded sends what there is, and waits for no more. Where nothing could be
// decoded yet, there is nothing to show but the header, and that waits: the body may
// turn out not to be what it says it is, and then passes as it came. Proxies flush a
// header before the body is there.
func (w *Writer) flushEncoded() error {
	d := w.decoding
	d.whole = 0
	if err := w.feedHeld(); err != nil || w.state != stateScan || d.wrote == 0 {
		return err
	}
	return w.flushScan()
}

// feed decodes p, a part at a time.
func (w *Writer) feed(p []byte) error {
	d := w.decoding
	for rest := p; len(rest) > 0; {
		step := rest[:min(len(rest), feedLen)]
		rest = rest[len(step):]
		if !w.committed {
			d.raw = append(d.raw, step...)
			d.fed = len(d.raw)
		}
		err := d.feed(step)
		if err == nil && !w.committed && len(d.raw) > rawLimit {
			w.reason = TooFar
			err = errAbandoned
		}
		if w.committed {
			d.raw = nil
		}
		if err == nil {
			continue
		}
		if err := w.abandon(err); err != nil {
			return err
		}
		return w.forward(rest)
	}
	return nil
}

// abandon passes the body as it came, if that is still possible.
func (w *Writer) abandon(err error) error {
	if w.committed {
		return fmt.Errorf("inserting into a body encoded with %s: %w", w.decoding.coding, err)
	}
	if w.reason == Injected {
		w.reason = Encoded
	}
	raw := w.decoding.raw
	w.decoding.close()
	w.decoding = nil
	w.held = w.held[:0]
	w.commit()
	return w.forward(raw)
}

// finishEncoded decodes the rest, ends the search and closes the decoder.
func (w *Writer) finishEncoded() error {
	if w.head && w.decoding.read == 0 {
		return w.finishScan()
	}
	if err := w.feedHeld(); err != nil || w.decoding == nil {
		return err
	}
	err := w.decoding.finish()
	if err == nil && w.state == stateScan {
		err = w.finishScan()
	}
	if err != nil {
		return w.abandon(err)
	}
	return nil
}

// abandonEncoded sends what is held: as it came, or as the header says by now.
func (w *Writer) abandonEncoded() error {
	if !w.committed {
		w.reason = Canceled
		return w.abandon(errAbandoned)
	}
	_ = w.decoding.finish() // the decoder may rest on bytes that it has decoded
	if w.state == stateScan {
		w.reason = Canceled
		w.state = statePass
		if err := w.writeHeld(); err != nil {
			return err
		}
	}
	if w.encoder != nil {
		return w.encoder.Close()
	}
	return nil
}
