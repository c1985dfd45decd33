package caddymodule_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/parley-chat/parley/internal/caddytest"
)

// beside starts a site with chat, and the same site without on another
// address, which tells what the chat changes. In the directives, APP stands
// for the address of the application.
func beside(t *testing.T, app http.HandlerFunc, directives string) (w *caddytest.World, plain string) {
	t.Helper()
	w = caddytest.Prepare(t, app)
	plain = "http://" + caddytest.FreeAddress(t)
	directives = strings.ReplaceAll(directives, "APP", strings.TrimPrefix(w.App.URL, "http://"))
	w.Load(withDirectives(w, "chat\n"+directives) + "\n" + plain + " {\n" + directives + "\n}\n")
	return w, plain
}

// overTLS starts a site with chat that speaks every version of HTTP.
func overTLS(t *testing.T, app http.HandlerFunc, edit func(caddyfile string) string) (w *caddytest.World, trust *tls.Config) {
	t.Helper()
	w = caddytest.Prepare(t, app)
	port := w.Addr[strings.LastIndex(w.Addr, ":"):]
	caddyfile := strings.ReplaceAll(w.Caddyfile("", caddytest.ShopIdentity), w.URL+" {", "https://localhost"+port+" {")
	caddyfile = strings.Replace(caddyfile, "auto_https off", "local_certs\n	skip_install_trust\n	auto_https disable_redirects", 1)
	if edit != nil {
		caddyfile = edit(caddyfile)
	}
	w.Load(caddyfile)
	w.URL = "https://localhost" + port
	trust = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // a certificate of this test's own
	caddytest.Eventually(t, "the certificate is there", func() bool {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(w.URL, "https://"), trust)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return w, trust
}

// overHTTP3 is a client of such a site that speaks HTTP/3.
func overHTTP3(t *testing.T, trust *tls.Config) *http3.Transport {
	t.Helper()
	h3 := &http3.Transport{TLSClientConfig: trust.Clone(), Dial: dialQUIC}
	t.Cleanup(func() { _ = h3.Close() })
	return h3
}

// dialQUIC dials again where a handshake is given up, as it is by either end after
// five seconds in which the machine stands still. Nothing was asked for by then.
func dialQUIC(ctx context.Context, address string, trust *tls.Config, config *quic.Config) (conn *quic.Conn, err error) {
	for range 5 {
		if conn, err = quic.DialAddr(ctx, address, trust, config); err == nil || ctx.Err() != nil {
			break
		}
	}
	return conn, err
}

// answer is all that a client sees of one.
type answer struct {
	status  int
	header  http.Header // without Date
	trailer http.Header
	hints   []string // Link of each Early Hints
	body    string
	err     error // where it broke off
	length  int64
}

// ask sends a request as it is, with header fields given as name and value.
func ask(t *testing.T, transport http.RoundTripper, method, url string, header ...string) answer {
	t.Helper()
	var a answer
	ctx, cancel := context.WithTimeout(t.Context(), caddytest.Deadline)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			a.hints = append(a.hints, h.Get("Link"))
			return nil
		}})
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		a.err = err
		return a
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	resp.Header.Del("Date")
	a.status, a.header, a.trailer, a.body, a.err, a.length = resp.StatusCode, resp.Header, resp.Trailer, string(body), err, resp.ContentLength
	return a
}

// wire is a connection on which Go's client adds nothing of its own.
func wire(t *testing.T) http.RoundTripper {
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func (a answer) fields() string {
	var b strings.Builder
	_ = a.header.Write(&b)
	b.WriteString("trailers:\r\n")
	_ = a.trailer.Write(&b)
	return b.String()
}

// navigation is what a browser says that wants a page.
var navigation = []string{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Dest", "document"}

// withoutTag returns a page as it was before the tag came.
func withoutTag(page string) string {
	start := strings.Index(page, tag)
	if start < 0 {
		return page
	}
	const end = "></script>"
	return page[:start] + page[start+strings.Index(page[start:], end)+len(end):]
}

// sends answers with this status, header and body, whatever is asked for.
func sends(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		if status != http.StatusNoContent && status != http.StatusNotModified {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// serveH2C starts an application that speaks HTTP/2 without TLS too.
func serveH2C(t *testing.T, app http.HandlerFunc) (address string) {
	t.Helper()
	s := httptest.NewUnstartedServer(app)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}
