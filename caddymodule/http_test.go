package caddymodule_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/internal/caddytest"
)

// streams is a site that answers in all the ways HTTP has.
func streams(release <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		flush := func(text string) {
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		}
		switch r.URL.Path {
		case "/events":
			w.Header().Set("Content-Type", "text/event-stream")
			flush("data: one\n\n")
			<-release
			flush("data: two\n\n")
		case "/stream":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			flush("<!doctype html><title>early</title>")
			<-release
			flush("<p>late")
		case "/hints":
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.Header().Set("X-User-Id", "mia")
			w.WriteHeader(http.StatusEarlyHints)
			caddytest.Shop(w, r)
		case "/trailers":
			w.Header().Set("Trailer", "X-Sum")
			flush("body")
			w.Header().Set("X-Sum", "42")
		case "/echo":
			up := websocket.Upgrader{}
			conn, err := up.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer conn.Close()
			kind, text, err := conn.ReadMessage()
			if err == nil {
				_ = conn.WriteMessage(kind, text)
			}
		default:
			caddytest.Shop(w, r)
		}
	}
}

func TestFlushesReachTheBrowserAtOnce(t *testing.T) {
	for _, path := range []string{"/events", "/stream"} {
		t.Run(path, func(t *testing.T) {
			release := make(chan struct{})
			w := caddytest.NewWorld(t, streams(release), caddytest.ShopIdentity)
			r := w.Browser().Request(http.MethodGet, path, nil)
			r.Header.Set("Accept", "text/html, text/event-stream")
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			// It arrives while the site still waits, or this test does for ever.
			first := make([]byte, 4)
			if _, err := io.ReadFull(resp.Body, first); err != nil {
				t.Fatal(err)
			}
			close(release)
			rest, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			body := string(first) + string(rest)
			if want := map[string]int{"/stream": 1}[path]; tags(body) != want || !strings.Contains(body, map[string]string{"/events": "two", "/stream": "late"}[path]) {
				t.Fatalf("%d tags in %s", tags(body), body)
			}
		})
	}
}

func TestEarlyHintsPassWithoutEvidence(t *testing.T) {
	w := caddytest.NewWorld(t, streams(nil), caddytest.ShopIdentity)
	var hints textproto.MIMEHeader
	r := w.Browser().Request(http.MethodGet, "/hints", nil)
	r.Header.Set("Accept", "text/html")
	r = r.WithContext(httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			if code == http.StatusEarlyHints {
				hints = header
			}
			return nil
		}}))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if hints.Get("Link") == "" || hints.Get("X-User-Id") != "" || resp.StatusCode != 200 || tags(string(body)) != 1 {
		t.Fatalf("%v, %d: %s", hints, resp.StatusCode, body)
	}
}

func TestTrailersPass(t *testing.T) {
	w := caddytest.NewWorld(t, streams(nil), caddytest.ShopIdentity)
	if resp, body := w.Browser().Visit("/trailers"); body != "body" || resp.Trailer.Get("X-Sum") != "42" {
		t.Fatalf("%q, %v", body, resp.Trailer)
	}
}

