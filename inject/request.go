package inject

import (
	"net/http"
	"strings"
)

// MarkHeader is the request header by which an injector tells those behind it
// that it takes care of the element; its value is the script's path.
const MarkHeader = "X-Inject"

// Option changes how one request is judged.
type Option uint8

const (
	// Force injects although the request does not look like a navigation,
	// such as that of a service worker which caches the application's shell.
	Force Option = 1 << iota
	// Exclude passes the request through. It outweighs Force.
	Exclude
)

// Decision is what was decided by the request alone.
type Decision struct {
	reason      Reason
	vary        varyBits
	revalidates bool    // conditionals went up that compare with an injected page
	codings     codings // those in which the page may be sent
	arrived     savedHeader
}

// Reason is [Injected] where the response may be injected, and else says why not.
func (d *Decision) Reason() Reason { return d.reason }

// Request decides by the request alone. Where the decision's Reason is
// [Injected], a page is expected, and r's header is edited for the upstream: it
// then asks for the whole page, in no coding that is unknown here, and its
// conditionals compare with the page as the upstream knows it. In all other cases
// r is left alone.
//
// r stays edited, since a handler may have left a goroutine behind that still
// reads it; [Writer.RestoreRequest] puts it back where that can't be. A handler
// that must not modify its request gives a clone.
func (in *Injector) Request(r *http.Request, opts ...Option) Decision {
	var opt Option
	for _, o := range opts {
		opt |= o
	}
	if opt&Exclude != 0 {
		return Decision{reason: Excluded}
	}
	d := in.judge(r, opt)
	if d.reason != Injected {
		return d
	}
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	d.arrived.save(r.Header)
	in.editRequest(r.Method, &d)
	return d
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

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
