package inject

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

type flushCloser interface {
	io.WriteCloser
	Flush() error
}

var encoders = []struct {
	name, coding string
	open         func(io.Writer) flushCloser
}{
	{"gzip", "gzip", func(w io.Writer) flushCloser { return gzip.NewWriter(w) }},
	{"x-gzip in capitals", "X-GZIP", func(w io.Writer) flushCloser { return gzip.NewWriter(w) }},
	{"deflate", "deflate", func(w io.Writer) flushCloser { return zlib.NewWriter(w) }},
	{"deflate, bare", "deflate", func(w io.Writer) flushCloser { f, _ := flate.NewWriter(w, 6); return f }},
	{"br", "br", func(w io.Writer) flushCloser { return brotli.NewWriter(w) }},
	{"zstd", "zstd", func(w io.Writer) flushCloser { z, _ := zstd.NewWriter(w, zstd.WithWindowSize(1<<20)); return z }},
}

func encode(t testing.TB, open func(io.Writer) flushCloser, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	e := open(&b)
	if _, err := io.WriteString(e, body); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noise is text that does not compress much.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(r.IntN(26))
	}
	return string(b)
}

// encoded answers with an encoded body in writes of size bytes.
func encoded(coding string, body []byte, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", coding)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		for b := body; len(b) > 0 && r.Method != http.MethodHead; {
			n, err := w.Write(b[:min(size, len(b))])
			if err != nil {
				return
			}
			b = b[n:]
		}
	}
}

func TestEncodedBodies(t *testing.T) {
	long := testPage + noise(200_000)
	for _, e := range encoders {
		for _, size := range []int{1, 100, 1 << 20} {
			for _, body := range []string{testPage, long} {
				if size == 1 && len(body) > 1000 {
					continue
				}
				t.Run(e.name+"/"+strconv.Itoa(size)+"/"+strconv.Itoa(len(body)), func(t *testing.T) {
					rec, reason := through(t, newInjector(t), navigate(), encoded(e.coding, encode(t, e.open, body), size))
					if reason != 0 || without(rec.Body.String()) != body || count(rec.Body.Bytes()) != 1 {
						t.Errorf("%v, %d bytes of %d", reason, rec.Body.Len(), len(body))
					}
					if h := rec.Header(); h.Get("Content-Encoding") != "" || h.Get("Content-Length") != "" {
						t.Errorf("header %v", h)
					}
				})
			}
		}
	}
}

func TestEncodedHEAD(t *testing.T) {
	r := navigate()
	r.Method = http.MethodHead
	rec, reason := through(t, newInjector(t), r, encoded("gzip", encode(t, encoders[0].open, testPage), 100))
	if h := rec.Header(); reason != 0 || h.Get("Content-Encoding") != "" || h.Get("Content-Length") != "" {
		t.Errorf("%v %v", reason, h)
	}
}

// What can't be injected passes as it came: encoded.
func TestEncodedBodiesThatPass(t *testing.T) {
	for _, e := range encoders {
		page := encode(t, e.open, testPage+noise(50_000))
		amp := encode(t, e.open, "<html amp>"+noise(50_000))
		far := encode(t, e.open, "<!--"+noise(100_000))
		for name, tt := range map[string]struct {
			body []byte
			want Reason
		}{
			"damaged from the start": {append([]byte("#"), page...), Encoded},
			"no data":                {nil, Encoded},
			"AMP":                    {amp, AMP},
			"too far":                {far, TooFar},
		} {
			if e.name == "deflate, bare" && name == "damaged from the start" {
				continue // any byte begins some stream
			}
			for _, size := range []int{100, 1 << 20} {
				t.Run(e.name+"/"+name+"/"+strconv.Itoa(size), func(t *testing.T) {
					rec, reason := through(t, newInjector(t), navigate(), encoded(e.coding, tt.body, size))
					if !bytes.Equal(rec.Body.Bytes(), tt.body) || reason != tt.want && tt.want != Encoded {
						t.Errorf("%v, %d bytes of %d", reason, rec.Body.Len(), len(tt.body))
					}
					if h := rec.Header(); h.Get("Content-Encoding") != e.coding || h.Get("Content-Length") != strconv.Itoa(len(tt.body)) {
						t.Errorf("header %v", h)
					}
				})
			}
		}
	}
}

// A body that is cut short, though its server says that it is whole, is shown by
// browsers as far as it goes.
func TestEncodedBodyThatIsCutShort(t *testing.T) {
	for _, e := range encoders {
		t.Run(e.name, func(t *testing.T) {
			long := testPage + noise(300_000)
			body := encode(t, e.open, long)
			rec, reason := through(t, newInjector(t), navigate(), encoded(e.coding, body[:len(body)-1000], 1000))
			if got := without(rec.Body.String()); reason != Injected || !strings.HasPrefix(long, got) || len(got) < 130_000 {
				t.Errorf("%v, %d bytes of %d", reason, len(got), len(long))
			}
		})
	}
}

