package caddymodule_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/klauspost/compress/zstd"

	"github.com/parley-chat/parley/internal/caddytest"
)

// codings are the encodings that browsers take.
var codings = map[string]struct {
	encode func(io.Writer) io.WriteCloser
	decode func(io.Reader) (io.Reader, error)
}{
	"gzip":    {func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	"deflate": {func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }},
	"br":      {func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, 1) }, func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }},
	"zstd": {func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z }, func(r io.Reader) (io.Reader, error) {
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}},
}

func compressed(t *testing.T, coding string, write func(w io.Writer)) string {
	t.Helper()
	var b bytes.Buffer
	e := codings[coding].encode(&b)
	write(e)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// plainText decodes an answer's body by what its header says.
func plainText(t *testing.T, a answer) string {
	t.Helper()
	coding := a.header.Get("Content-Encoding")
	if coding == "" {
		return a.body
	}
	r, err := codings[coding].decode(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var longPage = "<!doctype html><html><head><title>Long</title><link rel=x></head><body>" + strings.Repeat("<p>Some text of the page.\n", 4000) + "</body></html>"

// An application that compresses whatever it was asked for. To who takes that,
// gzip and deflate go as they are, and Zstandard as Brotli; to others as the
// client likes it, and if that is nothing, it is left to encode.
func TestCompressedPagesGetTheTagAndStayCompressed(t *testing.T) {
	w, _ := beside(t, func(w http.ResponseWriter, r *http.Request) {
		coding := r.URL.Path[1:]
		sends(200, compressed(t, coding, func(e io.Writer) { _, _ = io.WriteString(e, longPage) }),
			"Content-Type", "text/html", "Content-Encoding", coding, "Etag", `"a"`, "Vary", "Accept-Encoding")(w, r)
	}, "encode zstd gzip\nreverse_proxy APP")
	client := wire(t)
	for coding := range codings {
		for accepted, want := range map[string]string{"gzip, deflate, br, zstd": coding, "gzip": "gzip", "br": "br", "identity": ""} {
			if accepted != "gzip" && want == "zstd" {
				want = "br"
			}
			got := ask(t, client, http.MethodGet, w.URL+"/"+coding, append([]string{"Accept-Encoding", accepted}, navigation...)...)
			if got.err != nil || got.header.Get("Content-Encoding") != want {
				t.Errorf("%s for %s: %v, header %v", coding, accepted, got.err, got.header)
				continue
			}
			text := plainText(t, got)
			if tags(text) != 1 || withoutTag(text) != longPage || !strings.Contains(text, "</title>"+tag) {
				t.Errorf("%s for %s: %d tags in %d bytes", coding, accepted, tags(text), len(text))
			}
			if got.length >= 0 && got.length != int64(len(got.body)) {
				t.Errorf("%s for %s: Content-Length %d for %d bytes", coding, accepted, got.length, len(got.body))
			}
		}
	}
	// What gets no tag stays compressed as it came.
	asIs := ask(t, client, http.MethodGet, w.URL+"/br", "Accept-Encoding", "br", "Sec-Fetch-Dest", "empty")
	if asIs.header.Get("Content-Encoding") != "br" || plainText(t, asIs) != longPage || asIs.header.Get("Etag") != `"a"` {
		t.Errorf("not for us: %v", asIs.header)
	}
}

// Most applications don't know a page's length when they begin with it.
func TestPagesWithoutALengthAreStillCompressed(t *testing.T) {
	w, plain := beside(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, longPage)
	}, "encode {\ngzip\nminimum_length 1400\n}\nreverse_proxy APP")
	client := wire(t)
	for url, want := range map[string]int{w.URL: 1, plain: 0} {
		got := ask(t, client, http.MethodGet, url, append([]string{"Accept-Encoding", "gzip"}, navigation...)...)
		if text := plainText(t, got); got.header.Get("Content-Encoding") != "gzip" || tags(text) != want || withoutTag(text) != longPage {
			t.Errorf("%d tags, %d bytes, header %v", tags(text), len(got.body), got.header)
		}
	}
}

// A small body that would fill the memory when it is decoded passes as it came if it
// shows no place for the tag, and else arrives whole, and the site goes on.
func TestDecompressionBombsHarmNothing(t *testing.T) {
	const size = 8 << 20
	bombs := map[string]string{}
	for coding := range codings {
		for name, b := range map[string]struct {
			start string
			size  int
		}{"page": {"<!doctype html><title>a</title><p>", size}, "comment": {"<!doctype html><!--", size / 4}} {
			bombs["/"+coding+"/"+name] = compressed(t, coding, func(w io.Writer) {
				_, _ = io.WriteString(w, b.start)
				_, _ = w.Write(make([]byte, b.size))
			})
		}
	}
	w, _ := beside(t, func(w http.ResponseWriter, r *http.Request) {
		bomb, ok := bombs[r.URL.Path]
		if !ok {
			caddytest.Shop(w, r)
			return
		}
		sends(200, bomb, "Content-Type", "text/html", "Content-Encoding", strings.Split(r.URL.Path, "/")[1])(w, r)
	}, "reverse_proxy APP")
	client := wire(t)
	for path, bomb := range bombs {
		got := ask(t, client, http.MethodGet, w.URL+path, navigation...)
		switch {
		case strings.HasSuffix(path, "/comment"):
			if got.err != nil || got.body != bomb || got.header.Get("Content-Encoding") == "" {
				t.Errorf("%s: %v, %d bytes of %d", path, got.err, len(got.body), len(bomb))
			}
		case got.err != nil || tags(got.body) != 1 || len(got.body) < size:
			t.Errorf("%s: %v, %d bytes", path, got.err, len(got.body))
		}
	}
	if got := ask(t, client, http.MethodGet, w.URL+"/", navigation...); tags(got.body) != 1 {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestBareDeflateIsDecoded(t *testing.T) {
	var b bytes.Buffer
	e, _ := flate.NewWriter(&b, 6)
	_, _ = io.WriteString(e, longPage)
	_ = e.Close()
	w, _ := beside(t, sends(200, b.String(), "Content-Type", "text/html", "Content-Encoding", "deflate"), "reverse_proxy APP")
	if got := ask(t, wire(t), http.MethodGet, w.URL, navigation...); tags(got.body) != 1 || withoutTag(got.body) != longPage {
		t.Errorf("%.200s", got.body)
	}
}

// Where the tag goes in pages as a proxy delivers them; the bar marks it.
func TestTagsPlaceInProxiedPages(t *testing.T) {
	early := "<!doctype html><head><script>" + strings.Repeat("x", 900) + "</script>"
	late := "<!doctype html><head>|<script>" + strings.Repeat("x", 1100) + "</script>"
	pages := map[string]struct{ contentType, body string }{
		"/bom":            {"text/html", "\uFEFF<!doctype html><title>a</title>|<p>b"},
		"/doctype":        {"text/html", "<!DOCTYPE html>|<p>b"},
		"/html 4":         {"text/html", `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd"><html><head><title>a</title>|</head><body>b`},
		"/fragment":       {"text/html", "|<p>no head, no body, no html"},
		"/head only":      {"text/html; charset=utf-8", "<!doctype html><title>a</title>|"},
		"/charset early":  {"text/html", early + "<meta charset=utf-8>|<link>"},
		"/charset late":   {"text/html", late + "<meta charset=utf-8><link>"},
		"/charset header": {"text/html; charset=windows-1252", "<!doctype html><head>|<script></script><meta charset=windows-1252><body>\xe9"},
		"/shift_jis":      {"text/html; charset=Shift_JIS", "<!doctype html><title>\x83\x5c</title>|<p>\x83\x5c"},
		"/meta policy":    {"text/html", `<!doctype html><meta http-equiv="Content-Security-Policy" content="script-src 'self'">|<link>`},
		"/raw text":       {"text/html", `<!doctype html><head><!-- <head> --><title><script></head></title><meta content="</head>">|<script>"</head><body>"</script></head><body>`},
	}
	w, _ := beside(t, func(w http.ResponseWriter, r *http.Request) {
		p := pages[r.URL.Path]
		sends(200, strings.Replace(p.body, "|", "", 1), "Content-Type", p.contentType)(w, r)
	}, "reverse_proxy APP")
	client := wire(t)
	for path, p := range pages {
		got := ask(t, client, http.MethodGet, w.URL+strings.ReplaceAll(path, " ", "%20"), navigation...)
		before, after, _ := strings.Cut(p.body, "|")
		if tags(got.body) != 1 || !strings.HasPrefix(got.body, before+tag) || !strings.HasSuffix(got.body, "></script>"+after) || got.length != int64(len(got.body)) {
			t.Errorf("%s: %d bytes said, %q\nwant %q", path, got.length, got.body, p.body)
		}
	}
}

// Pages of errors are pages, also those that come with a lot of them.
func TestErrorPagesGetTheTag(t *testing.T) {
	w, _ := beside(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Path[1:])
		sends(status, longPage, "Content-Type", "text/html")(w, r)
	}, "reverse_proxy APP")
	for _, status := range []int{400, 401, 403, 404, 410, 429, 500, 502, 503} {
		got := ask(t, wire(t), http.MethodGet, fmt.Sprintf("%s/%d", w.URL, status), navigation...)
		if got.status != status || tags(got.body) != 1 || withoutTag(got.body) != longPage {
			t.Errorf("%d: %d with %d tags", status, got.status, tags(got.body))
		}
	}
}

// The application does not answer: the page is Caddy's, made outside of chat.
func TestPagesOfHandleErrors(t *testing.T) {
	const errors = "handle_errors {\nCHAT\nheader Content-Type text/html\nrespond \"<!doctype html><title>{err.status_code}</title>\"\n}"
	for directive, want := range map[string]int{"": 0, "chat": 1} {
		t.Run("with "+directive, func(t *testing.T) {
			w, _ := beside(t, caddytest.Shop, "reverse_proxy 127.0.0.1:1\n"+strings.Replace(errors, "CHAT", directive, 1))
			got := ask(t, wire(t), http.MethodGet, w.URL, navigation...)
			if got.status != 502 || tags(got.body) != want || !strings.Contains(got.body, "<title>502") || got.length != int64(len(got.body)) {
				t.Errorf("%d with %d tags: %s", got.status, tags(got.body), got.body)
			}
		})
	}
}

func TestHEADSaysWhatGETSays(t *testing.T) {
	for name, directives := range map[string]string{
		"proxied":  "reverse_proxy APP",
		"encoded":  "encode gzip\nreverse_proxy APP",
		"no chat":  "reverse_proxy APP",
		"as files": "root * FILES\nfile_server",
	} {
		t.Run(name, func(t *testing.T) {
			files := t.TempDir()
			if err := os.WriteFile(filepath.Join(files, "page.html"), []byte(longPage), 0o600); err != nil {
				t.Fatal(err)
			}
			w, plain := beside(t, sends(200, longPage, "Content-Type", "text/html", "Etag", `"a"`, "Accept-Ranges", "bytes", "Content-Md5", "a",
				"Content-Security-Policy", "script-src 'nonce-abc123' a.example"), strings.Replace(directives, "FILES", files, 1))
			url := w.URL
			if name == "no chat" {
				url = plain
			}
			client := wire(t)
			get := ask(t, client, http.MethodGet, url+"/page.html", navigation...)
			head := ask(t, client, http.MethodHead, url+"/page.html", navigation...)
			if get.status != 200 || head.status != 200 || head.body != "" || head.fields() != get.fields() || head.length != get.length {
				t.Errorf("HEAD (%d bytes)\n%s\nGET (%d bytes)\n%s", head.length, head.fields(), get.length, get.fields())
			}
			if name != "no chat" && (tags(get.body) != 1 || get.length != int64(len(get.body))) {
				t.Errorf("%d tags, %d bytes of %d", tags(get.body), len(get.body), get.length)
			}
		})
	}
}

// What tells a cache or a client of the bytes is true of the bytes sent.
func TestHeaderIsTrueOfTheChangedPage(t *testing.T) {
	w, _ := beside(t, sends(200, longPage, "Content-Type", "text/html", "Etag", `"a"`, "Accept-Ranges", "bytes", "Vary", "Cookie",
		"Content-Digest", "sha-256=:AAAA:", "Repr-Digest", "sha-256=:AAAA:", "Digest", "sha-256=AAAA", "Content-Md5", "AAAA"), "reverse_proxy APP")
	client := wire(t)
	got := ask(t, client, http.MethodGet, w.URL, append([]string{"Range", "bytes=0-9", "If-Range", `"a"`}, navigation...)...)
	if got.status != 200 || tags(got.body) != 1 {
		t.Fatalf("%d with %d tags", got.status, tags(got.body))
	}
	for _, name := range []string{"Content-Digest", "Repr-Digest", "Digest", "Content-Md5", "Accept-Ranges", "Content-Range"} {
		if v := got.header.Get(name); v != "" {
			t.Errorf("%s is %q", name, v)
		}
	}
	if got.header.Get("Etag") == `"a"` {
		t.Error("the entity tag is that of the page without the tag")
	}
	// A shared cache must not give one kind for the other.
	fetched := ask(t, client, http.MethodGet, w.URL, "Accept", "text/html", "Sec-Fetch-Dest", "empty")
	if a, b := got.header.Values("Vary"), fetched.header.Values("Vary"); !contains(a, "Sec-Fetch-Dest") || !contains(b, "Sec-Fetch-Dest") || !contains(a, "Cookie") || tags(fetched.body) != 0 {
		t.Errorf("Vary is %q with the tag, %q without", a, b)
	}
	bare := ask(t, client, http.MethodGet, w.URL, "Accept", "text/html")
	htmx := ask(t, client, http.MethodGet, w.URL, "Accept", "text/html", "Hx-Request", "true")
	if a, b := bare.header.Values("Vary"), htmx.header.Values("Vary"); !contains(a, "HX-Request") || !contains(b, "HX-Request") || tags(bare.body) != 1 || tags(htmx.body) != 0 {
		t.Errorf("Vary is %q with the tag, %q without", a, b)
	}
}

// contains reports whether a list in several lines has an item.
func contains(lines []string, item string) bool {
	for v := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if strings.EqualFold(strings.TrimSpace(v), item) {
			return true
		}
	}
	return false
}

