package inject

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/inject/csp"
)

const testPage = `<!doctype html><html><head><title>a</title><link rel=x></head><body>b</body></html>`

var testInjected = strings.Replace(testPage, "<link", testTag+"<link", 1)

// answer makes a handler from a status, header lines and a body.
func answer(status int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for k, v := range request("GET", header).Header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		if r.Method != http.MethodHead && bodyAllowed(status) {
			_, _ = w.Write([]byte(body))
		}
	}
}

func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

func TestResponseDecision(t *testing.T) {
	const html = "Content-Type: text/html"
	tests := []struct {
		name   string
		status int
		header string
		want   Reason
	}{
		{"page", 200, html, 0},
		{"with a charset", 200, `Content-Type: Text/HTML ; Charset="UTF-8"`, 0},
		{"Shift_JIS", 200, html + "; charset=Shift_JIS", 0},
		{"not found", 404, html, 0},
		{"server error", 503, html, 0},
		{"created", 201, html, 0},
		{"no content", 204, html, Status},
		{"reset content", 205, html, Status},
		{"partial content", 206, html + "\nContent-Range: bytes 0-5/9", Range},
		{"redirect", 302, html + "\nLocation: /", Status},
		{"multiple choices", 300, html, Status},
		{"not modified, unasked", 304, "", Status},
		{"XHTML", 200, "Content-Type: application/xhtml+xml", NotHTML},
		{"JSON", 200, "Content-Type: application/json", NotHTML},
		{"event stream", 200, "Content-Type: text/event-stream", NotHTML},
		{"gRPC", 200, "Content-Type: application/grpc", NotHTML},
		{"Turbo stream", 200, "Content-Type: text/vnd.turbo-stream.html", NotHTML},
		{"begins alike", 200, "Content-Type: text/htmlx", NotHTML},
		{"UTF-16", 200, html + ";charset=utf-16le", NotASCIICompatible},
		{"UTF-32", 200, html + "; charset=UTF-32", NotASCIICompatible},
		{"ISO-2022-JP", 200, html + "; charset=iso-2022-jp", NotASCIICompatible},
		{"download", 200, html + "\nContent-Disposition: Attachment; filename=a.html", Attachment},
		{"inline", 200, html + "\nContent-Disposition: inline", 0},
		{"no-transform", 200, html + "\nCache-Control: max-age=5, No-Transform", NoTransform},
		{"unknown encoding", 200, html + "\nContent-Encoding: dcb", Encoded},
		{"two encodings", 200, html + "\nContent-Encoding: gzip, br", Encoded},
		{"not really encoded", 200, html + "\nContent-Encoding: gzip", Encoded},
		{"encoding identity", 200, html + "\nContent-Encoding: identity", 0},
		{"signed content", 200, html + "\nSignature-Input: a=(\"@status\" \"content-digest\");keyid=\"k\"\nSignature: a=:AAAA:", Signed},
		{"signature of something else", 200, html + "\nSignature-Input: a=(\"@status\" \"date\")\nSignature: a=:AAAA:", 0},
	}
	in := newInjector(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			next := answer(tt.status, tt.header, testPage)
			rec, reason := through(t, in, navigate(), next)
			if reason != tt.want {
				t.Fatalf("got %v, want %v", reason, tt.want)
			}
			if rec.Code != tt.status {
				t.Errorf("status %d, want %d", rec.Code, tt.status)
			}
			if tt.want == 0 {
				if rec.Body.String() != testInjected {
					t.Errorf("body %s", rec.Body)
				}
				return
			}
			if want := request("GET", tt.header).Header; dump(rec.Header()) != dump(want) {
				t.Errorf("header was touched:\n%s\nwant\n%s", dump(rec.Header()), dump(want))
			}
			if got := rec.Body.String(); got != testPage && bodyAllowed(tt.status) {
				t.Errorf("body was touched: %s", got)
			}
		})
	}
}

func TestInjectedHeader(t *testing.T) {
	in := newInjector(t)
	s := in.hash
	const dest = "Vary: Sec-Fetch-Dest\n"
	tests := []struct{ name, in, out string }{
		{"length", "Content-Length: 83", dest + "Content-Length: 148"},
		{"a length that is none is left to the server", "Content-Length: x", dest},
		{"entity tag", `Etag: "a"`, dest + `Etag: "a~e` + s + `"`},
		{"weak entity tag with a date", "Etag: W/\"a\"\nLast-Modified: Mon, 02 Jan 2006 15:04:05 GMT", dest + `Etag: W/"a~e` + s + "\"\nLast-Modified: Mon, 02 Jan 2006 15:04:05 GMT"},
		{"entity tag without quotes", `Etag: a`, dest},
		{"date only", "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT", dest + `Etag: W/"43b940e5~m` + s + "\"\nLast-Modified: Mon, 02 Jan 2006 15:04:05 GMT"},
		{"entity tag of a page with a nonce", "Etag: \"a\"\n" + csp.Header + ": script-src 'self' 'nonce-abc'", dest + `Etag: "a~n` + s + "\"\n" + csp.Header + ": script-src 'self' 'nonce-abc'"},
		{"ranges and digests", "Accept-Ranges: bytes\nDigest: a\nContent-Digest: a\nRepr-Digest: a\nContent-MD5: a", dest},
		{"vary", "Vary: Accept-Encoding\nVary: cookie", "Vary: Accept-Encoding\nVary: cookie\n" + dest},
		{"vary has it", "Vary: Cookie, sec-fetch-dest", "Vary: Cookie, sec-fetch-dest"},
		{"vary star", "Vary: *", "Vary: *"},
		{"the rest", "Set-Cookie: a=b\nSet-Cookie: c=d\nLink: </a>; rel=preload\nCache-Control: public, max-age=5", dest + "Set-Cookie: a=b\nSet-Cookie: c=d\nLink: </a>; rel=preload\nCache-Control: public, max-age=5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD"} {
				r := navigate()
				r.Method = method
				rec, reason := through(t, in, r, answer(200, "Content-Type: text/html\n"+tt.in, testPage))
				want := request("GET", "Content-Type: text/html\n"+tt.out).Header
				if dump(rec.Header()) != dump(want) || reason != 0 {
					t.Errorf("%s (%v):\n%s\nwant\n%s", method, reason, dump(rec.Header()), dump(want))
				}
			}
		})
	}
}

