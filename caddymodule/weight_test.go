package caddymodule_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/parley-chat/parley/internal/caddytest"
)

// compressors are encoders at the effort that servers make, and that of those who
// compress files beforehand.
var compressors = map[string][2]func(io.Writer) io.WriteCloser{
	"gzip":    {gzipAt(6), gzipAt(9)},
	"deflate": {func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, nil},
	"br":      {brotliAt(5), brotliAt(11)},
	"zstd":    {zstdAt(zstd.SpeedDefault), zstdAt(zstd.SpeedBestCompression)},
}

func gzipAt(level int) func(io.Writer) io.WriteCloser {
	return func(w io.Writer) io.WriteCloser { z, _ := gzip.NewWriterLevel(w, level); return z }
}

func brotliAt(level int) func(io.Writer) io.WriteCloser {
	return func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, level) }
}

func zstdAt(level zstd.EncoderLevel) func(io.Writer) io.WriteCloser {
	return func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w, zstd.WithEncoderLevel(level)); return z }
}

// manual is a page of real text and markup, of 90 KB and what its last chapter has more.
func manual(t *testing.T) string {
	t.Helper()
	names, _ := filepath.Glob("../docs/*.md")
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>The manual</title>\n<link rel=\"stylesheet\" href=\"/manual.css\">\n</head>\n<body>\n")
	for _, name := range append([]string{"../README.md"}, names...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "<section class=\"chapter\" id=%q>\n", filepath.Base(name))
		for p := range strings.SplitSeq(string(text), "\n\n") {
			fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(p))
		}
		if b.WriteString("</section>\n"); b.Len() > 90_000 {
			break
		}
	}
	return b.String()
}

