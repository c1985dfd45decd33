package inject

import (
	"net/http"
	"strings"

	"github.com/parley-chat/parley/inject/csp"
	"github.com/parley-chat/parley/inject/scan"
)

// judgeHeader decides by the response's header. Where it returns Injected, only
// the body can still speak against it.
func (w *Writer) judgeHeader(status int, h http.Header) Reason {
	if r := w.judgeStatus(status); r != Injected {
		return r
	}
	ct, ok := h["Content-Type"]
	if !ok || len(ct) == 0 {
		return NotHTML
	}
	html, charset := parseHTMLType(ct[0])
	if !html {
		return NotHTML
	}
	w.fields.read(h)
	switch {
	case charset != "" && !scan.ASCIICompatible(charset):
		return NotASCIICompatible
	case isAttachment(w.fields.disposition):
		return Attachment
	case hasToken(w.fields.cacheControl, "no-transform"):
		return NoTransform
	case isSigned(w.fields.signatureInput) || isSigned(w.fields.signature):
		return Signed
	}
	coding, known := codingOf(w.fields.encoding)
	if !known {
		return Encoded
	}
	w.coding = coding
	w.charset = charset != ""
	return Injected
}

func (w *Writer) judgeStatus(status int) Reason {
	switch {
	case status == http.StatusNotModified && w.decision.revalidates:
		return NotModified
	case status == http.StatusPartialContent:
		return Range
	case status == http.StatusNoContent, status == http.StatusResetContent, status >= 300 && status < 400:
		return Status
	}
	return Injected
}

// parseHTMLType reports whether a Content-Type is text/html itself, and its
// charset.
func parseHTMLType(v string) (html bool, charset string) {
	switch v {
	case "text/html; charset=utf-8", "text/html;charset=utf-8", "text/html; charset=UTF-8", "text/html;charset=UTF-8":
		return true, "utf-8"
	case "text/html":
		return true, ""
	}
	v = strings.TrimLeft(v, " \t")
	const want = "text/html"
	if !hasPrefixFold(v, want) {
		return false, ""
	}
	v = v[len(want):]
	if v == "" {
		return true, ""
	}
	if v[0] != ';' && v[0] != ' ' && v[0] != '\t' {
		return false, ""
	}
	for v != "" {
		var p string
		p, v, _ = strings.Cut(v, ";")
		p = strings.Trim(p, " \t")
		if hasPrefixFold(p, "charset=") && charset == "" {
			charset = strings.Trim(p[len("charset="):], ` '"`)
		}
	}
	return true, charset
}

func isAttachment(v []string) bool {
	return len(v) > 0 && hasPrefixFold(strings.TrimLeft(v[0], " \t"), "attachment")
}

// isSigned reports whether a message signature (RFC 9421, or the drafts before
// it) covers what an insertion changes.
func isSigned(values []string) bool {
	for _, v := range values {
		v = strings.ToLower(v)
		for _, covered := range [...]string{"digest", "content-length", "content-md5", "etag", "content-security-policy", "accept-ranges"} {
			if strings.Contains(v, covered) {
				return true
			}
		}
	}
	return false
}

// hasToken reports whether a comma-separated list has the directive.
func hasToken(values []string, want string) bool {
	for _, v := range values {
		for v != "" {
			var t string
			t, v, _ = strings.Cut(v, ",")
			t, _, _ = strings.Cut(t, "=")
			if t = strings.Trim(t, " \t"); len(t) == len(want) && strings.EqualFold(t, want) {
				return true
			}
		}
	}
	return false
}

// storable reports whether a shared cache may keep the response.
func storable(cc []string) bool {
	return !hasToken(cc, "no-store") && !hasToken(cc, "private")
}

// fields are those of a response's header that decide about insertion or are
// changed by it. They are read in one pass: most are absent, and each look for
// one that is costs as much as for one that is not.
type fields struct {
	encoding, disposition, cacheControl []string
	signatureInput, signature           []string
	policy, reportPolicy, integrity     []string

	acceptRanges, digest, trailer bool
}

func (f *fields) read(h http.Header) {
	*f = fields{}
	for name, v := range h {
		switch name {
		case "Content-Encoding":
			f.encoding = v
		case "Content-Disposition":
			f.disposition = v
		case "Cache-Control":
			f.cacheControl = v
		case "Signature-Input":
			f.signatureInput = v
		case "Signature":
			f.signature = v
		case csp.Header:
			f.policy = v
		case csp.ReportOnlyHeader:
			f.reportPolicy = v
		case "Integrity-Policy":
			f.integrity = v
		case "Accept-Ranges":
			f.acceptRanges = true
		case "Trailer":
			f.trailer = true
		default:
			f.digest = f.digest || isDigest(name)
		}
	}
}
