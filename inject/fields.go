package inject

import (
	"net/http"

	"github.com/parley-chat/parley/inject/csp"
)

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