// What a page weighs on the wire is at most 5 % more than without a chat,
// whoever compresses it and whatever the browser takes. Files that were
// compressed beforehand, at the greatest effort, may weigh up to 15 % more the
// first times that they are asked for.
func TestPagesWeighWhatTheyWeighed(t *testing.T) {
	page := manual(t)
	short := page[:40_000] // of the files: the greatest effort takes its time
	encoded := map[string]string{}
	for coding, c := range compressors {
		var b bytes.Buffer
		e := c[0](&b)
		_, _ = io.WriteString(e, page)
		_ = e.Close()
		encoded[coding] = b.String()
	}
	// An application that compresses as its path says: by the first that the
	// client takes, or always.
	app := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		how := strings.Split(r.URL.Path, "/")[2]
		coding := ""
		for c := range strings.SplitSeq(how, "-") {
			if c == "always" || strings.Contains(r.Header.Get("Accept-Encoding"), c) {
				coding = strings.Replace(c, "always", "gzip", 1)
				break
			}
		}
		body := page
		if coding != "" {
			w.Header().Set("Content-Encoding", coding)
			w.Header().Set("Vary", "Accept-Encoding")
			body = encoded[coding]
		}
		for len(body) > 0 { // as it becomes ready
			n := min(len(body), 5000)
			_, _ = io.WriteString(w, body[:n])
			_ = http.NewResponseController(w).Flush()
			body = body[n:]
		}
	}
	w := caddytest.Prepare(t, app)
	root := filepath.Join(w.Dir, "files")
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	for suffix, coding := range map[string]string{"": "", ".gz": "gzip", ".br": "br", ".zst": "zstd"} {
		file, err := os.Create(filepath.Join(root, "page.html"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		var e io.WriteCloser = file
		if coding != "" {
			e = compressors[coding][1](file)
		}
		_, _ = io.WriteString(e, short)
		if e.Close() != nil || coding != "" && file.Close() != nil {
			t.Fatal("the files can't be written")
		}
	}
	proxy := "reverse_proxy " + strings.TrimPrefix(w.App.URL, "http://") + "\n}\n"
	directives := "root * " + root + "\n" +
		"route /app/* {\nCHAT\n" + proxy +
		"route /encode/* {\nencode zstd gzip\nCHAT\n" + proxy +
		"route /behind/* {\nCHAT\nencode zstd gzip\n" + proxy +
		"route /page.html {\nCHAT\nfile_server {\nprecompressed\n}\n}\n" +
		"route /gz/page.html {\nCHAT\nuri strip_prefix /gz\nfile_server {\nprecompressed zstd gzip\n}\n}\n"
	plain := "http://" + caddytest.FreeAddress(t)
	w.Load(withDirectives(w, strings.ReplaceAll(directives, "CHAT", "chat")) + "\n" + plain + " {\n" + strings.ReplaceAll(directives, "CHAT", "") + "\n}\n")
	client := wire(t)
	var table strings.Builder
	for _, who := range []struct{ name, path string }{
		{"application, gzip", "/app/gzip"},
		{"application, deflate", "/app/deflate"},
		{"application, Brotli before gzip", "/app/br-gzip"},
		{"application, Zstandard before gzip", "/app/zstd-gzip"},
		{"application, gzip whatever is asked", "/app/always"},
		{"nobody", "/app/none"},
		{"`encode`", "/encode/none"},
		{"`encode`, and the application gzip", "/encode/gzip"},
		{"`encode`, and the application Brotli", "/encode/br-gzip"},
		{"`encode` behind `chat`", "/behind/none"},
		{"`file_server` with `precompressed zstd gzip`", "/gz/page.html"},
		{"`file_server` with `precompressed`", "/page.html"},
	} {
		for _, accepted := range []string{"gzip, deflate, br, zstd", "gzip, deflate, br", "gzip", "deflate", "br", "zstd", "identity"} {
			header := append([]string{"Accept-Encoding", accepted}, navigation...)
			without := ask(t, client, http.MethodGet, plain+who.path, header...)
			with := ask(t, client, http.MethodGet, w.URL+who.path, header...)
			fmt.Fprintf(&table, "| %s | %s | %s %d | %s %d |\n", who.name, accepted, without.header.Get("Content-Encoding"), len(without.body), with.header.Get("Content-Encoding"), len(with.body))
			text, want := plainText(t, with), page
			if strings.HasSuffix(who.path, "/page.html") {
				want = short
			}
			if with.err != nil || tags(text) != 1 || withoutTag(text) != want {
				t.Errorf("%s for %s: %v, %d tags in %d bytes", who.name, accepted, with.err, tags(text), len(text))
			}
			if coding := with.header.Get("Content-Encoding"); coding != "" && !slices.Contains(strings.Split(accepted, ", "), coding) {
				t.Errorf("%s for %s: comes as %s", who.name, accepted, coding)
			}
			if a, b := contains(with.header.Values("Vary"), "Accept-Encoding"), contains(without.header.Values("Vary"), "Accept-Encoding"); b && !a {
				t.Errorf("%s for %s: Vary is %q", who.name, accepted, with.header.Values("Vary"))
			}
			most := len(without.body) * 105 / 100
			if who.path == "/app/always" && !strings.Contains(accepted, "gzip") {
				continue // without a chat it comes as something that was refused
			}
			if strings.HasSuffix(who.path, "/page.html") {
				if len(with.body) > len(without.body)*115/100 {
					t.Errorf("%s for %s: %d bytes at first, without a chat %d", who.name, accepted, len(with.body), len(without.body))
				}
				caddytest.Eventually(t, "it weighs what it weighed", func() bool {
					with = ask(t, client, http.MethodGet, w.URL+who.path, header...)
					return len(with.body) <= most
				})
				if text := plainText(t, with); tags(text) != 1 || withoutTag(text) != short {
					t.Errorf("%s for %s at last: %d tags in %d bytes", who.name, accepted, tags(text), len(text))
				}
				fmt.Fprintf(&table, "| %s, at last | %s | %d | %s %d |\n", who.name, accepted, len(without.body), with.header.Get("Content-Encoding"), len(with.body))
			}
			if len(with.body) > most {
				t.Errorf("%s for %s: %d bytes (%s), without a chat %d (%s)", who.name, accepted, len(with.body), with.header.Get("Content-Encoding"), len(without.body), without.header.Get("Content-Encoding"))
			}
		}
	}
	t.Log("\n" + table.String())
}

// What an application compresses and flushes arrives at once, with the tag in it.
func TestCompressedPagesArriveAsTheyAreFlushed(t *testing.T) {
	pieces := []string{"<!doctype html><html><head><meta charset=utf-8>", "<title>Slow</title><link rel=x>", "</head><body><p>first", "<p>last"}
	for coding, open := range map[string]func(io.Writer) io.WriteCloser{"gzip": gzipAt(6), "deflate": compressors["deflate"][0], "br": brotliAt(5)} {
		t.Run(coding, func(t *testing.T) {
			arrived := make(chan struct{})
			w, _ := beside(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Content-Encoding", coding)
				e := open(w)
				for _, piece := range pieces {
					_, _ = io.WriteString(e, piece)
					_ = e.(interface{ Flush() error }).Flush()
					_ = http.NewResponseController(w).Flush()
					select {
					case <-arrived:
					case <-r.Context().Done():
						return
					}
				}
				_ = e.Close()
			}, "reverse_proxy APP")
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(navigation); i += 2 {
				r.Header.Set(navigation[i], navigation[i+1])
			}
			r.Header.Set("Accept-Encoding", "gzip, deflate, br")
			resp, err := wire(t).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got := resp.Header.Get("Content-Encoding"); got != coding {
				t.Fatalf("comes as %q", got)
			}
			text, err := codings[coding].decode(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, piece := range pieces {
				// It waits, until the test's deadline, for what does not come.
				for !strings.HasSuffix(withoutTag(got), piece) {
					b := make([]byte, 1)
					if _, err := text.Read(b); err != nil {
						t.Fatalf("%v, after %q", err, got)
					}
					got += string(b)
				}
				if i > 1 && tags(got) != 1 {
					t.Errorf("no tag in %q", got)
				}
				arrived <- struct{}{}
			}
			if rest, err := io.ReadAll(text); err != nil || len(rest) > 0 || withoutTag(got) != strings.Join(pieces, "") {
				t.Errorf("%v, %q and %q", err, got, rest)
			}
		})
	}
}
