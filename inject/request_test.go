package inject

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRequestDecision(t *testing.T) {
	tests := []struct {
		name   string
		method string
		header string // "Name: value" by lines
		opts   []Option
		want   Reason
	}{
		{"navigation", "GET", "Sec-Fetch-Dest: document\nAccept: text/html", nil, 0},
		{"HEAD", "HEAD", "Sec-Fetch-Dest: document", nil, 0},
		{"a form that was posted", "POST", "Sec-Fetch-Dest: document", nil, 0},
		{"prefetch", "GET", "Sec-Fetch-Dest: document\nSec-Purpose: prefetch", nil, 0},
		{"prerender", "GET", "Sec-Fetch-Dest: document\nSec-Purpose: prefetch;prerender", nil, 0},
		{"navigation over plain HTTP", "GET", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", nil, 0},
		{"a tool that says nothing", "GET", "", nil, 0},
		{"Accept in several lines", "GET", "Accept: image/png\nAccept: text/html", nil, 0},
		{"Accept with a parameter", "GET", "Accept: */*, Text/HTML;q=0.9", nil, 0},
		{"fetch", "GET", "Sec-Fetch-Dest: empty\nAccept: text/html", nil, NotNavigation},
		{"image", "GET", "Sec-Fetch-Dest: image", nil, NotNavigation},
		{"iframe", "GET", "Sec-Fetch-Dest: iframe", nil, Embedded},
		{"frame", "GET", "Sec-Fetch-Dest: frame", nil, Embedded},
		{"embed", "GET", "Sec-Fetch-Dest: embed", nil, Embedded},
		{"object", "GET", "Sec-Fetch-Dest: object", nil, Embedded},
		{"htmx", "GET", "HX-Request: true\nAccept: text/html", nil, HTMX},
		{"Turbo frame", "GET", "Turbo-Frame: cart\nAccept: text/html", nil, Turbo},
		{"pjax", "GET", "X-PJAX: true\nAccept: text/html", nil, PJAX},
		{"XHR", "GET", "X-Requested-With: XMLHttpRequest\nAccept: text/html", nil, XHR},
		{"Accept without HTML", "GET", "Accept: */*", nil, NotNavigation},
		{"Accept refuses HTML", "GET", "Accept: text/html;q=0, application/json", nil, NotNavigation},
		{"Accept of XHTML only", "GET", "Accept: application/xhtml+xml, text/html5", nil, NotNavigation},
		{"Turbo stream", "GET", "Accept: text/vnd.turbo-stream.html", nil, NotNavigation},
		{"a part of a file", "GET", "Range: bytes=5-", nil, Range},
		{"gRPC or a webhook", "POST", "Te: trailers\nContent-Type: application/grpc", nil, NotNavigation},
		{"a form that was posted over plain HTTP", "POST", "Accept: text/html", nil, 0},
		{"PUT", "PUT", "Sec-Fetch-Dest: document", nil, Method},
		{"OPTIONS", "OPTIONS", "", nil, Method},
		{"CONNECT", "CONNECT", "", nil, Upgrade},
		{"upgrade", "GET", "Upgrade: websocket\nConnection: Upgrade", nil, Upgrade},
		{"behind another injector", "GET", "Sec-Fetch-Dest: document\nX-Inject: /_chat/widget.js", nil, Already},
		{"behind another injector of another script", "GET", "Sec-Fetch-Dest: document\nX-Inject: /other.js", nil, 0},
		{"service worker's shell, forced", "GET", "Sec-Fetch-Dest: empty\nAccept: */*", []Option{Force}, 0},
		{"excluded", "GET", "Sec-Fetch-Dest: document", []Option{Exclude}, Excluded},
		{"forced and excluded", "GET", "", []Option{Force, Exclude}, Excluded},
	}
	in := newInjector(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(tt.method, tt.header)
			before := dump(r.Header)
			d := in.Request(r, tt.opts...)
			if d.Reason() != tt.want {
				t.Errorf("got %v, want %v", d.Reason(), tt.want)
			}
			if (dump(r.Header) == before) != (tt.want != 0) {
				t.Errorf("%v, and the header is\n%s", tt.want, dump(r.Header))
			}
		})
	}
}

// request makes a request with header lines "Name: value".
func request(method, header string) *http.Request {
	r := httptest.NewRequest(method, "http://shop.example/", nil)
	for line := range strings.SplitSeq(header, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Add(name, value)
		}
	}
	return r
}

func TestRequestIsEditedForTheUpstream(t *testing.T) {
	r := request("GET", "Sec-Fetch-Dest: document\nAccept-Encoding: gzip\nRange: bytes=0-1\nIf-Range: \"a\"\nCookie: a=b\nX-Inject: /other.js")
	newInjector(t).Request(r)
	want := request("GET", "Sec-Fetch-Dest: document\nAccept-Encoding: gzip\nCookie: a=b\nX-Inject: /other.js\nX-Inject: /_chat/widget.js")
	if got := dump(r.Header); got != dump(want.Header) {
		t.Errorf("handed on:\n%s\nwant:\n%s", got, dump(want.Header))
	}
}

