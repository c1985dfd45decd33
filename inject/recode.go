package inject

import (
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A body of which nothing can be spliced, in Brotli or Zstandard, or that the
// client can't take, is decoded, and encoded again with its element.

// encoder is one of an encoding, which is used again and again.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(w io.Writer)
}

// Parameters of the encoders: the effort that servers have time for, and windows
// as large as most pages.
const (
	brotliQuality = 5
	brotliWindow  = 18 // log2
	gzipLevel     = 6
	zstdLevel     = zstd.SpeedBetterCompression
	zstdOwnWindow = 256 << 10
)

// encoderPools are encoders that are not in use, in the order of codingNames.
var encoderPools [len(codingNames)]sync.Pool

// newEncoder returns an encoder of a coding, an index into codingNames.
func newEncoder(coding int) encoder {
	switch codingNames[coding] {
	case "br":
		return newBrotli(brotliQuality)
	case "zstd":
		return newZstd(zstdLevel)
	}
	w, _ := gzip.NewWriterLevel(nil, gzipLevel)
	return w
}

// newBestEncoder returns one that takes all the time there is.
func newBestEncoder(coding int) encoder {
	switch codingNames[coding] {
	case "br":
		return newBrotli(brotli.BestCompression)
	case "zstd":
		return newZstd(zstd.SpeedBestCompression) // it takes 34 MB
	}
	return newEncoder(coding)
}

func newZstd(level zstd.EncoderLevel) encoder {
	w, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderLevel(level), zstd.WithWindowSize(zstdOwnWindow))
	return w
}

func newBrotli(quality int) encoder {
	return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: quality, LGWin: brotliWindow})
}

// recodeIn are the codings in which a body may be encoded again, as indices into
// codingNames, the one that makes the least of it first.
var recodeIn = [...]int{2, 3, 0}

// target returns the coding in which a body goes that is decoded, an index into
// codingNames. It is false for none.
func target(accepted codings) (int, bool) {
	for _, i := range recodeIn {
		if accepted&(1<<i) != 0 {
			return i, true
		}
	}
	return 0, false
}

func (w *Writer) startEncoder(coding int) {
	if out := w.decoding.recalled; out != nil {
		w.encoder = &remembered{out, w.w}
		return
	}
	e, ok := encoderPools[coding].Get().(encoder)
	if !ok {
		e = newEncoder(coding)
	}
	w.encoder = e
	w.encoder.Reset(w.w)
	w.encoding = coding
}

func (w *Writer) dropEncoder() {
	if _, ok := w.encoder.(*remembered); w.encoder != nil && !ok {
		w.encoder.Reset(io.Discard)
		encoderPools[w.encoding].Put(w.encoder)
	}
	w.encoder = nil
}
