package inject

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
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

// decoded is a body as a browser reads it: as far as it goes. The error says why
// not to its end.
func decoded(coding string, body []byte) (string, error) {
	src := bytes.NewReader(body)
	var r io.Reader
	var err error
	switch strings.ToLower(coding) {
	case "":
		r = src
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(src)
	case "deflate":
		if r, err = zlib.NewReader(src); errors.Is(err, zlib.ErrHeader) {
			r, err = flate.NewReader(bytes.NewReader(body)), nil
		}
	case "br":
		r = brotli.NewReader(src)
	case "zstd":
		r, err = zstd.NewReader(src, zstd.WithDecoderConcurrency(1))
	}
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

// pageOf is what a browser reads of an answer.
func pageOf(rec *httptest.ResponseRecorder) (string, error) {
	return decoded(rec.Header().Get("Content-Encoding"), rec.Body.Bytes())
}

// accepting is a navigation with an Accept-Encoding.
func accepting(v string) *http.Request {
	r := navigate()
	r.Header.Set("Accept-Encoding", v)
	return r
}

// sentAs is the coding in which a page goes out, by that in which it came, to a
// client that takes all and one that takes none.
func sentAs(came, accept string) string {
	switch {
	case accept == "":
		return ""
	case came == "zstd":
		return "br"
	}
	return came
}

const allCodings = "gzip, deflate, br, zstd"

func TestEncodedBodies(t *testing.T) {
	long := testPage + noise(200_000)
	for _, e := range encoders {
		for _, size := range []int{1, 100, 1 << 20} {
			for _, body := range []string{testPage, long} {
				if size == 1 && len(body) > 1000 {
					continue
				}
				for _, accept := range []string{allCodings, ""} {
					t.Run(e.name+"/"+strconv.Itoa(size)+"/"+strconv.Itoa(len(body))+"/"+accept, func(t *testing.T) {
						rec, reason := through(t, newInjector(t), accepting(accept), encoded(e.coding, encode(t, e.open, body), size))
						got, err := pageOf(rec)
						if reason != 0 || err != nil || without(got) != body || !strings.Contains(got, testTag) {
							t.Errorf("%v, %v, %d bytes of %d", reason, err, len(got), len(body))
						}
						h := rec.Header()
						if cl := h.Get("Content-Length"); cl != "" && cl != strconv.Itoa(rec.Body.Len()) {
							t.Errorf("Content-Length %s for %d bytes", cl, rec.Body.Len())
						}
						spliced := accept != "" && e.coding != "br" && e.coding != "zstd"
						if known := h.Get("Content-Length") != ""; known != (spliced && size > 1000) && len(body) > 1000 || known && !spliced {
							t.Errorf("header %v", h)
						}
						if h.Get("Content-Encoding") != sentAs(e.coding, accept) || !strings.Contains(h.Get("Vary"), "Accept-Encoding") {
							t.Errorf("header %v", h)
						}
					})
				}
			}
		}
	}
}

func TestEncodedHEAD(t *testing.T) {
	for _, e := range encoders {
		for _, accept := range []string{allCodings, ""} {
			answer := encoded(e.coding, encode(t, e.open, testPage), 100)
			get, _ := through(t, newInjector(t), accepting(accept), answer)
			r := accepting(accept)
			r.Method = http.MethodHead
			rec, reason := through(t, newInjector(t), r, answer)
			get.Header().Del("Content-Length") // which may be left out where only the body tells
			if reason != 0 || rec.Body.Len() > 0 || dump(rec.Header()) != dump(get.Header()) {
				t.Errorf("%s for %q: %v, %d bytes, header %v; GET has %v", e.name, accept, reason, rec.Body.Len(), rec.Header(), get.Header())
			}
		}
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

// Also where it is flushed: what is no data of its encoding passes with the header
// that it came with.
func TestMislabelledBodiesAreFlushed(t *testing.T) {
	body := strings.Repeat("+"+testPage, 50) // no byte of which Brotli's reader takes for data
	for _, e := range encoders {
		for _, accept := range []string{allCodings, ""} {
			if c := codingNamed(strings.ToLower(e.coding)); accept != "" && c&(codingGzip|codingDeflate) != 0 {
				continue // it is spliced, so that its header can go
			}
			next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Etag", `"a"`)
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Content-Encoding", e.coding)
				w.WriteHeader(http.StatusOK)
				w.(http.Flusher).Flush() // as Caddy does, of pages without a length
				encoded(e.coding, []byte(body), 7)(flushing{w}, r)
			})
			rec, reason := through(t, newInjector(t), accepting(accept), next)
			if h := rec.Header(); rec.Body.String() != body || reason != Encoded || h.Get("Content-Encoding") != e.coding || h.Get("Etag") != `"a"` {
				t.Errorf("%s for %s: %v, %d bytes of %d, header %v", e.name, accept, reason, rec.Body.Len(), len(body), h)
			}
		}
	}
}

// A body that is cut short, though its server says that it is whole, is shown by
// browsers as far as it goes.
func TestEncodedBodyThatIsCutShort(t *testing.T) {
	for _, e := range encoders {
		for _, accept := range []string{allCodings, ""} {
			t.Run(e.name+"/"+accept, func(t *testing.T) {
				long := testPage + noise(300_000)
				body := encode(t, e.open, long)
				rec, reason := through(t, newInjector(t), accepting(accept), encoded(e.coding, body[:len(body)-1000], 1000))
				got, err := pageOf(rec)
				if got = without(got); reason != Injected || !strings.HasPrefix(long, got) || len(got) < 130_000 {
					t.Errorf("%v, %v, %d bytes of %d", reason, err, len(got), len(long))
				}
			})
		}
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
			for _, accept := range []string{allCodings, ""} {
				rec, reason := through(t, newInjector(t), accepting(accept), encoded("gzip", []byte(tt.body), size))
				got, err := pageOf(rec)
				if reason != Injected || without(got) != tt.want || !strings.Contains(got, testTag) {
					t.Errorf("%s, %d at a time, for %q: %v, %v, %d bytes, want %d", name, size, accept, reason, err, len(without(got)), len(tt.want))
				}
				if _, before := decoded("gzip", []byte(tt.body)); before == nil && err != nil {
					t.Errorf("%s, %d at a time, for %q: %v", name, size, accept, err)
				}
			}
		}
	}
}