// The upstream is asked for what the client takes, as far as that is known here.
func TestAcceptEncodingForTheUpstream(t *testing.T) {
	in := newInjector(t)
	for sent, want := range map[string]string{
		"":                                  "identity",
		"gzip, deflate, br, zstd":           "gzip, deflate, br, zstd",
		"gzip, deflate, br, zstd, dcb, dcz": "gzip, deflate, br, zstd",
		"GZIP;q=0.5, br ; q=1":              "GZIP;q=0.5, br ; q=1",
		"gzip;q=0":                          "identity",
		"gzip;q=0, br":                      "gzip;q=0, br",
		"identity":                          "identity",
		"compress, exi":                     "identity",
		"*":                                 "gzip",
		"br, *;q=0.1":                       "br, gzip;q=0.1",
		"gzip, *;q=0":                       "gzip, *;q=0",
		"identity;q=0, gzip":                "identity;q=0, gzip",
		", ,":                               "identity",
		"x-gzip":                            "x-gzip",
		"gzip\nAccept-Encoding: br":         "gzip, br",
		"gzip;q=0.000, *":                   "identity",
	} {
		r := request("GET", "Sec-Fetch-Dest: document\nAccept-Encoding: "+sent)
		in.Request(r)
		if got := strings.Join(r.Header.Values("Accept-Encoding"), ", "); got != want {
			t.Errorf("%q goes up as %q, want %q", sent, got, want)
		}
	}
}

func TestValuesHandedOnAreOfOneRequest(t *testing.T) {
	in := newInjector(t)
	for range 2 {
		r := request("GET", "Sec-Fetch-Dest: document")
		in.Request(r)
		for _, name := range []string{"Accept-Encoding", MarkHeader} {
			if v := r.Header.Get(name); v != "identity" && v != in.path {
				t.Errorf("%s: %s", name, v)
			}
			r.Header[name][0] = "changed by a handler"
		}
	}
}

func TestRequestIsRestored(t *testing.T) {
	in := newInjector(t)
	for _, header := range []string{
		"",
		"Accept-Encoding: gzip\nRange: bytes=0-1\nIf-Range: \"a\"\nCookie: a=b\nX-Inject: /other.js\nIf-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT\nIf-Match: \"a\"",
		"If-None-Match: W/\"43b940e5~m" + in.hash + `"`,
	} {
		r := request("GET", "Sec-Fetch-Dest: document\n"+header)
		before := dump(r.Header)
		w := in.Wrap(httptest.NewRecorder(), r, in.Request(r), nil)
		if dump(r.Header) == before {
			t.Errorf("the header was not edited:\n%s", before)
		}
		w.RestoreRequest()
		w.Release()
		if dump(r.Header) != before {
			t.Errorf("restored:\n%s\nwant:\n%s", dump(r.Header), before)
		}
	}
}

func TestConditionals(t *testing.T) {
	in := newInjector(t)
	s := in.hash
	tests := []struct{ name, in, out string }{
		{"today's tag", `If-None-Match: "a~e` + s + `"`, `If-None-Match: "a"`},
		{"weak", `If-None-Match: W/"a~e` + s + `"`, `If-None-Match: W/"a"`},
		{"list, a comma within", `If-None-Match: "x", "a,b~e` + s + `", W/"c~e` + s + `"`, `If-None-Match: "a,b", W/"c"`},
		{"several lines", "If-None-Match: \"x\"\nIf-None-Match: \"a~e" + s + `"`, `If-None-Match: "a"`},
		{"absent suffix", `If-None-Match: "a"`, ``},
		{"stale suffix", `If-None-Match: "a~e00000000"`, ``},
		{"stale suffix with a date", "If-None-Match: \"a~e00000000\"\nIf-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT", ``},
		{"date only", `If-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT`, ``},
		{"star", `If-None-Match: *`, ``},
		{"page with a nonce", `If-None-Match: "a~n` + s + `"`, ``},
		{"tag made from a date", `If-None-Match: W/"43b940e5~m` + s + `"`, `If-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT`},
		{"a date that is none", `If-None-Match: W/"zz~m` + s + `"`, ``},
		{"If-Match", `If-Match: "a~e` + s + `", "b"`, `If-Match: "a", "b"`},
		{"unclosed", `If-None-Match: "a`, ``},
		{"only a suffix", `If-None-Match: ~e` + s + `"`, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request("GET", "Accept: text/html\n"+tt.in)
			in.Request(r)
			for _, name := range []string{"Accept", "Accept-Encoding", MarkHeader} {
				r.Header.Del(name)
			}
			if got := dump(r.Header); got != dump(request("GET", tt.out).Header) {
				t.Errorf("got %s, want %s", got, tt.out)
			}
		})
	}
}

// On POST they decide whether the request is carried out: none is dropped.
func TestPreconditionsOfPOST(t *testing.T) {
	in := newInjector(t)
	r := request("POST", "Sec-Fetch-Dest: document\nIf-None-Match: \"a\", \"b~e"+in.hash+"\"\nIf-Match: \"c~e"+in.hash+"\"")
	in.Request(r)
	if a, b := r.Header.Get("If-None-Match"), r.Header.Get("If-Match"); a != `"a", "b"` || b != `"c"` {
		t.Errorf("If-None-Match: %s, If-Match: %s", a, b)
	}
}

func dump(h http.Header) string {
	var b strings.Builder
	_ = h.Write(&b)
	return b.String()
}