// A 304 would bring a fresh nonce to the stored page with the old one.
func TestPageWithANonceIsNeverRevalidated(t *testing.T) {
	var count atomic.Int32
	w, _ := beside(t, func(w http.ResponseWriter, r *http.Request) {
		nonce := fmt.Sprintf("nonce%d", count.Add(1))
		w.Header().Set("Content-Security-Policy", "script-src 'nonce-"+nonce+"'")
		w.Header().Set("Etag", `"a"`)
		if strings.Contains(r.Header.Get("If-None-Match"), `"a"`) || r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<!doctype html><script nonce=%s></script>", nonce)
	}, "reverse_proxy APP")
	client := wire(t)
	first := ask(t, client, http.MethodGet, w.URL, navigation...)
	again := ask(t, client, http.MethodGet, w.URL, append([]string{"If-None-Match", first.header.Get("Etag"), "If-Modified-Since", "Mon, 02 Jan 2006 15:04:05 GMT"}, navigation...)...)
	for n, a := range []answer{first, again} {
		if a.status != 200 || tags(a.body) != 1 || !strings.Contains(a.body, fmt.Sprintf(` nonce="nonce%d"></script>`, n+1)) || !strings.Contains(a.header.Get("Content-Security-Policy"), fmt.Sprintf("'nonce-nonce%d'", n+1)) {
			t.Errorf("%d: %d %v %s", n, a.status, a.header, a.body)
		}
	}
}