// Damage past the place can't be hidden: the answer must not look whole. Where it
// stays encoded as it came, the checksum goes on to say so.
func TestEncodedBodyIsDamaged(t *testing.T) {
	for _, e := range encoders {
		if e.name == "deflate, bare" || e.name == "br" {
			continue // without a checksum
		}
		for _, accept := range []string{allCodings, ""} {
			if accept == "" && e.name != "deflate" && e.name != "zstd" {
				continue // browsers don't look at that of gzip
			}
			t.Run(e.name+"/"+accept, func(t *testing.T) {
				body := encode(t, e.open, testPage+noise(200_000))
				body[len(body)-2] ^= 0xff
				if e.coding != "zstd" && e.coding != "deflate" {
					body[len(body)-2] ^= 0xff
					body[len(body)-7] ^= 0xff // the sum, not the length
				}
				in := newInjector(t)
				r := accepting(accept)
				rec := httptest.NewRecorder()
				d := in.Request(r)
				w := in.Wrap(rec, r, d, nil)
				defer w.Release()
				encoded(e.coding, body, 1000)(w, r)
				err := w.Finish()
				if err == nil {
					_, err = pageOf(rec)
				}
				if err == nil {
					t.Errorf("no error; %d bytes sent", rec.Body.Len())
				}
			})
		}
	}
}

// Streams are decoded as far as the upstream has flushed them.
func TestEncodedStream(t *testing.T) {
	for _, e := range encoders {
		for _, accept := range []string{allCodings, ""} {
			t.Run(e.name+"/"+accept, func(t *testing.T) {
				rec := run(t, accepting(accept), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
					asHTML(w)
					w.Header().Set("Content-Encoding", e.coding)
					enc := e.open(w)
					want := ""
					// The last pieces are farther behind the place than matches reach.
					for _, piece := range []string{"<!doctype html><title>a</title>", "<body>", "b", "c", noise(100_000), "<p>d</p>", "<p>d</p>", "e"} {
						_, _ = io.WriteString(enc, piece)
						_ = enc.Flush()
						w.Flush()
						want += piece
						if got, _ := pageOf(rec); without(got) != want {
							t.Errorf("flushed %d bytes, arrived %d", len(want), len(without(got)))
						}
					}
					_ = enc.Close()
					if err := w.Finish(); err != nil {
						t.Error(err)
					}
				})
				if got, err := pageOf(rec); err != nil || !strings.Contains(got, testTag) {
					t.Errorf("%v, %q", err, got)
				}
			})
		}
	}
}

