package inject

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

// manual is a page of real text.
func manual(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return benchHead + strings.ReplaceAll(string(text[:20_000]), "<", "&lt;")
}

func best(w io.Writer) flushCloser { return brotli.NewWriterLevel(w, brotli.BestCompression) }

// file serves an encoded file as file servers do, in pieces.
func file(coding string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Encoding", coding)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Set("Etag", `"5f3a-61c2"`)
		for p := body; len(p) > 0; {
			n, _ := w.Write(bytes.Clone(p[:min(len(p), 4<<10)]))
			p = p[n:]
		}
	}
}

// A file that was compressed beforehand as well as can be weighs the same with
// the element, once it has come a few times.
func TestWhatComesAgainIsEncodedAsWell(t *testing.T) {
	text := manual(t)
	raw := encode(t, best, text)
	in := newInjector(t)
	for weight := len(raw) * 2; weight > len(raw)*102/100; {
		rec, reason := through(t, in, navigate(), file("br", raw))
		got, err := pageOf(rec)
		if reason != Injected || err != nil || count([]byte(got)) != 1 || without(got) != text {
			t.Fatalf("%v, %v, %d bytes of %d", reason, err, len(got), len(text))
		}
		weight = rec.Body.Len()
		if cl := rec.Header().Get("Content-Length"); cl != "" && cl != strconv.Itoa(weight) {
			t.Fatalf("Content-Length %s for %d bytes", cl, weight)
		}
	}
	for name, r := range map[string]struct {
		in   *Injector
		next http.HandlerFunc
	}{
		"another page":    {in, file("br", encode(t, best, text+"."))},
		"another element": {newInjector(t, func(c *Config) { c.Src += "0" }), file("br", raw)},
		"a nonce": {in, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "script-src 'nonce-r4nd0m'")
			file("br", raw)(w, r)
		}},
		"no validator": {in, func(w http.ResponseWriter, r *http.Request) {
			file("br", raw)(noETag{w}, r)
		}},
	} {
		rec, reason := through(t, r.in, navigate(), r.next)
		got, err := pageOf(rec)
		if reason != Injected || err != nil || len(got) <= len(text) || rec.Header().Get("Content-Length") != "" {
			t.Errorf("%s: %v, %v, %d bytes, header %v", name, reason, err, len(got), rec.Header())
		}
	}
}

type noETag struct{ http.ResponseWriter }

func (w noETag) Write(p []byte) (int, error) {
	w.Header().Del("Etag")
	return w.ResponseWriter.Write(p)
}

// A file that is awaited is not lost where it ends early, is flushed or fails.
func TestAwaitedBodies(t *testing.T) {
	text := manual(t)
	raw := encode(t, best, text)
	for name, next := range map[string]http.HandlerFunc{
		"flushed": func(w http.ResponseWriter, r *http.Request) {
			file("br", raw)(flushing{w}, r)
		},
		"longer than it says": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Says", strconv.Itoa(len(raw)-1000))
			file("br", raw)(says{w}, r)
		},
		"shorter than it says": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Says", strconv.Itoa(len(raw)+1000))
			file("br", raw)(says{w}, r)
		},
	} {
		rec, _ := through(t, newInjector(t), navigate(), next)
		got, err := pageOf(rec)
		if err != nil || without(got) != text {
			t.Errorf("%s: %v, %d bytes of %d", name, err, len(got), len(text))
		}
	}
	rec, reason := through(t, newInjector(t), navigate(), file("br", []byte(strings.Repeat("nothing ", 4000))))
	if reason != Encoded || rec.Body.Len() != 32_000 || rec.Header().Get("Content-Length") != "32000" {
		t.Errorf("%v, %d bytes, header %v", reason, rec.Body.Len(), rec.Header())
	}
}

type flushing struct{ http.ResponseWriter }

func (w flushing) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	return n, err
}

// says puts another Content-Length in the header than there is.
type says struct{ http.ResponseWriter }

func (w says) Write(p []byte) (int, error) {
	if v := w.Header().Get("X-Says"); v != "" {
		w.Header().Set("Content-Length", v)
		w.Header().Del("X-Says")
	}
	return w.ResponseWriter.Write(p)
}

// What takes all the time there is gets a small share of it, whoever asks for how
// many pages.
func TestTheBestEncodingTakesAShare(t *testing.T) {
	var p recodedPages
	now := time.Now()
	learns := func(n byte) bool {
		k := pageKey{n}
		_, first := p.find(k, now)
		_, second := p.find(k, now)
		return !first && second
	}
	if !learns(1) || learns(2) {
		t.Error("not one at a time")
	}
	p.add(pageKey{1}, []byte("a"), now, time.Second)
	if learns(2) {
		t.Error("one after the other")
	}
	if now = now.Add(recodedRest*time.Second - 1); learns(3) {
		t.Error("one after the other")
	}
	if now = now.Add(1); !learns(4) {
		t.Error("none any more")
	}
	if out, _ := p.find(pageKey{1}, now); string(out) != "a" {
		t.Errorf("%q is remembered", out)
	}
}