// Two servers in a row, each with chat, make one tag.
func TestTwoServersMakeOneTag(t *testing.T) {
	w := caddytest.Prepare(t, sends(200, longPage, "Content-Type", "text/html", "Etag", `"a"`))
	behind := "http://" + caddytest.FreeAddress(t)
	w.Load(withDirectives(w, "chat\nreverse_proxy "+strings.TrimPrefix(behind, "http://")) +
		"\n" + behind + " {\nchat\nreverse_proxy " + strings.TrimPrefix(w.App.URL, "http://") + "\n}\n")
	client := wire(t)
	for _, url := range []string{w.URL, behind} {
		got := ask(t, client, http.MethodGet, url, navigation...)
		if tags(got.body) != 1 || withoutTag(got.body) != longPage || got.length != int64(len(got.body)) {
			t.Errorf("%d tags, %d bytes of %d", tags(got.body), len(got.body), got.length)
		}
		again := ask(t, client, http.MethodGet, url, append([]string{"If-None-Match", got.header.Get("Etag")}, navigation...)...)
		if again.status != 200 && again.status != 304 || strings.Count(got.header.Get("Etag"), "~") != 1 {
			t.Errorf("again: %d, %v", again.status, got.header)
		}
	}
}

// copies counts the bytes that reach the server by ReadFrom, which may use
// sendfile.
type copies struct{}

