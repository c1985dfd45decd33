package inject

import (
	"net/http"

	"github.com/parley-chat/parley/inject/csp"
)

// The parts below look at what a stranger wrote. Should one of them have a bug
// that panics, the page goes on without the element, and only Reason tells.

// scan looks for the place in b, the bytes not sent yet.
func (w *Writer) scan(b []byte, final bool) (v verdict) {
	defer func() {
		if recover() != nil {
			w.sc.reason = Failed
			v = skipped
		}
	}()
	return w.sc.scan(b, final)
}

// judge says whether the header speaks against insertion.
func (w *Writer) judge(h http.Header) (reason Reason) {
	defer func() {
		if recover() != nil {
			reason = Failed
		}
	}()
	if reason := w.judgeHeader(w.status, h); reason != Injected {
		return reason
	}
	if csp.RequiresIntegrity(w.f.integrity) {
		return CSP
	}
	return w.judgePolicies(w.f.policy, w.f.reportPolicy)
}

// judgePage judges the policies of the page that a 304 stands for.
func (w *Writer) judgePage(h http.Header) (reason Reason) {
	defer func() {
		if recover() != nil {
			reason = Failed
		}
	}()
	return w.judgePolicies(h[csp.Header], h[csp.ReportOnlyHeader])
}
