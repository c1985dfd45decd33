package inject

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
)

var copyBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// ReadFrom looks for the place and then leaves the copying to the underlying
// writer, which may use sendfile.
func (w *Writer) ReadFrom(src io.Reader) (int64, error) {
	var n int64
	if w.looks() {
		buf := copyBuffers.Get().(*[32 << 10]byte)
		defer copyBuffers.Put(buf)
		for w.looks() {
			m, rerr := src.Read(buf[:])
			if m > 0 {
				k, werr := w.Write(buf[:m])
				n += int64(k)
				if werr != nil {
					return n, werr
				}
			}
			if rerr == io.EOF {
				return n, nil
			}
			if rerr != nil {
				return n, rerr
			}
		}
	}
	if rf, ok := w.w.(io.ReaderFrom); ok {
		m, err := rf.ReadFrom(src)
		return n + m, err
	}
	buf := copyBuffers.Get().(*[32 << 10]byte)
	defer copyBuffers.Put(buf)
	m, err := io.CopyBuffer(writerOnly{w.w}, src, buf[:])
	return n + m, err
}

// looks reports whether the body's bytes are looked at, or changed.
func (w *Writer) looks() bool { return w.state != statePass || w.decoding != nil || w.splicing != nil }

type writerOnly struct{ io.Writer }

// Unwrap returns the underlying writer, for http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.w }

// Hijack hands the connection over; nothing is written any more.
func (w *Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(w.w).Hijack()
	if err == nil {
		w.state = stateDead
	}
	return c, rw, err
}