// copied is the sum.
var copied atomic.Int64

func init() {
	caddy.RegisterModule(copies{})
	httpcaddyfile.RegisterHandlerDirective("count_copies", func(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
		h.Next()
		return copies{}, nil
	})
}

func (copies) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.count_copies", New: func() caddy.Module { return new(copies) }}
}

func (copies) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	return next.ServeHTTP(&copying{&caddyhttp.ResponseWriterWrapper{ResponseWriter: w}}, r)
}

type copying struct {
	*caddyhttp.ResponseWriterWrapper
}

func (c *copying) ReadFrom(r io.Reader) (int64, error) {
	n, err := c.ResponseWriterWrapper.ReadFrom(r)
	copied.Add(n)
	return n, err
}

// Files keep their length, and the kernel's way of sending them, past the tag.
func TestFilesKeepSendfile(t *testing.T) {
	big := longPage + strings.Repeat("x", 4<<20)
	w := serveFiles(t, map[string]string{"big.html": big, "big.bin": big}, "route {\ncount_copies\nchat\nfile_server\n}")
	client := wire(t)
	for path, want := range map[string]int{"/big.html": 1, "/big.bin": 0} {
		copied.Store(0)
		got := ask(t, client, http.MethodGet, w.URL+path, navigation...)
		if tags(got.body) != want || withoutTag(got.body) != big || got.length != int64(len(got.body)) {
			t.Errorf("%s: %d tags, %d bytes of %d", path, tags(got.body), len(got.body), got.length)
		}
		// They are counted after the last of them has arrived.
		caddytest.Eventually(t, path+" goes by ReadFrom", func() bool { return copied.Load() >= int64(len(big)-64<<10) })
	}
}
