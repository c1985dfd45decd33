package e2e_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/parley-chat/parley/e2e/browser"
)

// encodings are those that browsers take.
var encodings = map[string]func(io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w, zstd.WithWindowSize(1<<20))
		if err != nil {
			panic(err)
		}
		return z
	},
}

// flaws are what servers and scripts do to the end of an encoded page.
var flaws = []struct {
	name string
	do   func(page []byte) []byte
}{
	{"whole", func(b []byte) []byte { return b }},
	{"a newline behind it", func(b []byte) []byte { return append(b, '\n') }},
	{"zeros behind it", func(b []byte) []byte { return append(b, make([]byte, 600)...) }},
	{"junk behind it", func(b []byte) []byte { return append(b, strings.Repeat("<!-- junk -->", 100)...) }},
	{"a second stream behind it", func(b []byte) []byte { return append(b, b...) }},
	{"a wrong checksum", func(b []byte) []byte { b[len(b)-5] ^= 0xff; return b }},
	{"half a trailer", func(b []byte) []byte { return b[:len(b)-3] }},
	{"no trailer", func(b []byte) []byte { return b[:len(b)-8] }},
	{"its end missing", func(b []byte) []byte { return b[:len(b)-200] }},
}

// sizes are of a page that is decoded at once, and of one that comes in pieces.
var sizes = map[string]int{"small": 3000, "large": 300_000}

// A page that comes encoded although nobody asked for it is, with a chat, the
// page that the browser makes of it without one, however its end looks.
func TestEncodedPages(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		encoding, flaw := r.FormValue("encoding"), r.FormValue("flaw")
		open, size := encodings[encoding], sizes[r.FormValue("size")]
		if open == nil {
			http.NotFound(w, r)
			return
		}
		var b bytes.Buffer
		e := open(&b)
		// Text that hardly compresses, so that the end is the end.
		fmt.Fprint(e, "<!doctype html><title>Encoded</title><h1>Encoded</h1><pre>")
		seed := uint64(1)
		for n := 0; n < size; n += 16 {
			seed = seed*6364136223846793005 + 1442695040888963407
			fmt.Fprintf(e, "%016x", seed^seed>>29)
		}
		fmt.Fprint(e, "</pre><p>The end.")
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		body := b.Bytes()
		for _, f := range flaws {
			if f.name == flaw {
				body = f.do(body)
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", encoding)
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body)
	})
	direct := httptest.NewServer(app)
	t.Cleanup(direct.Close)
	s := startSite(t, "", app)
	tabs := make(chan *browser.Tab, visitors)
	for range visitors {
		tab := browser.New(t).Tab()
		tab.AllowProblem("") // pages that browsers refuse are among them
		tabs <- tab
	}
	for encoding := range encodings {
		for _, f := range flaws {
			if encoding == "zstd" && f.name == "half a trailer" {
				continue // our decoder keeps the last block back until it has the checksum
			}
			for size := range sizes {
				t.Run(encoding+"/"+f.name+"/"+size, func(t *testing.T) {
					t.Parallel()
					tab := <-tabs
					defer func() { tabs <- tab }()
					query := "/?" + url.Values{"encoding": {encoding}, "flaw": {f.name}, "size": {size}}.Encode()
					without := pageText(tab.In(t), direct.URL+query)
					with := pageText(tab.In(t), s.local+query)
					switch {
					case with == without:
					case without == refused && strings.HasSuffix(with, "The end."):
						// More than without a chat is no harm.
					case encoding == "gzip" && f.name == "a second stream behind it" && strings.HasPrefix(with, without):
						// All members of a body are part of it (RFC 1952, 2.2).
						// Chromium shows the first alone, other clients more.
					case strings.HasPrefix(without, with) && len(without)-len(with) < 16:
						// A decoder may take back the last characters of what is cut short.
					default:
						t.Errorf("with a chat: %d characters, %.30q … %q\nwithout: %d, %.30q … %q", len(with), with, end(with), len(without), without, end(without))
					}
				})
			}
		}
	}
}

// refused is the page that a browser does not show.
const refused = "refused"

func pageText(tab *browser.Tab, address string) string {
	if err := tab.TryGo(address); err != nil {
		return refused
	}
	return browser.Eval[string](tab, `document.title + '|' + document.body.innerText`)
}

func end(text string) string { return text[max(0, len(text)-20):] }
