package caddymodule_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"

	"github.com/parley-chat/parley/internal/caddytest"
)

// What is no page arrives as it does without chat, to the last header field.
func TestWhatIsNoPageIsAsWithoutChat(t *testing.T) {
	const html = "<!doctype html><html><head><title>a</title></head><body>b</body></html>"
	kinds := map[string]http.HandlerFunc{
		"/json":       sends(200, `{"a":"<head></head>"}`, "Content-Type", "application/json", "Etag", `"a"`, "Content-Digest", "sha-256=:AAAA:"),
		"/binary":     sends(200, strings.Repeat("\x00<html><head>\xff", 20_000), "Content-Type", "application/octet-stream", "Accept-Ranges", "bytes"),
		"/untyped":    sends(200, "plain <b>", "X-Odd", " a , b "),
		"/xhtml":      sends(200, html, "Content-Type", "application/xhtml+xml", "Etag", `"a"`),
		"/moved":      sends(302, html, "Content-Type", "text/html", "Location", "/json"),
		"/nothing":    sends(204, "", "Etag", `"a"`),
		"/partial":    sends(206, html[:10], "Content-Type", "text/html", "Content-Range", "bytes 0-9/70"),
		"/unmodified": sends(304, "", "Etag", `"a"`),
		"/download":   sends(200, html, "Content-Type", "text/html", "Content-Disposition", `attachment; filename="a.html"`),
		"/verbatim":   sends(200, html, "Content-Type", "text/html", "Cache-Control", "max-age=5, no-transform", "Etag", `"a"`),
		"/signed":     sends(200, html, "Content-Type", "text/html", "Content-Digest", "sha-256=:AAAA:", "Signature-Input", `a=("content-digest")`, "Signature", "a=:AAAA:"),
		"/utf-16":     sends(200, "<\x00h\x00>\x00", "Content-Type", "text/html; charset=utf-16le"),
		"/iso-2022":   sends(200, html, "Content-Type", "text/html; charset=ISO-2022-JP"),
		"/marked":     sends(200, "\xff\xfe<\x00h\x00>\x00", "Content-Type", "text/html", "Etag", `"a"`),
		"/frames":     sends(200, "<html><head><title>a</title></head><frameset rows=*><frame src=b></frameset></html>", "Content-Type", "text/html", "Etag", `"a"`),
		"/amp":        sends(200, "<!doctype html><html amp><head></head></html>", "Content-Type", "text/html", "Etag", `"a"`),
		"/mislabeled": sends(200, `{"a":"<head></head>"}`, "Content-Type", "text/html", "Etag", `"a"`, "Accept-Ranges", "bytes"),
		"/feed":       sends(200, `<?xml version="1.0"?><rss></rss>`, "Content-Type", "text/html", "Etag", `"a"`),
		"/sandbox":    sends(200, html, "Content-Type", "text/html", "Content-Security-Policy", "sandbox"),
		"/shared-br":  sends(200, "a dictionary of ours", "Content-Type", "text/html", "Content-Encoding", "dcb"),
		"/trailers":   streams(nil),
	}
	w, plain := beside(t, func(w http.ResponseWriter, r *http.Request) { kinds[r.URL.Path](w, r) }, "reverse_proxy APP")
	client := wire(t)
	for path := range kinds {
		t.Run(path[1:], func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
				if method == http.MethodHead && strings.Contains("/marked /frames /amp /mislabeled /feed", path) {
					continue // only the body tells, which HEAD does not have
				}
				got := ask(t, client, method, w.URL+path, navigation...)
				want := ask(t, client, method, plain+path, navigation...)
				if got.status != want.status || got.fields() != want.fields() || got.body != want.body || got.length != want.length {
					t.Errorf("%s: %d with %d bytes\n%s\nwithout chat %d with %d bytes\n%s", method, got.status, len(got.body), got.fields(), want.status, len(want.body), want.fields())
				}
			}
		})
	}
}

// What asks for no page reaches the application as it was sent.
func TestApplicationSeesTheRequestAsItWas(t *testing.T) {
	seen := make(chan http.Header, 1)
	w, plain := beside(t, func(w http.ResponseWriter, r *http.Request) {
		h := r.Header.Clone()
		h.Set("Method", r.Method+" "+r.RequestURI+" "+r.Host)
		seen <- h
	}, "reverse_proxy APP {\nheader_up Host site.example\n}")
	client := wire(t)
	for name, header := range map[string][]string{
		"image":        {"Sec-Fetch-Dest", "image", "Accept-Encoding", "br", "If-None-Match", `"a"`},
		"script":       {"Sec-Fetch-Dest", "script", "Accept-Encoding", "gzip", "If-Modified-Since", "Mon, 02 Jan 2006 15:04:05 GMT"},
		"part":         {"Range", "bytes=5-", "If-Range", `"a"`},
		"fetch":        {"Accept", "*/*", "Origin", "https://a.example", "X-Inject", "/other.js"},
		"gRPC-Web":     {"Accept", "application/grpc-web", "Content-Type", "application/grpc-web"},
		"event stream": {"Accept", "text/event-stream", "Last-Event-ID", "7", "Cache-Control", "no-cache"},
		"preflight":    {"Access-Control-Request-Method", "PUT", "Accept", "*/*"},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodOptions} {
			ask(t, client, method, w.URL+"/a?b", header...)
			got := <-seen
			ask(t, client, method, plain+"/a?b", header...)
			want := <-seen
			for _, h := range []http.Header{got, want} {
				h.Del("X-Forwarded-Host") // names the port
			}
			if a, b := (answer{header: got}).fields(), (answer{header: want}).fields(); a != b {
				t.Errorf("%s %s: the application sees\n%s\nwithout chat\n%s", method, name, a, b)
			}
		}
	}
}

