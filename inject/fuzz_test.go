package inject

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/inject/scan"
)

// seeds are small pages that visit the tokenizer's corners; testdata/pages has
// whole ones.
var seeds = []string{
	testPage,
	"<!doctype html><p>a",
	"\uFEFF<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"x\"><html><head><title>a</title></head><body>",
	"<html><head><script><!--<script></script>--></script><meta charset=utf-8><link></head>",
	"<!doctype html><head><style>a</style><noscript><link></noscript><template><p><svg></template><meta charset=latin1>",
	"<!doctype html><!--><!---><!-- --!><!x><?y?></ z></><title></titl</title ><meta content='>'><base>",
	"Notice: a <b>b</b>\n<!doctype html><html><head><meta charset=utf-8><link>", "\"a\" <html>", "'<html>", "1<head><title>",
	"a(\"\\n<!doctype html>", "a = 'b\\ '\\' \\\\ can't (`c`) [{d}]\n<html><link>",
	"<head><base href=//cdn.example/><meta charset=utf-8><link>", "<link><base href=http://a><script></script><noscript><meta charset=utf-8></noscript>",
	"<html amp><head>", "<html ⚡4email>", "<head></head><frameset>", "{}", "\xff\xfe<\x00",
	"<?xml version='1.0'?><rss>", "<!doctype html><head><meta http-equiv=content-security-policy content=\"script-src 'nonce-abc'\"><script>",
	"<!doctype html><title>a", "<!doctype html><!-- a", "<html a='", "<!doc", "<", "</", "<!", "<!-", "<!d",
	"<!doctype html><head>" + strings.Repeat("<meta name=a content=b>", 60) + "<script></script><meta charset=utf-8>",
}

func addSeeds(f *testing.F, add func(page []byte)) {
	f.Helper()
	for _, s := range seeds {
		add([]byte(s))
	}
	files, err := filepath.Glob("testdata/pages/*.html")
	if err != nil || len(files) == 0 {
		f.Fatal("no seed pages", err)
	}
	for _, name := range files {
		page, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(page)
	}
}

// FuzzTransparency: without the element the output is the input, the length is
// what was promised, HEAD says what GET says, and little is held.
func FuzzTransparency(f *testing.F) {
	addSeeds(f, func(page []byte) { f.Add(page, []byte{1, 0x83, 100}, true) })
	in := newInjector(f)
	f.Fuzz(func(t *testing.T, body, cuts []byte, length bool) {
		flushed := false
		for _, c := range cuts {
			flushed = flushed || c&0x80 != 0
		}
		serve := func(method string) (*httptest.ResponseRecorder, Reason, int) {
			r := navigate()
			r.Method = method
			rec := httptest.NewRecorder()
			d := in.Request(r)
			w := in.Wrap(rec, r, d, nil)
			defer w.Release()
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("ETag", `"a"`)
			if length {
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			}
			if method == http.MethodHead {
				w.WriteHeader(200)
			} else {
				cut(w, body, cuts)
			}
			held := len(w.held)
			if err := w.Finish(); err != nil {
				t.Fatal(err)
			}
			return rec, w.Reason(), held
		}
		rec, reason, held := serve(http.MethodGet)
		out := rec.Body.Bytes()
		if held > scan.Limit+1 {
			t.Errorf("%d bytes were held", held)
		}
		if reason != Injected {
			if !bytes.Equal(out, body) {
				t.Fatalf("%v, but the body was changed", reason)
			}
			if !flushed && (rec.Header().Get("ETag") != `"a"` || len(rec.Header()["Vary"]) > 0) {
				t.Errorf("%v, but the header was changed: %v", reason, rec.Header())
			}
		} else if !isWithout(out, body) {
			t.Fatalf("%q is not %q and the element", out, body)
		}
		if cl := rec.Header().Get("Content-Length"); cl != "" && cl != strconv.Itoa(len(out)) {
			t.Errorf("Content-Length %s for %d bytes", cl, len(out))
		} else if cl == "" && length && !flushed {
			t.Error("Content-Length was dropped")
		}
		if reason == Injected && !flushed && !bytes.Contains(out, []byte(" nonce=")) {
			head, _, _ := serve(http.MethodHead)
			if a, b := dump(head.Header()), dump(rec.Header()); a != b {
				t.Errorf("HEAD\n%s\nGET\n%s", a, b)
			}
		}
	})
}

// isWithout reports whether out is body with one script element put in.
func isWithout(out, body []byte) bool {
	const open = `<script async src="` + testSrc + `"`
	for from := 0; ; {
		i := bytes.Index(out[from:], []byte(open))
		if i < 0 {
			return false
		}
		i += from
		from = i + 1
		end := bytes.Index(out[i:], []byte("></script>"))
		if end < 0 {
			return false
		}
		end += i + len("></script>")
		if bytes.Equal(out[:i], body[:min(i, len(body))]) && i <= len(body) && bytes.Equal(out[end:], body[i:]) {
			return true
		}
	}
}

