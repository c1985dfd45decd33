package inject

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"iter"
	"strings"
	"sync/atomic"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/parley-chat/parley/inject/scan"
	"github.com/parley-chat/parley/internal/panics"
)

// Bounds of decoding.
const (
	// rawLimit is how much of an encoded body is kept so that it can still
	// pass as it is.
	rawLimit = 2 * scan.Limit
	// zstdWindow is what RFC 9659 allows for content encodings.
	zstdWindow = 8 << 20
	// feedLen is how much is decoded at a time.
	feedLen = 32 << 10
)

// maxDecodings is how many bodies are decoded at a time, or wait for a client that
// reads slowly, in all of the process. Each takes 3 to 6 MB if it comes in Brotli and up
// to 13 MB in Zstandard, most of that for what the upstream says that the decoder
// must look back on, and for the encoder. From half as many on, upstreams are asked
// for gzip and deflate, which are spliced in a tenth of a megabyte; what comes
// beyond the bound passes as it is. Each node of several bounds its own, and need
// not know of the others.
const maxDecodings = 32

// decodings is how many there are.
var decodings atomic.Int32

// startDecoding reports whether there may be one more; it ends with endDecoding.
func startDecoding() bool {
	if decodings.Add(1) <= maxDecodings {
		return true
	}
	endDecoding()
	return false
}

func endDecoding() { decodings.Add(-1) }

// manyDecodings reports whether there should rather be no more.
func manyDecodings() bool { return decodings.Load() >= maxDecodings/2 }

var (
	errAbandoned = errors.New("decoding: no longer needed")
	errRecalled  = errors.New("decoding: what it leads to is known")
)

// decoding turns an encoded body into what is scanned. Decoders pull their input
// and writers push, so the decoder runs as a coroutine, which rests where input is
// missing.
type decoding struct {
	w      *Writer
	coding string
	in     []byte // input that was not read yet; never kept past a Write
	raw    []byte // all input so far, as long as the header was not sent
	fed    int    // how much of raw was read
	whole  int    // how long the input is that is awaited first, 0 for none
	eof    bool   // no input follows
	ended  bool   // the decoder has returned
	closed bool   // nothing is wanted from it any more
	err    error

	recalled []byte // what the body becomes, if that is remembered

	read, wrote int64
	pace        pace

	yield func(struct{}) bool
	next  func() (struct{}, bool)
	stop  func()
}

// codingOf returns the body's encoding in lower case, empty for none, and
// whether it is one that can be decoded.
func codingOf(v []string) (coding string, known bool) {
	if len(v) == 0 {
		return "", true
	}
	c := strings.ToLower(strings.Trim(v[0], " \t"))
	switch {
	case len(v) > 1:
		return c, false
	case c == "" || c == "identity":
		return "", true
	}
	return c, c == "gzip" || c == "x-gzip" || c == "deflate" || c == "br" || c == "zstd"
}

// newDecoding follows a startDecoding.
func newDecoding(w *Writer, coding string) *decoding {
	d := &decoding{w: w, coding: coding, whole: w.awaited()}
	d.next, d.stop = iter.Pull(d.run)
	return d
}

func (d *decoding) run(yield func(struct{}) bool) {
	d.yield = yield
	defer func() { d.ended = true }()
	// A decoder's bug, met by what a stranger sent, is a body that can't be
	// decoded.
	defer panics.ToError(&d.err)
	d.err = d.decode()
}

func (d *decoding) decode() error {
	src, done, err := d.open()
	if err != nil {
		return err
	}
	defer done()
	buf := copyBuffers.Get().(*[32 << 10]byte)
	defer copyBuffers.Put(buf)
	for {
		n, err := src.Read(buf[:])
		if n > 0 {
			if d.wrote += int64(n); d.wrote > decodedFree+decodedRatio*d.read {
				if err := d.pace.rest(d.w.r.Context()); err != nil {
					return err
				}
			}
			if err := d.w.writeDecoded(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF || d.shown(err) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// shown reports whether browsers show a body all the same that ends with such
// an error, as far as it was decoded: one that is cut short, one with something
// behind its end, and for gzip one with a wrong checksum. Chromium does so, as
// the test of encoded pages in e2e shows.
func (d *decoding) shown(err error) bool {
	if d.wrote == 0 {
		return false
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zstd.ErrMagicMismatch) ||
		d.coding == "br" && err != nil && err.Error() == brotliExcess
}

// brotliExcess is what the decoder says of bytes behind the end, for which it
// exports no error.
const brotliExcess = "brotli: excessive input"

// open starts the decoder; it reads the first bytes at once.
func (d *decoding) open() (src io.Reader, done func(), err error) {
	done = func() {}
	switch d.coding {
	case "br":
		return brotli.NewReader(d), done, nil
	case "zstd":
		z, err := zstd.NewReader(d, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	case "deflate":
		// The standard means zlib's format (RFC 9110, 8.4.1.2); some servers
		// send the bare stream.
		var head [2]byte
		n, err := io.ReadFull(d, head[:])
		if err != nil {
			return nil, nil, err
		}
		all := io.MultiReader(strings.NewReader(string(head[:n])), d)
		if head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
			src, err = zlib.NewReader(all)
			return src, done, err
		}
		return flate.NewReader(all), done, nil
	}
	z, err := gzip.NewReader(d)
	if err != nil {
		return nil, nil, err
	}
	z.Multistream(false)
	return &members{z, d}, done, nil
}

// members reads a gzip body, which is a series of members (RFC 1952, 2.2). What
// follows one and does not begin as one is ignored, as browsers do; gzip.Reader
// takes it for an error.
type members struct {
	z *gzip.Reader
	d *decoding
}

func (m *members) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	switch {
	case !errors.Is(err, io.EOF):
		return n, err
	case n > 0:
		return n, nil // the look for another member may have to wait for input
	case m.z.Reset(m.d) != nil:
		return 0, io.EOF
	}
	m.z.Multistream(false)
	return 0, nil
}

// Read gives the decoder the input there is, and rests where there is none.
func (d *decoding) Read(p []byte) (int, error) {
	if !d.wait() {
		return 0, io.EOF
	}
	n := copy(p, d.in)
	d.in = d.in[n:]
	return n, nil
}

// ReadByte keeps flate from reading ahead through a buffer of its own.
func (d *decoding) ReadByte() (byte, error) {
	if !d.wait() {
		return 0, io.EOF
	}
	c := d.in[0]
	d.in = d.in[1:]
	return c, nil
}

func (d *decoding) wait() bool {
	for len(d.in) == 0 {
		if d.eof || !d.yield(struct{}{}) {
			d.eof = true
			return false
		}
	}
	return true
}

// feed decodes p as far as it goes.
func (d *decoding) feed(p []byte) error {
	d.read += int64(len(p))
	d.in = p
	if !d.ended {
		d.next()
	}
	d.in = nil
	return d.failure()
}

// failure is why the decoder has ended; that no more is needed is none.
func (d *decoding) failure() error {
	if errors.Is(d.err, errRecalled) {
		return nil
	}
	return d.err
}

// finish decodes what is left at the end of the input.
func (d *decoding) finish() error {
	d.eof = true
	if !d.ended {
		d.next()
	}
	return d.failure()
}

// close ends the decoder where it rests.
func (d *decoding) close() {
	if !d.closed {
		endDecoding()
		d.pace.end()
	}
	d.closed = true
	d.stop()
}