// echoes is a gRPC service as it is on the wire: messages with a length before
// each go both ways at once, and the status is a trailer.
func echoes(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	if r.URL.Path != "/echo.Echo/Talk" {
		w.Header().Set("Grpc-Status", "12") // an answer of headers alone
		return
	}
	w.Header().Set("X-Te", r.Header.Get("Te")+" "+r.Proto)
	for {
		message, err := readMessage(r.Body)
		if err != nil {
			break
		}
		_, _ = w.Write(message)
		_ = http.NewResponseController(w).Flush()
	}
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	w.Header().Set(http.TrailerPrefix+"Grpc-Message", "well done")
}

func readMessage(r io.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	text := make([]byte, binary.BigEndian.Uint32(head[1:]))
	_, err := io.ReadFull(r, text)
	return append(head, text...), err
}

func TestGRPCPassesThrough(t *testing.T) {
	service := serveH2C(t, echoes)
	w, trust := overTLS(t, caddytest.Shop, func(caddyfile string) string {
		from := strings.Index(caddyfile, "reverse_proxy ")
		to := from + strings.Index(caddyfile[from:], "\n")
		return caddyfile[:from] + "reverse_proxy h2c://" + service + caddyfile[to:]
	})
	h2 := new(http.Protocols)
	h2.SetHTTP2(true)
	for version, transport := range map[string]http.RoundTripper{
		"HTTP/2.0": &http.Transport{TLSClientConfig: trust.Clone(), Protocols: h2},
		"HTTP/3.0": overHTTP3(t, trust),
	} {
		t.Run(version, func(t *testing.T) {
			call(t, transport, w.URL)
			failed := ask(t, transport, http.MethodPost, w.URL+"/echo.Echo/Unknown", "Content-Type", "application/grpc", "Te", "trailers")
			if failed.status != 200 || failed.header.Get("Grpc-Status") != "12" || failed.body != "" {
				t.Errorf("a call that fails: %+v", failed)
			}
		})
	}
}

// call talks with the service: each answer is there before the next question.
func call(t *testing.T, transport http.RoundTripper, url string) {
	ctx, cancel := context.WithTimeout(t.Context(), caddytest.Deadline)
	defer cancel()
	in, out := io.Pipe()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/echo.Echo/Talk", in)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/grpc")
	r.Header.Set("Te", "trailers")
	texts := []string{"hello", "<!doctype html><html><head></head><body>", strings.Repeat("x", 100_000)}
	frame := func(text string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(text))), text...)
	}
	go func() { _, _ = out.Write(frame(texts[0])) }() // some wait for it before they open the stream
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for i, text := range texts {
		if i > 0 {
			if _, err := out.Write(frame(text)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := readMessage(resp.Body); err != nil || string(got) != string(frame(text)) {
			t.Fatalf("message %d came back as %.50q (%v)", i, got, err)
		}
	}
	_ = out.Close()
	rest, err := io.ReadAll(resp.Body)
	if err != nil || len(rest) > 0 || resp.Trailer.Get("Grpc-Status") != "0" || resp.Trailer.Get("Grpc-Message") != "well done" {
		t.Errorf("at the end %.50q (%v), trailers %v", rest, err, resp.Trailer)
	}
	if resp.Header.Get("X-Te") != "trailers HTTP/2.0" || resp.Header.Get("Vary") != "" {
		t.Errorf("header %v", resp.Header)
	}
}

// A socket that is opened by CONNECT inside HTTP/3 (RFC 9220) is the site's own.
func TestExtendedCONNECTPassesThrough(t *testing.T) {
	w, trust := overTLS(t, streams(nil), nil)
	ctx, cancel := context.WithTimeout(t.Context(), caddytest.Deadline)
	defer cancel()
	config := trust.Clone()
	config.NextProtos = []string{http3.NextProtoH3}
	conn, err := dialQUIC(ctx, strings.TrimPrefix(w.URL, "https://"), config, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseWithError(0, "") }()
	stream, err := (&http3.Transport{}).NewClientConn(conn).OpenRequestStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.SetDeadline(time.Now().Add(caddytest.Deadline))
	r, err := http.NewRequestWithContext(ctx, http.MethodConnect, w.URL+"/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Proto = "websocket"
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Accept", "text/html") // as little as possible tells it from a page
	if err := stream.SendRequestHeader(r); err != nil {
		t.Fatal(err)
	}
	resp, err := stream.ReadResponse()
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	// A text frame, with a mask of zeros, and the one that comes back.
	if _, err := stream.Write([]byte("\x81\x85\x00\x00\x00\x00hello")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(stream, got); err != nil || string(got) != "\x81\x05hello" {
		t.Fatalf("%q, %v", got, err)
	}
	// The application hangs up. A stream that is still open when Caddy stops is
	// written to by two of Caddy's goroutines at once, which the race detector sees.
	if rest, _ := io.ReadAll(stream); len(rest) > 0 {
		t.Errorf("behind the answer: %q", rest)
	}
}

// A plain CONNECT goes wherever it goes without chat.
func TestCONNECTIsAsWithoutChat(t *testing.T) {
	w, plain := beside(t, caddytest.Shop, "handle {\nheader Content-Type text/html\nrespond \"<!doctype html><title>{method}</title>\"\n}")
	connect := func(address string) (status int, body string) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\nConnection: close\r\n\r\n", address)
		resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodGet})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	status, body := connect(w.Addr)
	if s, b := connect(strings.TrimPrefix(plain, "http://")); s != status || b != body || !strings.Contains(b, "CONNECT") {
		t.Errorf("%d %q, without chat %d %q", status, body, s, b)
	}
}