func TestSocketsOfTheSitePassThrough(t *testing.T) {
	w := caddytest.NewWorld(t, streams(nil), caddytest.ShopIdentity)
	conn, resp, err := websocket.DefaultDialer.Dial("ws://"+w.Addr+"/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer resp.Body.Close()
	if err := conn.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.ReadMessage(); err != nil || string(text) != "hello" {
		t.Fatalf("%s, %v", text, err)
	}
}

func TestEveryVersionOfHTTP(t *testing.T) {
	w, trust := overTLS(t, caddytest.Shop, nil)
	h1, h2 := new(http.Protocols), new(http.Protocols)
	h1.SetHTTP1(true)
	h2.SetHTTP2(true)
	for version, transport := range map[string]http.RoundTripper{
		"HTTP/1.1": &http.Transport{TLSClientConfig: trust.Clone(), Protocols: h1},
		"HTTP/2.0": &http.Transport{TLSClientConfig: trust.Clone(), Protocols: h2},
		"HTTP/3.0": overHTTP3(t, trust),
	} {
		t.Run(version, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodGet, w.URL+"/in?as=mia", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept", "text/html")
			resp, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.Proto != version || tags(string(body)) != 1 || resp.ContentLength != int64(len(body)) {
				t.Fatalf("%v, %s with %d of %d bytes: %s", err, resp.Proto, len(body), resp.ContentLength, body)
			}
			if got := fmt.Sprint(resp.Cookies()); !strings.Contains(got, "__Host-parley-shop-session=") || resp.Header.Get("X-User-Id") != "" {
				t.Fatalf("cookies %s, header %v", got, resp.Header)
			}
		})
	}
	// A browser that speaks HTTP/2 to the site opens its sockets over HTTP/1.1.
	d := websocket.Dialer{TLSClientConfig: trust.Clone(), HandshakeTimeout: caddytest.Deadline}
	conn, resp, err := d.Dial(strings.Replace(w.URL, "https", "wss", 1)+"/_chat/socket", http.Header{"Origin": {w.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = resp.Body.Close()
	s := &caddytest.Socket{T: t, Conn: conn}
	s.Send(caddytest.Obj{"t": "hello"})
	s.Expect("hello")
}

// A flush reaches the browser before the place of the tag is known, and hints
// and trailers arrive, whatever the version.
func TestStreamsInEveryVersionOfHTTP(t *testing.T) {
	var release atomic.Pointer[chan struct{}] // of the page that waits
	w, trust := overTLS(t, func(w http.ResponseWriter, r *http.Request) { streams(*release.Load())(w, r) }, nil)
	h1, h2 := new(http.Protocols), new(http.Protocols)
	h1.SetHTTP1(true)
	h2.SetHTTP2(true)
	for version, transport := range map[string]http.RoundTripper{
		"HTTP/1.1": &http.Transport{TLSClientConfig: trust.Clone(), Protocols: h1},
		"HTTP/2.0": &http.Transport{TLSClientConfig: trust.Clone(), Protocols: h2},
		"HTTP/3.0": overHTTP3(t, trust),
	} {
		t.Run(version, func(t *testing.T) {
			for path, want := range map[string][2]string{
				"/events": {"data: one\n\n", "data: two\n\n"},
				"/stream": {"<!doctype html><title>early</title>", "<p>late"},
			} {
				wait := make(chan struct{})
				release.Store(&wait)
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Accept", "text/html, text/event-stream")
				resp, err := transport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				first := make([]byte, len(want[0]))
				_, err = io.ReadFull(resp.Body, first) // while the site waits
				close(wait)
				rest, err2 := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || err2 != nil || resp.Proto != version || withoutTag(string(first)+string(rest)) != want[0]+want[1] || tags(string(rest)) != map[string]int{"/stream": 1}[path] {
					t.Errorf("%s (%s): %q, then %q, %v, %v", path, resp.Proto, first, rest, err, err2)
				}
			}
			if got := ask(t, transport, http.MethodGet, w.URL+"/hints", navigation...); got.status != 200 || tags(got.body) != 1 || len(got.hints) != 1 || !strings.Contains(got.hints[0], "preload") {
				t.Errorf("hints %q, then %d: %s", got.hints, got.status, got.body)
			}
			if got := ask(t, transport, http.MethodGet, w.URL+"/trailers", navigation...); got.body != "body" || got.trailer.Get("X-Sum") != "42" {
				t.Errorf("trailers %v", got.trailer)
			}
		})
	}
}

// reverse_proxy flushes by a timer too, from a goroutine of its own: the header
// before anything of the body has come, and then what there is of it.
func TestFlushesByATimer(t *testing.T) {
	header, rest := make(chan struct{}), make(chan struct{})
	w, _ := beside(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Length", "42")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-header
		_, _ = io.WriteString(w, "<!doctype html><title>early</title>")
		_ = http.NewResponseController(w).Flush()
		<-rest
		_, _ = io.WriteString(w, "<p>late")
	}, "reverse_proxy APP {\nflush_interval 1ms\n}")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	resp, err := wire(t).RoundTrip(r) // returns with the header, or this test does not
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	close(header)
	first := make([]byte, len("<!doctype html><title>early</title>"))
	if _, err := io.ReadFull(resp.Body, first); err != nil {
		t.Fatal(err)
	}
	close(rest)
	late, err := io.ReadAll(resp.Body)
	if err != nil || tags(string(late)) != 1 || withoutTag(string(first)+string(late)) != "<!doctype html><title>early</title><p>late" {
		t.Errorf("%q, then %q, %v", first, late, err)
	}
}

// A response that the site cuts off must not look complete, with or without us,
// and gets nothing appended.
func TestCutOffPageStaysCutOff(t *testing.T) {
	const start = "<!doctype html><title>cut</title><"
	w, _ := beside(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		if r.URL.Query().Has("length") {
			rw.Header().Set("Content-Length", "1000")
		}
		_, _ = io.WriteString(rw, start)
		if r.URL.Query().Has("past") {
			_, _ = io.WriteString(rw, "p>")
		}
		if r.URL.Query().Has("flush") {
			_ = http.NewResponseController(rw).Flush()
		}
		panic(http.ErrAbortHandler)
	}, "reverse_proxy APP")
	for _, query := range []string{"flush", "flush&length", "flush&past", "flush&past&length", "past", "length"} {
		got := ask(t, wire(t), http.MethodGet, w.URL+"/?"+query, navigation...)
		switch {
		case got.err == nil && got.status < 500:
			t.Errorf("%s: it looks complete: %s", query, got.body)
		case !strings.Contains(query, "past") && tags(got.body) > 0:
			t.Errorf("%s: appended to a page that broke off: %s", query, got.body)
		case strings.Contains(query, "flush") && !strings.HasPrefix(withoutTag(got.body), start):
			t.Errorf("%s: what came does not arrive: %s", query, got.body)
		}
	}
}
