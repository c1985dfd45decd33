package inject

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/parley-chat/parley/inject/csp"
)

// browserRequest has the header of a Chromium navigation.
func browserRequest() *http.Request {
	r := navigate()
	for name, value := range map[string]string{
		"User-Agent":                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Accept-Language":           "en-US,en;q=0.9",
		"Cookie":                    "session=0123456789abcdef",
		"Sec-Fetch-Mode":            "navigate",
		"Sec-Fetch-Site":            "none",
		"Sec-Fetch-User":            "?1",
		"Sec-Ch-Ua":                 `"Chromium";v="140"`,
		"Sec-Ch-Ua-Mobile":          "?0",
		"Sec-Ch-Ua-Platform":        `"Linux"`,
		"Upgrade-Insecure-Requests": "1",
		"Cache-Control":             "max-age=0",
	} {
		r.Header.Set(name, value)
	}
	return r
}

// shortRequest has the header of a small client.
func shortRequest() *http.Request { return navigate() }

const benchHead = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Boots and shoes</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/a.css"></head><body>`

// bench runs whole requests, from their arrival to the last byte, in writes of
// 32 KB as a reverse proxy makes them. Header values are the handler's own.
func bench(b *testing.B, in *Injector, r *http.Request, header http.Header, body []byte) {
	rec := &discard{h: http.Header{}}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		clear(rec.h)
		for k, v := range header {
			rec.h[k] = v
		}
		d := in.Request(r)
		w := in.Wrap(rec, r, d, nil)
		w.WriteHeader(http.StatusOK)
		for p := body; len(p) > 0; {
			n, _ := w.Write(p[:min(32<<10, len(p))])
			p = p[n:]
		}
		if err := w.Finish(); err != nil {
			b.Fatal(err)
		}
		w.RestoreRequest() // the next round needs the same request
		w.Release()
	}
}

func benchHeader(contentType string, size int) http.Header {
	return http.Header{
		"Content-Type":   {contentType},
		"Content-Length": {strconv.Itoa(size)},
		"Etag":           {`"5f3a-61c2"`},
		"Date":           {"Mon, 02 Jan 2006 15:04:05 GMT"},
	}
}

func benchBody(size int) []byte {
	return append([]byte(benchHead), bytes.Repeat([]byte("<p>Some text of the page that is long enough.\n"), size/46+1)...)[:size]
}

// BenchmarkBare is the loop without the injector, to be subtracted.
func BenchmarkBare(b *testing.B) {
	header, body := benchHeader("text/html", 5000), benchBody(5000)
	rec := &discard{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(rec.h)
		for k, v := range header {
			rec.h[k] = v
		}
		rec.WriteHeader(200)
		_, _ = rec.Write(body)
	}
}

func BenchmarkInjected(b *testing.B) {
	for _, size := range []int{5 << 10, 100 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("browser/%dKB", size>>10), func(b *testing.B) {
			bench(b, newInjector(b), browserRequest(), benchHeader("text/html; charset=utf-8", size), benchBody(size))
		})
	}
	b.Run("3headers/5KB", func(b *testing.B) {
		bench(b, newInjector(b), shortRequest(), benchHeader("text/html; charset=utf-8", 5<<10), benchBody(5<<10))
	})
	b.Run("browser/CSP/5KB", func(b *testing.B) {
		h := benchHeader("text/html", 5<<10)
		h[csp.Header] = []string{"default-src 'self'; script-src 'self' 'nonce-r4nd0m' https://cdn.example; connect-src 'self' https://api.example; img-src * data:; object-src 'none'"}
		bench(b, newInjector(b), browserRequest(), h, benchBody(5<<10))
	})
}

func BenchmarkPassed(b *testing.B) {
	b.Run("request/5KB", func(b *testing.B) {
		r := browserRequest()
		r.Header.Set("Sec-Fetch-Dest", "image")
		bench(b, newInjector(b), r, benchHeader("image/png", 5<<10), benchBody(5<<10))
	})
	b.Run("request/1MB", func(b *testing.B) {
		r := browserRequest()
		r.Header.Set("Sec-Fetch-Dest", "script")
		bench(b, newInjector(b), r, benchHeader("text/javascript", 1<<20), benchBody(1<<20))
	})
	b.Run("navigation/5KB", func(b *testing.B) {
		bench(b, newInjector(b), browserRequest(), benchHeader("application/pdf", 5<<10), benchBody(5<<10))
	})
}

// BenchmarkCompressed runs a server and a client that keeps its connection, on
// pages that come in gzip or Brotli: those that pass as they are, and those that
// have the element put in. What passes is what the others are compared with.
func BenchmarkCompressed(b *testing.B) {
	in := newInjector(b)
	for _, size := range []int{5 << 10, 100 << 10, 1 << 20} {
		bodies := map[string][]byte{}
		for _, e := range encoders {
			if e.coding == "gzip" || e.coding == "br" {
				bodies[e.coding] = encode(b, e.open, string(benchPage(b, size)))
			}
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			iw := in.Wrap(w, r, in.Request(r), nil)
			defer iw.Release()
			body := bodies[r.URL.Path[1:]]
			h := iw.Header()
			h["Content-Type"] = []string{"text/html; charset=utf-8"}
			h["Content-Encoding"] = []string{r.URL.Path[1:]}
			h["Content-Length"] = []string{strconv.Itoa(len(body))}
			for len(body) > 0 {
				n, _ := iw.Write(body[:min(32<<10, len(body))])
				body = body[n:]
			}
			if err := iw.Finish(); err != nil {
				b.Error(err)
			}
		}))
		for _, what := range []struct{ name, coding, dest string }{
			{"passed", "gzip", "empty"}, {"spliced", "gzip", "document"}, {"encoded again", "br", "document"},
		} {
			b.Run(fmt.Sprintf("%dKB/%s", size>>10, what.name), func(b *testing.B) {
				r := browserRequest()
				r.URL, _ = r.URL.Parse(server.URL + "/" + what.coding)
				r.RequestURI, r.Host = "", ""
				r.Header.Set("Sec-Fetch-Dest", what.dest)
				r.Header.Set("Accept-Encoding", allCodings)
				b.ReportAllocs()
				for b.Loop() {
					resp, err := server.Client().Do(r)
					if err != nil {
						b.Fatal(err)
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				b.ReportMetric(float64(len(bodies[what.coding])), "body-bytes")
			})
		}
		server.Close()
	}
}

// benchPage is a page of real text, again and again: it compresses as pages do.
func benchPage(b *testing.B, size int) []byte {
	names, _ := filepath.Glob("../docs/*.md")
	page := []byte(benchHead)
	for len(page) < size {
		for _, name := range append(names, "../README.md") {
			text, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			page = append(page, html.EscapeString(string(text))...)
		}
	}
	return page[:size]
}

func BenchmarkRequest(b *testing.B) {
	in, r := newInjector(b), browserRequest()
	b.ReportAllocs()
	for b.Loop() {
		d := in.Request(r)
		d.arrived.restore()
	}
}
