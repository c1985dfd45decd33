package inject

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/inject/scan"
)

// run runs steps against the injected side of a recorder.
func run(t *testing.T, r *http.Request, hook HeaderFunc, steps func(w *Writer, rec *httptest.ResponseRecorder)) *httptest.ResponseRecorder {
	t.Helper()
	in := newInjector(t)
	d := in.Request(r)
	rec := httptest.NewRecorder()
	w := in.Wrap(rec, r, d, hook)
	defer w.Release()
	steps(w, rec)
	return rec
}

func asHTML(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html; charset=utf-8") }

func TestFlushSendsWhatCanGo(t *testing.T) {
	run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
		asHTML(w)
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, "<!doctype html><title>wait</title><met")
		if rec.Body.Len() > 0 {
			t.Fatal("sent before the place is known")
		}
		if err := w.FlushError(); err != nil || !rec.Flushed {
			t.Fatal(err, rec.Flushed)
		}
		if got := rec.Body.String(); got != "<!doctype html><title>wait</title>" {
			t.Errorf("after the flush: %q", got)
		}
		if rec.Header().Get("Content-Length") != "" {
			t.Error("nothing can be promised about the length")
		}
		_, _ = io.WriteString(w, "a name=b><p>")
		if got := rec.Body.String(); got != "<!doctype html><title>wait</title><meta name=b>"+testTag+"<p>" {
			t.Errorf("after the place: %q", got)
		}
	})
}

func TestFlushBeforeAnyWrite(t *testing.T) {
	rec := run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
		asHTML(w)
		w.WriteHeader(404)
		w.Flush()
		if rec.Code != 404 || !rec.Flushed {
			t.Error("header was not sent", rec.Code)
		}
		_, _ = io.WriteString(w, "<p>")
		if err := w.Finish(); err != nil {
			t.Error(err)
		}
	})
	if rec.Body.String() != testTag+"<p>" {
		t.Errorf("%s", rec.Body)
	}
}

// The page turns out not to be for us after the header went out.
func TestFlushThenSkip(t *testing.T) {
	for body, want := range map[string]Reason{"<html amp><p>": AMP, "{}": NoLT, "<!doctype html><head></head><frameset>": Frameset} {
		rec := run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
			asHTML(w)
			w.Flush()
			_, _ = io.WriteString(w, body)
			if err := w.Finish(); err != nil {
				t.Error(err)
			}
			if w.Reason() != want {
				t.Errorf("%s: %v, want %v", body, w.Reason(), want)
			}
		})
		if rec.Body.String() != body {
			t.Errorf("%s", rec.Body)
		}
	}
}

func TestHookIsCalledOnce(t *testing.T) {
	tests := []struct {
		name   string
		steps  func(w *Writer)
		status int
		reason Reason
	}{
		{"nothing at all", func(w *Writer) {}, 200, NotHTML},
		{"page", func(w *Writer) { asHTML(w); _, _ = io.WriteString(w, "<p>") }, 200, 0},
		{"flush first", func(w *Writer) { asHTML(w); w.Flush(); _, _ = io.WriteString(w, "<p>"); w.Flush() }, 200, 0},
		{"redirect", func(w *Writer) { w.WriteHeader(302) }, 302, Status},
		{"twice", func(w *Writer) { asHTML(w); w.WriteHeader(404); w.WriteHeader(200); _, _ = io.WriteString(w, "<p>") }, 404, 0},
		{"switching protocols", func(w *Writer) { w.WriteHeader(101) }, 101, Informational},
		{"copied", func(w *Writer) { asHTML(w); _, _ = io.Copy(w, plainReader{strings.NewReader("<p>")}) }, 200, 0},
		{"data", func(w *Writer) {
			w.Header().Set("Content-Type", "a/b")
			_, _ = io.Copy(w, plainReader{strings.NewReader("<p>")})
		}, 200, NotHTML},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			run(t, navigate(), func(h http.Header, status int, reason Reason) {
				calls++
				if status != tt.status || reason != tt.reason {
					t.Errorf("status %d, reason %v; want %d, %v", status, reason, tt.status, tt.reason)
				}
				h.Set("X-Hook", "1")
			}, func(w *Writer, rec *httptest.ResponseRecorder) {
				tt.steps(w)
				if err := w.Finish(); err != nil {
					t.Error(err)
				}
				if calls != 1 {
					t.Errorf("%d calls", calls)
				}
				if rec.Result().Header.Get("X-Hook") != "1" {
					t.Error("what the hook sets is not sent")
				}
			})
		})
	}
}

