package whoami

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/caddymodule/internal/request"
	"github.com/parley-chat/parley/chat"
)

// questionMark marks the context of a request that asks who is signed in, so that no
// handler of ours takes it for a visitor's.
type questionMark struct{}

// IsQuestion reports whether a request is ours. It is no visit, so it has no line
// in the access log.
func IsQuestion(r *http.Request) bool {
	if r.Context().Value(questionMark{}) == nil {
		return false
	}
	caddyhttp.SetVar(r.Context(), caddyhttp.LogSkipVar, true)
	return true
}

// sum is a hash of what tells browsers apart.
type sum [sha256.Size]byte

// BrowserKey tells browsers apart by what all their requests have in common:
// the network address and the application's cookies.
type BrowserKey sum

// questionKey tells questions apart: nobody gets the answer to a question that
// differs in anything that the application may go by.
type questionKey struct {
	browser BrowserKey
	header  sum
}

// question is what it takes to ask the application about one browser. It may live
// for longer than its request, as long as it is under way.
type question struct {
	client  *Client
	request *http.Request
	header  http.Header // to ask with
	key     questionKey
	shows   sum        // by what it shows who it is, wherever it is
	network netip.Addr // of the browser
	local   bool       // it is this machine, or not known
}

// Question implements visitor.Whoami.
func (p *Client) Question(r *http.Request) visitor.Question {
	address, where := request.Address(r), locators
	if server := serverOf(r); server != nil {
		where = append(slices.Clip(where), server.ClientIPHeaders...)
	}
	header := p.headerOf(r, where)
	return &question{client: p, request: r, header: header, key: questionKey{p.Browser(r), sumOf(header)},
		shows: showing(header, where), network: limits.Network(address), local: limits.IsLocal(address)}
}

func serverOf(r *http.Request) *caddyhttp.Server {
	server, _ := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	return server
}

// locators are the fields of a question that tell where a browser is and what
// it is like, which may change under the same person.
var locators = []string{"User-Agent", "Accept-Language", "Forwarded", "X-Real-Ip", "X-Forwarded-For"}

// ofOneRequest are the fields by which proxies tell of a request and not of who
// sent it.
var ofOneRequest = []string{"X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Path"}

// headerOf returns the header of a question: the browser's cookies and what
// else tells whose they are, and nothing of what belongs to one request only.
func (p *Client) headerOf(r *http.Request, where []string) http.Header {
	h := http.Header{"Accept": {"application/json"}, "Accept-Encoding": {"identity"}, "Cache-Control": {"no-cache"}}
	for _, name := range append(slices.Clip(where), "Authorization") {
		name = http.CanonicalHeaderKey(name)
		if v := r.Header[name]; len(v) > 0 {
			h[name] = slices.Clone(v)
		}
	}
	for name, v := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") && !slices.Contains(ofOneRequest, name) {
			h[name] = slices.Clone(v)
		}
	}
	if cookies := p.own.Others(r.Header); len(cookies) > 0 {
		h["Cookie"] = cookies
	}
	return h
}

// Browser returns which browser a request comes from.
func (p *Client) Browser(r *http.Request) BrowserKey {
	s := sha256.New()
	write(s, r.Host)
	write(s, request.Address(r))
	write(s, p.own.Others(r.Header)...)
	if r.TLS != nil {
		for _, cert := range r.TLS.PeerCertificates {
			write(s, string(cert.Raw))
		}
	}
	return BrowserKey(s.Sum(nil))
}

// sumOf is the hash of a whole header.
func sumOf(h http.Header) sum {
	s := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(h)) {
		write(s, name)
		write(s, h[name]...)
	}
	return sum(s.Sum(nil))
}

// showing is the hash of what is left of a header without these fields.
func showing(h http.Header, without []string) sum {
	rest := maps.Clone(h)
	for _, name := range without {
		rest.Del(name)
	}
	return sumOf(rest)
}

// write adds values to a hash such that no others give the same.
func write(s hash.Hash, values ...string) {
	length := func(n int) { _ = binary.Write(s, binary.BigEndian, uint32(n)) } // a hash takes everything
	length(len(values))
	for _, v := range values {
		length(len(v))
		_, _ = s.Write([]byte(v))
	}
}

// Ask implements visitor.Question.
func (q *question) Ask(ctx context.Context, since time.Time) visitor.Answer {
	return q.client.ask(ctx, q, since)
}

// Forget implements visitor.Question.
func (q *question) Forget() { q.client.Forget(q.key.browser) }

// Withdraw implements visitor.Question.
func (q *question) Withdraw() { q.client.Withdraw(q.key.browser) }

// Named implements visitor.Question.
func (q *question) Named(token string) { namedSessions.add(chat.HashOf(token), q.shows) }

// Foreign implements visitor.Question.
func (q *question) Foreign(token string) (bool, time.Time) {
	return namedSessions.foreign(chat.HashOf(token), q.shows)
}

// send asks through all of the server's routes, so that an endpoint behind a
// gateway, a rewrite or a root of files is found as a browser finds it.
func (q *question) send(ctx context.Context, path string) *recorder {
	a := &recorder{header: http.Header{}}
	server := serverOf(q.request)
	u, err := url.ParseRequestURI(path)
	if server == nil || err != nil {
		return a // it is not Caddy's, so there is nobody to ask; Provision has checked the path
	}
	ctx = context.WithValue(ctx, questionMark{}, true)
	for _, key := range []any{http.ServerContextKey, http.LocalAddrContextKey} {
		ctx = context.WithValue(ctx, key, q.request.Context().Value(key))
	}
	r := (&http.Request{Method: http.MethodGet, URL: u, RequestURI: path, Host: q.request.Host, RemoteAddr: q.request.RemoteAddr, TLS: q.request.TLS,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: q.header.Clone(), Body: http.NoBody}).WithContext(ctx)
	server.ServeHTTP(a, r)
	return a
}

// recorder takes the application's answer.
type recorder struct {
	header http.Header
	sent   http.Header // as it was at WriteHeader; what comes after are trailers
	status int
	body   []byte
	over   bool // there was more than maxAnswer
}

// errAnswerTooLarge ends an answer that is too large.
var errAnswerTooLarge = errors.New("the answer to a probe is too large")

// Header implements http.ResponseWriter.
func (a *recorder) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *recorder) WriteHeader(status int) {
	if status >= http.StatusOK && a.status == 0 {
		a.status, a.sent = status, a.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (a *recorder) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if len(a.body)+len(p) > maxAnswer {
		a.over = true
		return 0, errAnswerTooLarge
	}
	a.body = append(a.body, p...)
	return len(p), nil
}

// FlushError and the following are what http.ResponseController asks for:
// there is no connection to do it with.
func (a *recorder) FlushError() error { return nil }

// SetReadDeadline does nothing.
func (a *recorder) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (a *recorder) SetWriteDeadline(time.Time) error { return nil }

// EnableFullDuplex does nothing.
func (a *recorder) EnableFullDuplex() error { return nil }

// Interface guards
var (
	_ visitor.Whoami   = (*Client)(nil)
	_ visitor.Question = (*question)(nil)
)