// FuzzCuts: the result does not depend on how the body is cut into writes and
// flushes.
func FuzzCuts(f *testing.F) {
	addSeeds(f, func(page []byte) { f.Add(page, []byte{1, 1, 0x81, 5, 0x80, 0x8f, 100}, "text/html") })
	in := newInjector(f)
	f.Fuzz(func(t *testing.T, body, cuts []byte, contentType string) {
		if contentType == "" {
			return // what net/http guesses does depend on flushes
		}
		serve := func(cuts []byte) (string, Reason) {
			rec, reason := through(t, in, navigate(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = []string{contentType}
				cut(w, body, cuts)
			}))
			return rec.Body.String(), reason
		}
		whole, reason := serve(nil)
		pieces, reason2 := serve(cuts)
		if whole != pieces || reason != reason2 {
			t.Fatalf("whole (%v):\n%q\nin pieces (%v):\n%q", reason, whole, reason2, pieces)
		}
		if len(body) < 5000 {
			if bytewise, reason3 := serve(bytes.Repeat([]byte{1}, len(body))); bytewise != whole || reason3 != reason {
				t.Fatalf("whole (%v):\n%q\nby bytes (%v):\n%q", reason, whole, reason3, bytewise)
			}
		}
	})
}

// FuzzPlace: the place is one that a whole parser agrees with.
func FuzzPlace(f *testing.F) {
	addSeeds(f, func(page []byte) { f.Add(page) })
	in := newInjector(f, func(c *Config) { c.CSP = CSPOff })
	f.Fuzz(func(t *testing.T, body []byte) {
		rec, reason := through(t, in, navigate(), page("text/html", string(body)))
		if reason != Injected {
			return
		}
		if err := checkPlace(body, rec.Body.Bytes()); err != nil {
			t.Fatalf("%v\n%q", err, rec.Body)
		}
	})
}

// FuzzCompressed: a page that comes compressed is, once it is read, the page that
// it is where it does not, however it is cut into writes and flushes.
func FuzzCompressed(f *testing.F) {
	addSeeds(f, func(page []byte) {
		for i := range encoders {
			f.Add(page, []byte{1, 0x83, 100}, uint8(i), i%2 == 0)
		}
	})
	in := newInjector(f)
	f.Fuzz(func(t *testing.T, body, cuts []byte, coding uint8, all bool) {
		e := encoders[int(coding)%len(encoders)]
		if len(body) == 0 {
			return // nothing to tell that from damage
		}
		plain, want := through(t, in, navigate(), page("text/html", string(body)))
		r := accepting("")
		if all {
			r = accepting(allCodings)
		}
		sent := encode(t, e.open, string(body))
		rec, reason := through(t, in, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", e.coding)
			w.Header().Set("Content-Length", strconv.Itoa(len(sent)))
			cut(w, sent, cuts)
		}))
		if cl := rec.Header().Get("Content-Length"); cl != "" && cl != strconv.Itoa(rec.Body.Len()) {
			t.Errorf("Content-Length %s for %d bytes", cl, rec.Body.Len())
		}
		if got, err := pageOf(rec); err != nil || got != plain.Body.String() || reason != want {
			t.Errorf("%v, %v: %q\nnot compressed (%v): %q", reason, err, got, want, plain.Body)
		}
	})
}

// FuzzEncoded: whatever claims to be encoded, nothing is lost: either the page
// was injected, or the bytes pass, or there is an error.
func FuzzEncoded(f *testing.F) {
	for _, e := range encoders {
		f.Add(e.coding, encode(f, e.open, testPage), []byte{20, 0x83})
	}
	in := newInjector(f)
	f.Fuzz(func(t *testing.T, coding string, body, cuts []byte) {
		r := accepting([...]string{allCodings, ""}[len(body)&1])
		rec := httptest.NewRecorder()
		d := in.Request(r)
		w := in.Wrap(rec, r, d, nil)
		defer w.Release()
		w.Header().Set("Content-Type", "text/html")
		w.Header()["Content-Encoding"] = []string{coding}
		cut(w, body, cuts)
		err := w.Finish()
		if rec.Header().Get("Content-Encoding") == coding && coding != "" && w.Reason() != Injected && !bytes.Equal(rec.Body.Bytes(), body) {
			t.Errorf("%v: %q became %q", w.Reason(), body, rec.Body)
		}
		if text, _ := pageOf(rec); w.Reason() == Injected && err == nil && !strings.Contains(text, testTag) && !strings.Contains(text, " nonce=") {
			t.Errorf("no element: %q", rec.Body)
		}
	})
}