// A handler that panics or fails gets nothing appended.
func TestReleaseWithoutFinish(t *testing.T) {
	rec := run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
		asHTML(w)
		_, _ = io.WriteString(w, "<!doctype html><title>a</title>")
		w.Flush()
		if w.Reason() != Canceled {
			t.Errorf("reason %v", w.Reason())
		}
	})
	if rec.Body.String() != "<!doctype html><title>a</title>" {
		t.Errorf("%s", rec.Body)
	}
}

// A handler that fails half-way through: what it wrote arrives, nothing else.
func TestAbandon(t *testing.T) {
	const body = "<!doctype html><title>a</title>"
	for _, coding := range []string{"", "gzip"} {
		for _, flush := range []bool{false, true} {
			sent := []byte(body)
			if coding != "" {
				sent = encode(t, encoders[0].open, body)
			}
			rec := run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
				asHTML(w)
				w.Header().Set("Etag", `"a"`)
				if coding != "" {
					w.Header().Set("Content-Encoding", coding)
				}
				_, _ = w.Write(sent)
				if flush {
					w.Flush()
				}
				if err := w.Abandon(); err != nil || w.Reason() != Canceled {
					t.Error(err, w.Reason())
				}
			})
			want := string(sent)
			if flush {
				want = body
			} else if rec.Header().Get("ETag") != `"a"` || rec.Header().Get("Content-Encoding") != coding {
				t.Errorf("header %v", rec.Header())
			}
			got := rec.Body.String()
			if flush {
				// The end of the stream may be held for good: nothing follows.
				got, _ = pageOf(rec)
			}
			if got != want {
				t.Errorf("%q, flushed %v: %q", coding, flush, rec.Body)
			}
		}
	}
	run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
		if err := w.Abandon(); err != nil || w.Committed() {
			t.Error("an answer that was not begun is left to others", err)
		}
	})
}

// What a handler sets after WriteHeader is no part of the header, also where
// the header is held.
func TestHeaderIsThatOfWriteHeader(t *testing.T) {
	rec := run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
		asHTML(w)
		w.Header().Set("Trailer", "X-Sum")
		w.WriteHeader(200)
		_, _ = io.WriteString(w, "<!doctype html>")
		w.Header().Set("X-Sum", "1")
		w.Header().Set("X-Late", "1")
		if err := w.Finish(); err != nil {
			t.Error(err)
		}
	})
	res := rec.Result()
	if res.Header.Get("X-Sum") != "" || res.Header.Get("X-Late") != "" || res.Header.Get("Vary") == "" {
		t.Errorf("header %v", res.Header)
	}
	if res.Trailer.Get("X-Sum") != "1" {
		t.Errorf("trailer %v", res.Trailer)
	}
}

func TestSniffsAsNetHTTPDoes(t *testing.T) {
	pad := strings.Repeat("x", sniffLen)
	for _, tt := range []struct {
		body, want string
		reason     Reason
	}{
		{"<!doctype html><p>", "<!doctype html>" + testTag + "<p>", 0},
		{"<!-- " + pad + "--><p>", "<!-- " + pad + "-->" + testTag + "<p>", 0},
		{"plain", "plain", NotHTML},
		{"\x89PNG" + pad, "\x89PNG" + pad, NotHTML},
		{"", "", NotHTML},
	} {
		for _, size := range []int{1, 7, 4096} {
			r := navigate()
			rec, reason := through(t, newInjector(t), r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for b := []byte(tt.body); len(b) > 0; {
					n, err := w.Write(b[:min(size, len(b))])
					if err != nil {
						t.Error(err)
					}
					b = b[n:]
				}
			}))
			if rec.Body.String() != tt.want || reason != tt.reason {
				t.Errorf("%.20q by %d: %.120q (%v)", tt.body, size, rec.Body, reason)
			}
		}
	}
}

// readerFromRecorder counts what reaches its ReadFrom.
type readerFromRecorder struct {
	*httptest.ResponseRecorder
	direct int64
}

func (r *readerFromRecorder) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(r.ResponseRecorder.Body, src)
	r.direct += n
	return n, err
}

