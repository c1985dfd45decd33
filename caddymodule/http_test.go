package caddymodule_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/quic-go/quic-go/http3"
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
			shop(w, r)
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
			shop(w, r)
		}
	}
}

func TestFlushesReachTheBrowserAtOnce(t *testing.T) {
	for _, path := range []string{"/events", "/stream"} {
		t.Run(path, func(t *testing.T) {
			release := make(chan struct{})
			w := newWorld(t, streams(release), shopIdentity)
			r := w.browser().request(http.MethodGet, path, nil)
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
	w := newWorld(t, streams(nil), shopIdentity)
	var hints textproto.MIMEHeader
	r := w.browser().request(http.MethodGet, "/hints", nil)
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
	w := newWorld(t, streams(nil), shopIdentity)
	if resp, body := w.browser().visit("/trailers"); body != "body" || resp.Trailer.Get("X-Sum") != "42" {
		t.Fatalf("%q, %v", body, resp.Trailer)
	}
}

func TestSocketsOfTheSitePassThrough(t *testing.T) {
	w := newWorld(t, streams(nil), shopIdentity)
	conn, resp, err := websocket.DefaultDialer.Dial("ws://"+w.addr+"/echo", nil)
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
	w, trust := overTLS(t, shop, nil)
	h1, h2 := new(http.Protocols), new(http.Protocols)
	h1.SetHTTP1(true)
	h2.SetHTTP2(true)
	h3 := &http3.Transport{TLSClientConfig: trust.Clone()}
	defer h3.Close()
	for version, transport := range map[string]http.RoundTripper{
		"HTTP/1.1": &http.Transport{TLSClientConfig: trust.Clone(), Protocols: h1},
		"HTTP/2.0": &http.Transport{TLSClientConfig: trust.Clone(), Protocols: h2},
		"HTTP/3.0": h3,
	} {
		t.Run(version, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodGet, w.url+"/in?as=mia", nil)
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
	d := websocket.Dialer{TLSClientConfig: trust.Clone(), HandshakeTimeout: deadline}
	conn, resp, err := d.Dial(strings.Replace(w.url, "https", "wss", 1)+"/_chat/socket", http.Header{"Origin": {w.url}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = resp.Body.Close()
	s := &socket{t, conn}
	s.say(obj{"t": "hello"})
	s.expect("hello")
}

// A response that the site cuts off must not look complete, with or without us.
func TestCutOffPageStaysCutOff(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(rw, "<!doctype html><title>cut</title><p>")
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	}, shopIdentity)
	r := w.browser().request(http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html")
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(r)
	if err != nil {
		return // not even a header came: it can't look complete
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(bufio.NewReader(resp.Body)); err == nil {
		t.Fatalf("it looks complete: %s", body)
	}
}
