package inject

import (
	"maps"
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
	// clone, which is most of an injection's cost. It stays edited, since a
	// handler may have left a goroutine behind that still reads it;
	// [Writer.RestoreRequest] puts it back where that can't be.
	InPlace
)

// Decision is what was decided by the request alone.
type Decision struct {
	reason      Reason
	vary        varyBits
	revalidates bool // conditionals went up that compare with an injected page
	was         *was // with InPlace
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
		d.was = wasPool.Get().(*was)
		d.was.take(r.Header)
		in.rewrite(d.was, r.Method, &d)
		return r, d
	}
	out := new(http.Request)
	*out = *r
	out.Header = make(http.Header, len(r.Header)+1) // with room for the mark
	maps.Copy(out.Header, r.Header)
	var old was
	old.take(out.Header)
	in.rewrite(&old, r.Method, &d)
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

// was is what a request's header had in the fields that rewrite touches.
type was struct {
	header http.Header
	values [len(rewritten)][]string
}

const (
	hadEncoding = iota
	hadMark
	hadRange
	hadIfRange
	hadIfMatch
	hadIfNoneMatch
	hadIfModifiedSince
)

var rewritten = [...]string{"Accept-Encoding", MarkHeader, "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since"}

var wasPool = sync.Pool{New: func() any { return new(was) }}

func (o *was) take(h http.Header) {
	o.header = h
	for i, name := range rewritten {
		o.values[i] = h[name]
	}
}

func (o *was) restore() {
	for i, name := range rewritten {
		if v := o.values[i]; v != nil {
			o.header[name] = v
		} else {
			delete(o.header, name)
		}
	}
}

func (o *was) free() {
	*o = was{}
	wasPool.Put(o)
}

// set puts a value in the place of one that was taken.
func (o *was) set(field int, v []string) {
	switch {
	case v != nil:
		o.header[rewritten[field]] = v
	case o.values[field] != nil:
		delete(o.header, rewritten[field])
	}
}

// rewrite edits the header for the upstream. Go's transport would ask for gzip
// itself, and drop Content-Length, if Accept-Encoding were only deleted.
func (in *Injector) rewrite(old *was, method string, d *Decision) {
	// Of this request alone: a handler may write into the values in place, as
	// Caddy's request_header does where it replaces.
	own := []string{"identity", in.path}
	old.set(hadEncoding, own[:1:1])
	old.set(hadRange, nil)
	old.set(hadIfRange, nil)
	if prev := old.values[hadMark]; len(prev) > 0 {
		old.set(hadMark, append(prev[:len(prev):len(prev)], in.path))
	} else {
		old.set(hadMark, own[1:])
	}
	if method == http.MethodPost {
		in.preconditions(old)
	} else {
		d.revalidates = in.conditionals(old)
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
