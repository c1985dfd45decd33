package inject

import (
	"net/http"
	"strings"
	"sync"
)

// MarkHeader is the request header by which an injector tells those behind it
// that it takes care of the element; its value is the script's path.
const MarkHeader = "X-Inject"

// Option changes how one request is judged.
type Option uint8

const (
	// Force injects although the request does not look like a navigation.
	Force Option = 1 << iota
	// Exclude passes the request through.
	Exclude
	// InPlace edits the header of the request itself instead of that of a
	// clone, and [Writer.Release] puts it back. It saves the clone where
	// nothing reads the request from another goroutine at that time.
	InPlace
)

// Decision is what was decided by the request alone.
type Decision struct {
	reason      Reason
	vary        varyBits
	revalidates bool         // conditionals went up that compare with an injected page
	saved       *savedHeader // with InPlace
}

// Reason is zero where the response may be injected, and else says why not.
func (d Decision) Reason() Reason { return d.reason }

// Request decides by the request alone. Where the decision's Reason is zero, a
// page is expected, and the request returned is the one to hand on: a shallow
// clone that asks for the whole page, not encoded, and whose conditionals
// compare with the page as the upstream knows it. In all other cases it is r
// itself. r is never modified, except with [InPlace].
func (in *Injector) Request(r *http.Request, opts ...Option) (*http.Request, Decision) {
	var opt Option
	for _, o := range opts {
		opt |= o
	}
	if in.cfg.Force != nil && in.cfg.Force(r) {
		opt |= Force
	}
	if opt&Exclude != 0 || in.cfg.Exclude != nil && in.cfg.Exclude(r) {
		return r, Decision{reason: Excluded}
	}
	d := in.judge(r, opt)
	if d.reason != Injected {
		return r, d
	}
	if opt&InPlace != 0 && r.Header != nil {
		d.saved = savedHeaders.Get().(*savedHeader)
		d.saved.take(r.Header)
		in.rewrite(r.Header, r.Method == http.MethodPost, &d)
		return r, d
	}
	out := new(http.Request)
	*out = *r
	out.Header = make(http.Header, len(r.Header)+1) // with room for the mark
	for k, v := range r.Header {
		out.Header[k] = v
	}
	in.rewrite(out.Header, r.Method == http.MethodPost, &d)
	return out, d
}

func (in *Injector) judge(r *http.Request, opt Option) Decision {
	h := r.Header
	switch r.Method {
	case http.MethodGet, "", http.MethodHead, http.MethodPost:
	case http.MethodConnect:
		return Decision{reason: Upgrade}
	default:
		return Decision{reason: Method}
	}
	if len(h["Upgrade"]) > 0 {
		return Decision{reason: Upgrade}
	}
	for _, v := range h[MarkHeader] {
		if v == in.path {
			return Decision{reason: Already, vary: varyMark}
		}
	}
	if opt&Force != 0 {
		return Decision{}
	}
	return navigation(r.Method, h)
}

// navigation tells a browser's navigation from requests for fragments and
// data. Sec-Fetch-Dest settles it where it is sent: pages can't forge it. It
// is not sent over plain HTTP, except to loopback.
func navigation(method string, h http.Header) Decision {
	if v := h["Sec-Fetch-Dest"]; len(v) > 0 {
		switch v[0] {
		case "document":
			return Decision{vary: varyDest}
		case "iframe", "frame", "embed", "object", "fencedframe":
			return Decision{reason: Embedded, vary: varyDest}
		}
		return Decision{reason: NotNavigation, vary: varyDest}
	}
	switch {
	case len(h["Hx-Request"]) > 0:
		return Decision{reason: HTMX, vary: varyDest | varyHTMX}
	case len(h["Turbo-Frame"]) > 0:
		return Decision{reason: Turbo, vary: varyDest | varyTurbo}
	case len(h["X-Pjax"]) > 0:
		return Decision{reason: PJAX, vary: varyDest | varyPJAX}
	case len(h["X-Requested-With"]) > 0:
		return Decision{reason: XHR, vary: varyDest | varyXHR}
	}
	accept := h["Accept"]
	if len(accept) == 0 {
		// A tool, not a browser. It may read the page, but a part of a file
		// is more likely a download that goes on, and a POST is a call.
		switch {
		case len(h["Range"]) > 0:
			return Decision{reason: Range, vary: varyAll}
		case method == http.MethodPost:
			return Decision{reason: NotNavigation, vary: varyDest | varyAccept}
		}
		return Decision{vary: varyAll}
	}
	for _, v := range accept {
		if acceptsHTML(v) {
			return Decision{vary: varyAll}
		}
	}
	return Decision{reason: NotNavigation, vary: varyDest | varyAccept}
}

// acceptsHTML reports whether an Accept value names text/html itself, as
// browsers do when they navigate.
func acceptsHTML(v string) bool {
	for len(v) >= len("text/html") {
		item := v
		if i := strings.IndexByte(v, ','); i >= 0 {
			item, v = v[:i], v[i+1:]
		} else {
			v = ""
		}
		item = strings.TrimLeft(item, " \t")
		if !hasPrefixFold(item, "text/html") {
			continue
		}
		rest := strings.ReplaceAll(item[len("text/html"):], " ", "")
		if rest == "" || rest[0] == ';' && !strings.HasSuffix(rest, ";q=0") {
			return true
		}
	}
	return false
}

var identity = []string{"identity"}

// rewrite edits the header for the upstream. Go's transport would ask for gzip
// itself, and drop Content-Length, if Accept-Encoding were only deleted.
func (in *Injector) rewrite(h http.Header, post bool, d *Decision) {
	h["Accept-Encoding"] = identity[:1:1]
	delete(h, "Range")
	delete(h, "If-Range")
	if prev := h[MarkHeader]; len(prev) > 0 {
		h[MarkHeader] = append(prev[:len(prev):len(prev)], in.path)
	} else {
		h[MarkHeader] = in.mark[:1:1]
	}
	if post {
		in.preconditions(h)
	} else {
		d.revalidates = in.conditionals(h)
	}
}

// rewritten are the fields that rewrite touches. The first three it may add,
// the others it only changes or deletes.
var rewritten = [...]string{"Accept-Encoding", MarkHeader, "If-Modified-Since", "Range", "If-Range", "If-Match", "If-None-Match"}

const mayAdd = 3

// savedHeader is what a request's header had before it was edited in place.
type savedHeader struct {
	header http.Header
	values [len(rewritten)][]string
	had    [len(rewritten)]bool
}

var savedHeaders = sync.Pool{New: func() any { return new(savedHeader) }}

func (s *savedHeader) take(h http.Header) {
	s.header = h
	for i, name := range rewritten {
		s.values[i], s.had[i] = h[name]
	}
}

func (s *savedHeader) restore() {
	for i, name := range rewritten {
		if s.had[i] {
			s.header[name] = s.values[i]
		} else if i < mayAdd {
			delete(s.header, name)
		}
	}
	*s = savedHeader{}
	savedHeaders.Put(s)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