// A value that the handler shares between responses must not be written to.
func TestHandlersHeaderValuesAreNotWrittenTo(t *testing.T) {
	etag, vary, length := []string{`"a"`}, make([]string, 1, 4), []string{"83"}
	vary[0] = "Cookie"
	through(t, newInjector(t), navigate(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Etag"], h["Vary"], h["Content-Length"] = etag, vary, length
		page("text/html", testPage)(w, r)
	}))
	if etag[0] != `"a"` || vary[:2][1] != "" || length[0] != "83" {
		t.Error(etag, vary[:2], length)
	}
}

func TestNotModified(t *testing.T) {
	in := newInjector(t)
	r := navigate()
	r.Header.Set("If-None-Match", `"a~e`+in.hash+`"`)
	rec, reason := through(t, in, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("If-None-Match"); got != `"a"` {
			t.Errorf("the upstream sees %s", got)
		}
		w.Header().Set("ETag", `"a"`)
		w.Header().Set(csp.Header, "script-src a.example")
		w.WriteHeader(304)
	}))
	if reason != NotModified || rec.Code != 304 || rec.Body.Len() > 0 {
		t.Errorf("%v %d %q", reason, rec.Code, rec.Body)
	}
	if got := rec.Header().Get("ETag"); got != `"a~e`+in.hash+`"` {
		t.Errorf("entity tag %s", got)
	}
	if got := rec.Header().Get(csp.Header); got != "script-src a.example http://shop.example/_chat/" {
		t.Errorf("the stored page's policy becomes %s", got)
	}
}

// Pages cached before the element changed are renewed.
func TestRevalidationAcrossAChange(t *testing.T) {
	old := newInjector(t)
	fresh := newInjector(t, func(c *Config) { c.Src = "/_chat/widget.js?v=new" })
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"a"`)
		if r.Header.Get("If-None-Match") == `"a"` {
			w.WriteHeader(304)
			return
		}
		page("text/html", testPage)(w, r)
	})
	rec, _ := through(t, old, navigate(), origin)
	again := navigate()
	again.Header.Set("If-None-Match", rec.Header().Get("ETag"))
	if rec, _ := through(t, old, again, origin); rec.Code != 304 {
		t.Errorf("same element: status %d", rec.Code)
	}
	rec, _ = through(t, fresh, again, origin)
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), "v=new") {
		t.Errorf("new element: status %d, %s", rec.Code, rec.Body)
	}
}

func TestVaryOnWhatPasses(t *testing.T) {
	tests := []struct{ name, request, response, want string }{
		{"fetched page", "Sec-Fetch-Dest: empty", "Content-Type: text/html", "Sec-Fetch-Dest"},
		{"htmx fragment", "HX-Request: true", "Content-Type: text/html", "Sec-Fetch-Dest, HX-Request"},
		{"page that no shared cache stores", "Sec-Fetch-Dest: empty", "Content-Type: text/html\nCache-Control: private", ""},
		{"data", "Sec-Fetch-Dest: empty", "Content-Type: application/json", ""},
		{"plain HTTP", "Accept: text/html", "Content-Type: text/html", "Sec-Fetch-Dest, Accept, HX-Request, Turbo-Frame, X-PJAX, X-Requested-With"},
		{"behind another", "Accept: text/html\nX-Inject: /_chat/widget.js", "Content-Type: text/html", "X-Inject"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec, _ := through(t, newInjector(t), request("GET", tt.request), answer(200, tt.response, testPage))
			if got := strings.Join(rec.Header()["Vary"], " | "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTwoEntityTagsAreNone(t *testing.T) {
	for etag, want := range map[string]string{
		`"a", "b"`: "", `a`: "", `W/a`: "", `"`: "",
		`""`: `"~e` + newInjector(t).hash + `"`, `W/"a"`: `W/"a~e` + newInjector(t).hash + `"`,
	} {
		h, _, _ := withPolicy(t, newInjector(t), http.Header{"Etag": {etag}}, "<p>")
		if got := h.Get("ETag"); got != want {
			t.Errorf("%s became %q, want %q", etag, got, want)
		}
	}
}
