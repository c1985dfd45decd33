package inject

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// wrapped is a ResponseWriter as middleware makes them: nothing but Unwrap.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// stack serves origin behind a reverse proxy with the injector, over the
// protocol, and calls test for HTTP/1.1 and HTTP/2.
func stack(t *testing.T, origin http.Handler, test func(t *testing.T, c *http.Client, url string)) {
	upstream := httptest.NewServer(origin)
	defer upstream.Close()
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	quiet := log.New(io.Discard, "", 0)
	proxy := handler(newInjector(t), &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorLog: quiet,
	})
	for _, h2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("h2=%v", h2), func(t *testing.T) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				proxy.ServeHTTP(wrapped{w}, r)
			}))
			s.EnableHTTP2 = h2
			s.Config.ErrorLog = quiet
			s.StartTLS()
			defer s.Close()
			c := s.Client()
			c.Transport.(*http.Transport).DisableCompression = true
			c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			test(t, c, s.URL)
		})
	}
}

func get(t *testing.T, c *http.Client, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Dest", "document")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestServerLengthAndHEAD(t *testing.T) {
	long := testPage + strings.Repeat("<p>x", 50_000)
	stack(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := long
		if r.URL.Path == "/short" {
			body = testPage
		}
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = io.WriteString(w, body)
	}), func(t *testing.T, c *http.Client, url string) {
		for _, path := range []string{"/long", "/short"} {
			res, body := get(t, c, "GET", url+path)
			if count([]byte(body)) != 1 || res.ContentLength != int64(len(body)) {
				t.Errorf("length %d, body %d, elements %d", res.ContentLength, len(body), count([]byte(body)))
			}
			head, none := get(t, c, "HEAD", url+path)
			res.Header.Del("Date")
			head.Header.Del("Date")
			if none != "" || dump(head.Header) != dump(res.Header) {
				t.Errorf("HEAD:\n%s\nGET:\n%s", dump(head.Header), dump(res.Header))
			}
		}
	})
}

func TestServerEarlyHints(t *testing.T) {
	stack(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, testPage)
	}), func(t *testing.T, c *http.Client, url string) {
		hints := 0
		ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
				if code == 103 && h.Get("Link") != "" {
					hints++
				}
				return nil
			},
		})
		r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		if hints != 1 || res.StatusCode != 404 || string(body) != testInjected {
			t.Errorf("%d hints, status %d, %s", hints, res.StatusCode, body)
		}
	})
}

func TestServerTrailers(t *testing.T) {
	for _, announced := range []bool{true, false} {
		stack(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			prefix := http.TrailerPrefix
			if announced {
				w.Header().Set("Trailer", "X-Sum, Content-Digest")
				prefix = ""
			}
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, testPage)
			w.(http.Flusher).Flush()
			w.Header().Set(prefix+"X-Sum", "1")
			w.Header().Set(prefix+"Content-Digest", "stale")
		}), func(t *testing.T, c *http.Client, url string) {
			res, body := get(t, c, "GET", url)
			if body != testInjected || res.Trailer.Get("X-Sum") != "1" || res.Trailer.Get("Content-Digest") != "" {
				t.Errorf("announced %v: %s, trailers %v", announced, body, res.Trailer)
			}
			if res.Header.Get("X-Sum") != "" {
				t.Error("a trailer became a header")
			}
		})
	}
}

func TestHiddenTrailers(t *testing.T) {
	for _, contentType := range []string{"text/html", "application/json"} {
		r, h := navigate(), http.Header{"Content-Type": {contentType}}
		in := newInjector(t)
		w := in.Wrap(&discard{h: h}, r, in.Request(r), nil)
		w.HideTrailers(func(name string) bool { return name == "X-User" })
		_, _ = io.WriteString(w, testPage)
		h[http.TrailerPrefix+"X-User"], h[http.TrailerPrefix+"X-Sum"] = []string{"mia"}, []string{"1"}
		if err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		w.Release()
		if len(h[http.TrailerPrefix+"X-User"]) > 0 || len(h[http.TrailerPrefix+"X-Sum"]) == 0 {
			t.Errorf("%s: %v", contentType, h)
		}
	}
}

// Each piece must be there before the next is sent, also before the place.
func TestServerStreaming(t *testing.T) {
	step := make(chan struct{})
	stack(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := strings.TrimPrefix(r.URL.Path, "/")
		w.Header().Set("Content-Type", map[string]string{"html": "text/html; charset=utf-8", "sse": "text/event-stream"}[kind])
		w.(http.Flusher).Flush()
		for _, s := range strings.Split(r.URL.RawQuery, "|") {
			<-step
			s, _ = url.QueryUnescape(s)
			_, _ = io.WriteString(w, s)
			w.(http.Flusher).Flush()
		}
	}), func(t *testing.T, c *http.Client, base string) {
		for _, tt := range []struct {
			path   string
			pieces []string
			want   []string
		}{
			{"/sse", []string{"data: a\n\n", "data: b\n\n"}, []string{"data: a\n\n", "data: b\n\n"}},
			{"/html", []string{"<!doctype html><title>a</title>", "<body><p>", "b"}, []string{"<!doctype html><title>a</title>", testTag + "<body><p>", "b"}},
		} {
			var query []string
			for _, p := range tt.pieces {
				query = append(query, url.QueryEscape(p))
			}
			r, _ := http.NewRequest("GET", base+tt.path+"?"+strings.Join(query, "|"), nil)
			res, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want {
				step <- struct{}{}
				got := make([]byte, len(want))
				if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != want {
					t.Fatalf("%s: %q, want %q (%v)", tt.path, got, want, err)
				}
			}
			res.Body.Close()
		}
	})
}

