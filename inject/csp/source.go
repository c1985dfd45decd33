package csp

import (
	"net/http"
	"strings"
)

// target is where the script and its server are, as the browser sees it.
type target struct {
	tls    bool
	host   string // in lower case, without the port; empty if it can't stand in a source
	port   string // empty for the default
	prefix string
}

// newTarget takes the origin from the request. Where something in front ends
// TLS, the scheme is taken to be http: its sources match https as well (CSP3,
// 6.7.2.9).
func newTarget(r *http.Request, prefix string) target {
	t := target{tls: r.TLS != nil, prefix: prefix}
	host, port, _ := strings.Cut(r.Host, ":")
	for i := range len(host) {
		if c := host[i]; !isAlpha(c) && !isDigit(c) && c != '-' && c != '.' && c != '_' {
			return t
		}
	}
	for i := range len(port) {
		if !isDigit(port[i]) {
			return t
		}
	}
	t.host = strings.ToLower(host)
	if t.port = port; t.tls && port == "443" || !t.tls && port == "80" {
		t.port = ""
	}
	return t
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isSpace reports whether c is ASCII white space, as it divides policies.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' && c != '\v' }

// source returns the source expression for the prefix, with scheme http or ws.
func (t *target) source(scheme string) string {
	if t.tls {
		scheme += "s"
	}
	host := t.host
	if t.port != "" {
		host += ":" + t.port
	}
	return scheme + "://" + host + t.prefix
}

// nextSource cuts the first token off a source list.
func nextSource(list string) (tok, rest string) {
	i := 0
	for i < len(list) && isSpace(list[i]) {
		i++
	}
	start := i
	for i < len(list) && !isSpace(list[i]) {
		i++
	}
	return list[start:i], list[i:]
}

// sources is what a source list says about the target.
type sources struct {
	strict bool // 'strict-dynamic': host sources don't count for scripts
	http   bool // files under the prefix are allowed
	ws     bool // sockets under the prefix are allowed
	nonce  bool // the nonce in question is in the list
	hash   bool // the hash in question is in the list
}

func (t *target) read(list, nonce, hash string) (s sources) {
	for tok, rest := nextSource(list); tok != ""; tok, rest = nextSource(rest) {
		switch {
		case tok == "*":
			s.http, s.ws = true, true
		case tok[0] != '\'':
			t.matchHost(tok, &s)
		case strings.EqualFold(tok, "'self'"):
			s.http, s.ws = true, true
		case strings.EqualFold(tok, "'strict-dynamic'"):
			s.strict = true
		case nonce != "" && nonceOf(tok) == nonce:
			s.nonce = true
		case hash != "" && tok[1:max(len(tok)-1, 1)] == hash:
			s.hash = true
		}
	}
	return s
}

// matchHost matches a scheme or host source (CSP3, 6.7.2.8). In doubt it says
// no: one source too many that names the prefix opens nothing.
func (t *target) matchHost(tok string, s *sources) {
	scheme, rest, ok := strings.Cut(tok, ":")
	var http, ws bool
	switch {
	case ok && (rest == "" || strings.HasPrefix(rest, "//")):
		switch {
		case strings.EqualFold(scheme, "https"):
			http = t.tls
		case strings.EqualFold(scheme, "http"):
			http = true
		case strings.EqualFold(scheme, "wss"):
			ws = t.tls
		case strings.EqualFold(scheme, "ws"):
			ws = true
		}
		if rest == "" {
			s.http, s.ws = s.http || http, s.ws || ws
			return
		}
		rest = rest[len("//"):]
	default:
		rest, http = tok, true
	}
	if !(http || ws) || t.host == "" {
		return
	}
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	host, port, _ := strings.Cut(host, ":")
	if !t.matchName(host) || port != t.port && port != "*" && !(t.port == "" && port == t.defaultPort()) {
		return
	}
	if path != "" && path != "/" && !(strings.HasSuffix(path, "/") && strings.HasPrefix(t.prefix, path)) {
		return
	}
	s.http, s.ws = s.http || http, s.ws || ws
}

func (t *target) matchName(pattern string) bool {
	if pattern == "*" {
		return true
	}
	if strings.HasPrefix(pattern, "*.") {
		tail := pattern[1:]
		return len(t.host) > len(tail) && strings.EqualFold(t.host[len(t.host)-len(tail):], tail)
	}
	return strings.EqualFold(pattern, t.host)
}

func (t *target) defaultPort() string {
	if t.tls {
		return "443"
	}
	return "80"
}