// A gzip body is a series of members (RFC 1952, 2.2). What follows them and is
// none is ignored, as browsers do.
func TestGzipMembers(t *testing.T) {
	gz := func(text string) string { return string(encode(t, encoders[0].open, text)) }
	rest := noise(100_000)
	for name, tt := range map[string]struct{ body, want string }{
		"one":                              {gz(testPage), testPage},
		"two":                              {gz(testPage) + gz(rest), testPage + rest},
		"the place in the second":          {gz(testPage[:20]) + gz(testPage[20:]), testPage},
		"empty ones":                       {gz("") + gz("") + gz(testPage) + gz("") + gz("a"), testPage + "a"},
		"many, with junk behind":           {gz(testPage) + strings.Repeat(gz("b"), 500) + "junk that is no member", testPage + strings.Repeat("b", 500)},
		"zeros behind":                     {gz(testPage) + string(make([]byte, 600)), testPage},
		"a newline behind":                 {gz(testPage) + "\n", testPage},
		"a second with half a header":      {gz(testPage) + gz("b")[:6], testPage},
		"junk, and a member behind it":     {gz(testPage) + "junk" + gz("b"), testPage},
		"a second with no end":             {gz(testPage) + gz(rest)[:len(gz(rest))-8], testPage + rest},
		"a second of another compression":  {gz(testPage) + "\x1f\x8b\x07" + gz("b")[3:], testPage},
		"a second with a checksum of ones": {gz(testPage) + gz("b")[:len(gz("b"))-8] + "\xff\xff\xff\xff\x01\x00\x00\x00", testPage + "b"},
	} {
		for _, size := range []int{1, 100, 1 << 20} {
			if size == 1 && len(tt.body) > 50_000 {
				continue
			}
			rec, reason := through(t, newInjector(t), navigate(), encoded("gzip", []byte(tt.body), size))
			if got := rec.Body.String(); reason != Injected || without(got) != tt.want || count(rec.Body.Bytes()) != 1 {
				t.Errorf("%s, %d at a time: %v, %d bytes, want %d", name, size, reason, len(without(got)), len(tt.want))
			}
		}
	}
}

// Damage past the place can't be hidden: the answer must not look whole.
func TestEncodedBodyIsDamaged(t *testing.T) {
	for _, e := range encoders[2:] {
		if e.name != "deflate" && e.name != "zstd" {
			continue // without a checksum that browsers look at
		}
		t.Run(e.name, func(t *testing.T) {
			body := encode(t, e.open, testPage+noise(200_000))
			body[len(body)-2] ^= 0xff
			in := newInjector(t)
			r := navigate()
			rec := httptest.NewRecorder()
			d := in.Request(r)
			w := in.Wrap(rec, r, d, nil)
			defer w.Release()
			encoded(e.coding, body, 1000)(w, r)
			if err := w.Finish(); err == nil {
				t.Errorf("no error; %d bytes sent", rec.Body.Len())
			}
		})
	}
}

// Streams are decoded as far as the upstream has flushed them.
func TestEncodedStream(t *testing.T) {
	for _, e := range encoders {
		t.Run(e.name, func(t *testing.T) {
			rec := run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
				asHTML(w)
				w.Header().Set("Content-Encoding", e.coding)
				enc := e.open(w)
				want := ""
				for _, piece := range []string{"<!doctype html><title>a</title>", "<body>", "b", "c"} {
					_, _ = io.WriteString(enc, piece)
					_ = enc.Flush()
					w.Flush()
					want += piece
					if got := without(rec.Body.String()); got != want {
						t.Errorf("flushed %q, arrived %q", want, got)
					}
				}
				_ = enc.Close()
				if err := w.Finish(); err != nil {
					t.Error(err)
				}
			})
			if count(rec.Body.Bytes()) != 1 {
				t.Error("no element")
			}
		})
	}
}

// A member that has come to its end is sent before the next one comes.
func TestGzipMembersThatAreStreamed(t *testing.T) {
	run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
		asHTML(w)
		w.Header().Set("Content-Encoding", "gzip")
		want := ""
		for _, piece := range []string{"<!doctype html><title>a</title>", "<body>", "b", "c"} {
			_, _ = w.Write(encode(t, encoders[0].open, piece))
			w.Flush()
			want += piece
			if got := without(rec.Body.String()); got != want {
				t.Errorf("sent %q, arrived %q", want, got)
			}
		}
		if err := w.Finish(); err != nil || count(rec.Body.Bytes()) != 1 {
			t.Errorf("%v: %s", err, rec.Body)
		}
	})
}

// A bomb fails cleanly and in little memory.
func TestDecompressionBomb(t *testing.T) {
	for _, e := range encoders {
		t.Run(e.name, func(t *testing.T) {
			var b bytes.Buffer
			enc := e.open(&b)
			_, _ = io.WriteString(enc, testPage)
			zero := make([]byte, 1<<20)
			for range 16 {
				_, _ = enc.Write(zero)
			}
			_ = enc.Close()
			in := newInjector(t)
			r := navigate()
			w := in.Wrap(&discard{h: http.Header{}}, r, Decision{}, nil)
			defer w.Release()
			encoded(e.coding, b.Bytes(), 32<<10)(w, r)
			if err := w.Finish(); err == nil || !strings.Contains(err.Error(), "decodes to more than") {
				t.Errorf("error %v for %d bytes", err, b.Len())
			}
		})
	}
}

// discard is a ResponseWriter that keeps nothing.
type discard struct {
	h http.Header
	n int64
}

func (d *discard) Header() http.Header { return d.h }
func (d *discard) WriteHeader(int)     {}
func (d *discard) Write(p []byte) (int, error) {
	d.n += int64(len(p))
	return len(p), nil
}
