package caddymodule

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"hash"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/api"
)

// probing marks the context of a request that asks who is signed in, so that no
// handler of ours takes it for a visitor's.
type probing struct{}

// isProbe reports whether a request is ours. It is no visit, so it has no line
// in the access log.
func isProbe(r *http.Request) bool {
	if r.Context().Value(probing{}) == nil {
		return false
	}
	caddyhttp.SetVar(r.Context(), caddyhttp.LogSkipVar, true)
	return true
}

// probeKey is a hash of all by which an application may tell browsers apart.
type probeKey [sha256.Size]byte

// question is what it takes to ask the application about one browser: little,
// since each live connection keeps one.
type question struct {
	prober  *prober
	key     probeKey
	server  *caddyhttp.Server
	handler *http.Server
	local   net.Addr
	host    string
	remote  string
	tls     *tls.ConnectionState
	header  http.Header
}

// Question implements api.Prober.
func (p *prober) Question(r *http.Request) api.Question { return p.question(r) }

func (p *prober) question(r *http.Request) *question {
	q := &question{prober: p, key: p.key(r), host: r.Host, remote: r.RemoteAddr, tls: r.TLS}
	q.server, _ = r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	q.handler, _ = r.Context().Value(http.ServerContextKey).(*http.Server)
	q.local, _ = r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	q.header = p.headerOf(r, q.server)
	return q
}

// headerOf returns the header of a question: the browser's cookies and what
// else tells whose they are, and nothing of what belongs to one request only.
func (p *prober) headerOf(r *http.Request, server *caddyhttp.Server) http.Header {
	h := http.Header{"Accept": {"application/json"}, "Accept-Encoding": {"identity"}, "Cache-Control": {"no-cache"}}
	keep := []string{"Authorization", "User-Agent", "Accept-Language", "Forwarded", "X-Real-Ip"}
	if server != nil {
		keep = append(keep, server.ClientIPHeaders...)
	}
	for _, name := range keep {
		name = http.CanonicalHeaderKey(name)
		if v := r.Header[name]; len(v) > 0 {
			h[name] = append([]string(nil), v...)
		}
	}
	for name, v := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") {
			h[name] = append([]string(nil), v...)
		}
	}
	if cookies := p.own.Others(r.Header); len(cookies) > 0 {
		h["Cookie"] = cookies
	}
	return h
}

// key returns under what the answer about a request's browser is kept. Two
// browsers never share one, also where neither has a cookie yet.
func (p *prober) key(r *http.Request) probeKey {
	sum := sha256.New()
	write(sum, r.Host)
	write(sum, address(r))
	write(sum, p.own.Others(r.Header)...)
	write(sum, r.Header["Authorization"]...)
	if r.TLS != nil {
		for _, cert := range r.TLS.PeerCertificates {
			write(sum, string(cert.Raw))
		}
	}
	return probeKey(sum.Sum(nil))
}

// write adds values to a sum such that no others give the same.
func write(sum hash.Hash, values ...string) {
	length := func(n int) { _ = binary.Write(sum, binary.BigEndian, uint32(n)) } // a hash takes everything
	length(len(values))
	for _, v := range values {
		length(len(v))
		_, _ = sum.Write([]byte(v))
	}
}

// Ask implements api.Question.
func (q *question) Ask(ctx context.Context) api.Answer { return q.prober.ask(ctx, q) }

// Withdraw implements api.Question.
func (q *question) Withdraw() { q.prober.withdraw(q.key) }

// send asks through all of the server's routes, so that an endpoint behind a
// gateway, a rewrite or a root of files is found as a browser finds it.
func (q *question) send(ctx context.Context, path string) *probeAnswer {
	a := &probeAnswer{header: http.Header{}}
	if q.server == nil {
		return a // not Caddy's; there is nobody to ask
	}
	ctx = context.WithValue(ctx, probing{}, true)
	if q.handler != nil {
		ctx = context.WithValue(ctx, http.ServerContextKey, q.handler)
	}
	if q.local != nil {
		ctx = context.WithValue(ctx, http.LocalAddrContextKey, q.local)
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return a // Provision has checked it
	}
	r := (&http.Request{Method: http.MethodGet, URL: u, RequestURI: path, Host: q.host, RemoteAddr: q.remote, TLS: q.tls,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: q.header.Clone(), Body: http.NoBody}).WithContext(ctx)
	q.server.ServeHTTP(a, r)
	return a
}

// probeAnswer takes the application's answer.
type probeAnswer struct {
	header http.Header
	sent   http.Header // as it was at WriteHeader; what comes after are trailers
	status int
	body   []byte
	over   bool // there was more than maxProbed
}

// errProbeOver ends an answer that is too large.
var errProbeOver = errors.New("the answer to a probe is too large")

// Header implements http.ResponseWriter.
func (a *probeAnswer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *probeAnswer) WriteHeader(status int) {
	if status >= http.StatusOK && a.status == 0 {
		a.status, a.sent = status, a.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (a *probeAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if len(a.body)+len(p) > maxProbed {
		a.over = true
		return 0, errProbeOver
	}
	a.body = append(a.body, p...)
	return len(p), nil
}

// FlushError and the following are what http.ResponseController asks for:
// there is no connection to do it with.
func (a *probeAnswer) FlushError() error { return nil }

// SetReadDeadline does nothing.
func (a *probeAnswer) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (a *probeAnswer) SetWriteDeadline(time.Time) error { return nil }

// EnableFullDuplex does nothing.
func (a *probeAnswer) EnableFullDuplex() error { return nil }

// Interface guards
var (
	_ api.Prober   = (*prober)(nil)
	_ api.Question = (*question)(nil)
)