// An upstream that breaks off must not look as if it had ended.
func TestServerUpstreamAborts(t *testing.T) {
	stack(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, r.URL.Query().Get("sent"))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}), func(t *testing.T, c *http.Client, base string) {
		for _, sent := range []string{"<!doctype html><title>a</title>", testPage} {
			res, err := c.Get(base + "?sent=" + url.QueryEscape(sent))
			if err != nil {
				continue // not even the header: as good
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err == nil {
				t.Errorf("the answer looks complete: %s", body)
			}
			if strings.HasSuffix(string(body), testTag) {
				t.Errorf("appended to a body that broke off: %s", body)
			}
		}
	})
}

func TestServerUpgrade(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw.Flush()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString("<p>" + line)
		_ = rw.Flush()
	}))
	defer upstream.Close()
	target, _ := url.Parse(upstream.URL)
	s := httptest.NewServer(handler(newInjector(t), httputil.NewSingleHostReverseProxy(target)))
	defer s.Close()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	br := bufio.NewReader(c)
	res, err := http.ReadResponse(br, nil)
	if err != nil || res.StatusCode != 101 {
		t.Fatal(res, err)
	}
	fmt.Fprintf(c, "hello\n")
	if line, _ := br.ReadString('\n'); line != "<p>hello\n" {
		t.Errorf("%q", line)
	}
}

func TestServerRanges(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{"page.html": testPage, "data.bin": strings.Repeat("x", 1000)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stack(t, http.FileServer(http.Dir(dir)), func(t *testing.T, c *http.Client, url string) {
		res, body := get(t, c, "GET", url+"/page.html", "Range", "bytes=0-9")
		if res.StatusCode != 200 || body != testInjected || res.Header.Get("Accept-Ranges") != "" {
			t.Errorf("page: %d %s %v", res.StatusCode, body, res.Header)
		}
		res, body = get(t, c, "GET", url+"/data.bin", "Range", "bytes=0-9", "Sec-Fetch-Dest", "video")
		if res.StatusCode != 206 || body != "xxxxxxxxxx" {
			t.Errorf("data: %d %s", res.StatusCode, body)
		}
		// The page has a date only; it is revalidated by the tag made of it.
		res, _ = get(t, c, "GET", url+"/page.html")
		res, body = get(t, c, "GET", url+"/page.html", "If-None-Match", res.Header.Get("ETag"))
		if res.StatusCode != 304 || body != "" {
			t.Errorf("revalidated: %d", res.StatusCode)
		}
		res, body = get(t, c, "GET", url+"/page.html", "If-Modified-Since", res.Header.Get("Last-Modified"))
		if res.StatusCode != 200 || body != testInjected {
			t.Errorf("a page without the element was confirmed: %d", res.StatusCode)
		}
	})
}

// What is not injected arrives as it would without us.
func TestServerTransparency(t *testing.T) {
	blob := bytes.Repeat([]byte("\x00<html><head>\xff"), 20_000)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("ETag", `"a"`)
		h.Set("Accept-Ranges", "bytes")
		h.Set("X-Odd", " a , b ")
		switch r.URL.Path {
		case "/blob":
			h.Set("Content-Type", "application/octet-stream")
			h.Set("Content-Length", strconv.Itoa(len(blob)))
			_, _ = w.Write(blob)
		case "/json":
			h.Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"a":"</head>"}`)
		case "/moved":
			http.Redirect(w, r, "/json", http.StatusFound)
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/untyped":
			_, _ = io.WriteString(w, "hello <b>")
		case "/download":
			h.Set("Content-Type", "text/html")
			h.Set("Content-Disposition", "attachment")
			_, _ = io.WriteString(w, testPage)
		}
	})
	plain := httptest.NewServer(origin)
	defer plain.Close()
	stack(t, origin, func(t *testing.T, c *http.Client, url string) {
		for _, path := range []string{"/blob", "/json", "/moved", "/empty", "/untyped", "/download"} {
			for _, method := range []string{"GET", "HEAD"} {
				want, wantBody := get(t, c, method, plain.URL+path)
				got, gotBody := get(t, c, method, url+path)
				want.Header.Del("Date")
				got.Header.Del("Date")
				if got.StatusCode != want.StatusCode || gotBody != wantBody || dump(got.Header) != dump(want.Header) {
					t.Errorf("%s %s: %d\n%s\nwant %d\n%s", method, path, got.StatusCode, dump(got.Header), want.StatusCode, dump(want.Header))
				}
			}
		}
	})
}