// What comes slowly, not flushed in the stream, is sent as far as it can be read.
func TestEncodedBodyThatComesSlowly(t *testing.T) {
	body := encode(t, encoders[0].open, testPage+noise(20_000))
	run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
		asHTML(w)
		w.Header().Set("Content-Encoding", "gzip")
		for at := 0; at < len(body); at += 500 {
			_, _ = w.Write(body[at:min(at+500, len(body))])
			w.Flush()
			want, _ := decoded("gzip", body[:at])
			if got, _ := pageOf(rec); len(without(got)) < len(want)-258 {
				t.Errorf("of %d bytes arrive %d", len(want), len(got))
			}
		}
	})
}

// A member that has come to its end is sent before the next one comes. Only
// where it stays encoded, and the element may yet have to go into it, it waits.
func TestGzipMembersThatAreStreamed(t *testing.T) {
	for _, accept := range []string{allCodings, ""} {
		run(t, accepting(accept), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
			asHTML(w)
			w.Header().Set("Content-Encoding", "gzip")
			want := ""
			for i, piece := range []string{"<!doctype html><title>a</title>", "<body>", "b", "c"} {
				_, _ = w.Write(encode(t, encoders[0].open, piece))
				w.Flush()
				want += piece
				if got, _ := pageOf(rec); without(got) != want && (accept == "" || i > 0) {
					t.Errorf("sent %q, arrived %q", want, got)
				}
			}
			if err := w.Finish(); err != nil {
				t.Error(err)
			}
			if got, err := pageOf(rec); err != nil || !strings.Contains(got, testTag) {
				t.Errorf("%v: %q", err, got)
			}
		})
	}
}

// What came before the handler failed arrives, in the coding that the header says.
func TestEncodedBodyOfHandlerThatFails(t *testing.T) {
	page := testPage + noise(100_000)
	for _, e := range encoders {
		for _, accept := range []string{allCodings, "gzip, br, zstd", "zstd", ""} {
			for name, next := range map[string]http.HandlerFunc{
				"at its end": encoded(e.coding, encode(t, e.open, page), 1000),
				"at the end of one that may be remembered": file(e.coding, encode(t, e.open, page)),
				"flushed inside of a token": func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					w.Header().Set("Content-Encoding", e.coding)
					enc := e.open(w)
					for _, piece := range []string{"<!doctype html><title>some un", "finished title"} {
						_, _ = io.WriteString(enc, piece)
						_ = enc.Flush()
						_ = http.NewResponseController(w).Flush()
					}
				},
			} {
				for range 4 {
					run(t, accepting(accept), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
						next(w, navigate())
						if err := w.Abandon(); err != nil {
							t.Error(err)
						}
						want := page
						if strings.HasPrefix(name, "flushed") {
							want = "<!doctype html><title>some unfinished title"
						}
						got, err := pageOf(rec)
						if without(got) != want || err != nil && want == page {
							t.Errorf("%s, %s for %q: %v, %d bytes of %d, header %v", name, e.name, accept, err, len(got), len(want), rec.Header())
						}
						if cl := rec.Header().Get("Content-Length"); cl != "" && cl != strconv.Itoa(rec.Body.Len()) {
							t.Errorf("%s, %s for %q: Content-Length %s for %d bytes", name, e.name, accept, cl, rec.Body.Len())
						}
					})
				}
			}
		}
	}
}