// After the place the underlying writer copies by itself, with sendfile if it can.
func TestReadFromIsHandedOn(t *testing.T) {
	body := testPage + strings.Repeat("x", 1<<20)
	in := newInjector(t)
	r := navigate()
	rec := &readerFromRecorder{ResponseRecorder: httptest.NewRecorder()}
	d := in.Request(r)
	w := in.Wrap(rec, r, d, nil)
	defer w.Release()
	asHTML(w)
	n, err := io.Copy(w, plainReader{strings.NewReader(body)})
	if err != nil || n != int64(len(body)) {
		t.Fatal(n, err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if without(rec.Body.String()) != body || count(rec.Body.Bytes()) != 1 {
		t.Error("body differs")
	}
	if rec.direct < 1<<20-64<<10 {
		t.Errorf("only %d bytes were handed on", rec.direct)
	}
}

// brokenWriter fails after n bytes.
type brokenWriter struct {
	*httptest.ResponseRecorder
	n int
}

var errBroken = errors.New("client is gone")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.n -= len(p); b.n < 0 {
		return 0, errBroken
	}
	return b.ResponseRecorder.Write(p)
}

func TestWriteErrorsReachTheHandler(t *testing.T) {
	for n := 0; n < len(testInjected); n += 20 {
		in := newInjector(t)
		r := navigate()
		d := in.Request(r)
		w := in.Wrap(&brokenWriter{httptest.NewRecorder(), n}, r, d, nil)
		asHTML(w)
		_, err := io.WriteString(w, testPage)
		if !errors.Is(err, errBroken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		w.Release()
	}
}

// The carry is bounded, whatever comes.
func TestHeldIsBounded(t *testing.T) {
	for name, unit := range map[string]string{
		"white space": " ", "comment": "<!-- a -->", "open comment": "<!-- ", "metas": "<meta name=a>", "attributes": "<html a='>' ", "title": "<title>a</titl",
	} {
		t.Run(name, func(t *testing.T) {
			chunk := []byte(strings.Repeat(unit, 700))
			run(t, navigate(), nil, func(w *Writer, rec *httptest.ResponseRecorder) {
				asHTML(w)
				sent := 0
				for range 200 {
					n, err := w.Write(chunk)
					if err != nil {
						t.Fatal(err)
					}
					sent += n
					if len(w.held) > scan.Limit+1 {
						t.Fatalf("%d bytes are held", len(w.held))
					}
				}
				if err := w.Finish(); err != nil {
					t.Fatal(err)
				}
				if got := rec.Body.Len() - count(rec.Body.Bytes())*len(testTag); got != sent {
					t.Errorf("%d bytes of %d arrived", got, sent)
				}
			})
		})
	}
}

// Proxies write from one buffer again and again.
func TestNothingOfABufferIsKept(t *testing.T) {
	for size := range 0x7f {
		rec, _ := through(t, newInjector(t), navigate(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			cut(w, []byte(testPage), bytes.Repeat([]byte{byte(size + 1)}, len(testPage)/(size+1)))
		}))
		if rec.Body.String() != testInjected {
			t.Errorf("in pieces of %d: %q", size+1, rec.Body)
		}
	}
}

// The underlying writer may compress or not by the first write alone.
func TestFirstWriteIsNotShort(t *testing.T) {
	for _, page := range []string{testPage + strings.Repeat("x", 5000), "<!doctype html><!--" + strings.Repeat("x", 5000) + "--><p>"} {
		in := newInjector(t)
		r := navigate()
		d := in.Request(r)
		rec := &firstWrite{ResponseRecorder: httptest.NewRecorder()}
		w := in.Wrap(rec, r, d, nil)
		asHTML(w)
		_, _ = io.WriteString(w, page)
		if err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		if rec.first < joinLen || without(rec.Body.String()) != page {
			t.Errorf("%d bytes first", rec.first)
		}
		w.Release()
	}
}

// firstWrite notes how long the first write was.
type firstWrite struct {
	*httptest.ResponseRecorder
	first int
}

func (f *firstWrite) Write(p []byte) (int, error) {
	if f.first == 0 {
		f.first = len(p)
	}
	return f.ResponseRecorder.Write(p)
}

func TestWriterIsReused(t *testing.T) {
	in := newInjector(t)
	for range 50 {
		rec, _ := through(t, in, navigate(), answer(200, "Content-Type: text/html\nETag: \"a\"\nContent-Security-Policy: script-src 'nonce-abc' 'self'", testPage))
		if !bytes.Contains(rec.Body.Bytes(), []byte(`nonce="abc"`)) {
			t.Fatal("no nonce")
		}
		rec, _ = through(t, in, navigate(), answer(200, "Content-Type: text/html\nETag: \"b\"", testPage))
		if rec.Body.String() != testInjected || rec.Header().Get("ETag") != `"b~e`+in.hash+`"` {
			t.Fatal(rec)
		}
	}
}

// plainReader hides WriteTo, so that io.Copy uses the writer's ReadFrom.
type plainReader struct{ io.Reader }
