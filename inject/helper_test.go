package inject

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	testSrc = "/_chat/widget.js?v=0123456789abcdef"
	testTag = `<script async src="/_chat/widget.js?v=0123456789abcdef"></script>`
)

func newInjector(t testing.TB, edit ...func(*Config)) *Injector {
	t.Helper()
	cfg := Config{Src: testSrc}
	for _, e := range edit {
		e(&cfg)
	}
	in, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// navigate is a request as a browser sends it when the user follows a link.
func navigate() *http.Request {
	r := httptest.NewRequest("GET", "http://shop.example/", nil)
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	return r
}

// page answers with body as HTML, with its length unless it is flushed.
func page(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(body))
	}
}

// handler inserts into the responses of next, as net/http's middleware does.
func handler(in *Injector, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		iw := in.Wrap(w, r, in.Request(r), nil)
		defer iw.Release()
		next.ServeHTTP(iw, r)
		if err := iw.Finish(); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
}

// through serves one request by the injector and returns the answer with the
// reason.
func through(t testing.TB, in *Injector, r *http.Request, next http.Handler) (*httptest.ResponseRecorder, Reason) {
	t.Helper()
	rec := httptest.NewRecorder()
	r = r.Clone(r.Context()) // the tests send some twice
	w := in.Wrap(rec, r, in.Request(r), nil)
	defer w.Release()
	next.ServeHTTP(w, r)
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return rec, w.Reason()
}

// inject returns the body that becomes of an HTML body.
func inject(t testing.TB, contentType, body string) (string, Reason) {
	t.Helper()
	rec, reason := through(t, newInjector(t), navigate(), page(contentType, body))
	return rec.Body.String(), reason
}

// cut writes body in pieces whose lengths come from cuts; a cut with the high
// bit is followed by a flush. Each piece is gone after its Write, as those of
// proxies are, which use one buffer for all.
func cut(w http.ResponseWriter, body, cuts []byte) {
	buf := make([]byte, 0x7f)
	for _, c := range cuts {
		n := copy(buf[:c&0x7f], body)
		_, _ = w.Write(buf[:n])
		clear(buf)
		body = body[n:]
		if c&0x80 != 0 {
			_ = http.NewResponseController(w).Flush()
		}
	}
	last := bytes.Clone(body)
	_, _ = w.Write(last)
	clear(last)
}

func without(s string) string { return strings.Replace(s, testTag, "", 1) }

func count(b []byte) int { return bytes.Count(b, []byte(testTag)) }
