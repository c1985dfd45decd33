package inject

import (
	"net/http"

	"github.com/parley-chat/parley/inject/csp"
	"github.com/parley-chat/parley/inject/scan"
	"github.com/parley-chat/parley/internal/panics"
)

// The methods below look at what a stranger wrote. Should one of them have a
// bug that panics, the page goes on without the element, and only Reason tells.

// scan looks for the place in b, the bytes not sent yet. Where there is none,
// it says why in w.reason.
func (w *Writer) scan(b []byte, final bool) (v scan.Result) {
	defer panics.Handle(func(*panics.Panic) { v, w.reason = scan.Skipped, Failed })
	if v = w.scanner.Scan(b, final); v == scan.Skipped {
		w.reason = obstacles[w.scanner.Obstacle()]
	}
	return v
}

var obstacles = [...]Reason{
	scan.NotASCIICompatible: NotASCIICompatible,
	scan.NoLT:               NoLT,
	scan.TextFirst:          TextFirst,
	scan.XML:                NotHTML,
	scan.AMP:                AMP,
	scan.Frameset:           Frameset,
	scan.Policy:             CSP,
	scan.TooFar:             TooFar,
	scan.Fragment:           Fragment,
	scan.Unfinished:         Unfinished,
	scan.ForeignBase:        ForeignBase,
}

// judge says whether the header speaks against insertion.
func (w *Writer) judge(h http.Header) (reason Reason) {
	defer panics.Handle(func(*panics.Panic) { reason = Failed })
	if reason := w.judgeHeader(w.status, h); reason != Injected {
		return reason
	}
	if csp.RequiresIntegrity(w.fields.integrity) {
		return CSP
	}
	return w.judgePolicies(w.fields.policy, w.fields.reportPolicy)
}

// judgePage judges the policies of the page that a 304 stands for.
func (w *Writer) judgePage(h http.Header) (reason Reason) {
	defer panics.Handle(func(*panics.Panic) { reason = Failed })
	return w.judgePolicies(h[csp.Header], h[csp.ReportOnlyHeader])
}