// Pages that decode to very much arrive whole, in little memory, and with rests, as
// long as somebody waits for them.
func TestGiantPages(t *testing.T) {
	for _, e := range encoders {
		t.Run(e.name, func(t *testing.T) {
			var b bytes.Buffer
			enc := e.open(&b)
			_, _ = io.WriteString(enc, testPage)
			zero := make([]byte, 1<<20)
			for range 48 {
				_, _ = enc.Write(zero)
			}
			_ = enc.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for _, waits := range []bool{true, false} {
				in := newInjector(t)
				r := navigate().WithContext(ctx)
				rec := &discard{h: http.Header{}}
				w := in.Wrap(rec, r, Decision{}, nil)
				encoded(e.coding, b.Bytes(), 32<<10)(w, r)
				err := w.Finish()
				if waits && (err != nil || rec.n != int64(len(testPage)+len(testTag)+48<<20)) {
					t.Errorf("%v, %d bytes", err, rec.n)
				}
				if !waits && !errors.Is(err, context.Canceled) {
					t.Errorf("nobody waits: %v", err)
				}
				w.Release()
				if n := paced.Load(); n != 0 {
					t.Errorf("%d are slowed down at the end", n)
				}
				cancel()
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

// Where the connection is about to be cut off, what came arrives before that.
func TestEncodedBodyThatIsInterrupted(t *testing.T) {
	long := testPage + noise(100_000)
	for _, e := range encoders {
		for _, accept := range []string{allCodings, ""} {
			for _, page := range []string{testPage, long} {
				whole := encode(t, e.open, page)
				rec := httptest.NewRecorder()
				func() {
					defer func() {
						if recover() != http.ErrAbortHandler {
							t.Error("the panic does not go on")
						}
					}()
					in := newInjector(t)
					r := accepting(accept)
					w := in.Wrap(rec, r, in.Request(r), nil)
					defer w.Release()
					defer w.Interrupt()
					encoded(e.coding, whole[:len(whole)*9/10], 1000)(flushing{w}, r)
					panic(http.ErrAbortHandler)
				}()
				got, _ := pageOf(rec)
				want, _ := decoded(e.coding, whole[:len(whole)*9/10])
				if got = without(got); len(got) < len(want) || !strings.HasPrefix(page, got) {
					t.Errorf("%s for %q: %d bytes of %d", e.name, accept, len(got), len(want))
				}
			}
		}
	}
}

// The bytes of a page that came compressed are not always the same, which its tag
// says. The upstream gets its own back, and a 304 agrees with the page.
func TestEncodedPageIsRevalidated(t *testing.T) {
	const date = "Mon, 02 Jan 2006 15:04:05 GMT"
	for _, e := range encoders {
		body := encode(t, e.open, testPage)
		for _, accept := range []string{allCodings, ""} {
			for _, etag := range []string{`"a"`, `W/"a"`, ""} {
				in := newInjector(t)
				next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Last-Modified", date)
					w.Header().Set("Content-Encoding", e.coding) // nginx says so in a 304 too
					if etag != "" {
						w.Header().Set("Etag", etag)
					}
					if etag != "" && r.Header.Get("If-None-Match") == etag || r.Header.Get("If-Modified-Since") == date {
						w.WriteHeader(http.StatusNotModified)
						return
					}
					encoded(e.coding, body, 1000)(w, r)
				})
				first, _ := through(t, in, accepting(accept), next)
				r := accepting(accept)
				tag := first.Header().Get("Etag")
				r.Header.Set("If-None-Match", `"b", `+tag)
				again, _ := through(t, in, r, next)
				if again.Code != http.StatusNotModified || !strings.HasPrefix(tag, "W/") {
					t.Errorf("%s for %q: %s: %d", e.name, accept, tag, again.Code)
				}
				if v := again.Header().Values("Content-Encoding"); len(v) > 0 {
					t.Errorf("%s for %q: a 304 says that its page is %q", e.name, accept, v)
				}
				for _, name := range []string{"Etag", "Vary"} {
					if a, b := first.Header().Get(name), again.Header().Get(name); a != b {
						t.Errorf("%s for %q: %s of the page %q, then %q", e.name, accept, name, a, b)
					}
				}
			}
		}
	}
}

// However many clients read slowly, the memory for them is bounded: others get what
// need not be decoded.
func TestDecodingsAreBounded(t *testing.T) {
	in := newInjector(t)
	body := encode(t, encoders[4].open, testPage+noise(50_000))
	asked := map[string]int{}
	var slow []*Writer
	for range maxDecodings + 5 {
		r := navigate()
		rec := httptest.NewRecorder()
		w := in.Wrap(rec, r, in.Request(r), nil)
		asked[r.Header.Get("Accept-Encoding")]++
		asHTML(w)
		w.Header().Set("Content-Encoding", "br")
		_, _ = w.Write(body[:len(body)/2])
		if n := decodings.Load(); n > maxDecodings || (w.decoding == nil) != (len(slow) >= maxDecodings) {
			t.Errorf("%d decodings with %d responses", n, len(slow)+1)
		}
		if w.decoding == nil && (w.Reason() != Encoded || !bytes.Equal(rec.Body.Bytes(), body[:len(body)/2]) || rec.Header().Get("Content-Encoding") != "br") {
			t.Errorf("%v, %d bytes, header %v", w.Reason(), rec.Body.Len(), rec.Header())
		}
		slow = append(slow, w)
	}
	if asked["gzip, deflate"] != maxDecodings/2+5 || asked[allCodings] != maxDecodings/2 {
		t.Errorf("asked for %v", asked)
	}
	if rec, reason := through(t, in, navigate(), encoded("gzip", encode(t, encoders[0].open, testPage), 100)); reason != Injected {
		t.Errorf("%v, header %v", reason, rec.Header())
	}
	for _, w := range slow {
		w.Release()
	}
	if n := decodings.Load(); n != 0 {
		t.Errorf("%d decodings are left", n)
	}
}

// What is behind the end is ignored, as browsers do.
func TestJunkBehindTheEnd(t *testing.T) {
	for _, e := range encoders {
		for _, accept := range []string{allCodings, ""} {
			rec, reason := through(t, newInjector(t), accepting(accept), encoded(e.coding, append(encode(t, e.open, testPage), "junk behind it"...), 1<<20))
			if got, _ := pageOf(rec); reason != Injected || without(got) != testPage {
				t.Errorf("%s for %q: %v, %q", e.name, accept, reason, got)
			}
		}
	}
}

// Who refuses what is not encoded gets what the upstream has, without the element
// where that is in none of the codings taken.
func TestWhoRefusesIdentity(t *testing.T) {
	for _, accept := range []string{"identity;q=0", "gzip;q=0, identity;q=0", "*;q=0", "dcb, identity;q=0"} {
		r := accepting(accept)
		body := encode(t, encoders[0].open, testPage)
		rec, reason := through(t, newInjector(t), r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Accept-Encoding"); got != accept {
				t.Errorf("the upstream is asked for %q, the client takes %q", got, accept)
			}
			encoded("gzip", body, 100)(w, r)
		}))
		if reason != Encoded || !bytes.Equal(rec.Body.Bytes(), body) {
			t.Errorf("%q: %v, %d bytes of %d", accept, reason, rec.Body.Len(), len(body))
		}
	}
	if rec, reason := through(t, newInjector(t), accepting("gzip, identity;q=0"), encoded("br", encode(t, encoders[4].open, testPage), 100)); reason != Injected || rec.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%v, header %v", reason, rec.Header())
	}
}

// What a browser shows of a stream that is damaged behind the element it shows with
// the element too, and nothing breaks off.
func TestDamageBehindTheElement(t *testing.T) {
	for _, e := range encoders {
		if c := codingNamed(strings.ToLower(e.coding)); c&(codingGzip|codingDeflate) == 0 {
			continue
		}
		for _, at := range []int{2000, 40_000} {
			body := encode(t, e.open, testPage+noise(100_000))
			copy(body[at:], bytes.Repeat([]byte{0xff}, 50))
			for _, size := range []int{1000, 1 << 20} {
				rec, _ := through(t, newInjector(t), accepting(allCodings), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					encoded(e.coding, body, size)(flushing{w}, r)
				}))
				plain, _ := decoded(e.coding, body)
				if got, _ := pageOf(rec); !strings.HasPrefix(without(got), plain) {
					t.Errorf("%s, damaged at %d, in pieces of %d: %d bytes, without us %d", e.name, at, size, len(got), len(plain))
				}
			}
		}
	}
}

// A bug in the splice, met while nothing with the element was sent yet, costs the
// element and not the page, be it streamed or not.
func TestBugInTheSplice(t *testing.T) {
	body := encode(t, encoders[0].open, "<!doctype html><title>a</title>"+noise(20_000))
	for _, first := range []int{1000, 30} {
		in := newInjector(t)
		r := accepting(allCodings)
		rec := httptest.NewRecorder()
		w := in.Wrap(rec, r, in.Request(r), nil)
		encoded("gzip", body[:first], first)(w, r)
		if first < 100 {
			w.Flush()
			_, _ = w.Write(body[first:1000])
		}
		if w.splicing == nil || !w.injected || !w.committed {
			t.Fatal("the test does not meet it")
		}
		if err := w.sendSpliced(func() ([]byte, error) { panic("a bug") }); err != nil {
			t.Error(err)
		}
		_, _ = w.Write(body[1000:])
		if err := w.Finish(); err != nil || !bytes.Equal(rec.Body.Bytes(), body) || w.Reason() != Failed {
			t.Errorf("%v, %v, %d bytes of %d", err, w.Reason(), rec.Body.Len(), len(body))
		}
		w.Release()
	}
}
