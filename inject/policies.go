package inject

import (
	"html"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/inject/csp"
)

// policyState is what a response's policies ask of the element and of its header.
type policyState struct {
	nonce      string // the nonce for the element
	fromHeader bool   // it is the header's, so the page can't be revalidated
	hash       bool   // the element needs its integrity attribute
	edited     [2][]string
}

// judgePolicies plans the least change to the response's policies that lets
// the script run; [Writer.editPolicies] carries it out.
func (w *Writer) judgePolicies(enforced, reported []string) Reason {
	if len(enforced) == 0 && len(reported) == 0 {
		return Injected
	}
	nonce, sandboxed := csp.Survey(enforced)
	if sandboxed {
		return Sandbox
	}
	if w.status != http.StatusNotModified {
		if w.policies.nonce = nonce; nonce == "" {
			w.policies.nonce = csp.Nonce(reported)
		}
		w.policies.fromHeader = w.policies.nonce != ""
	}
	if w.in.cfg.CSP == CSPOff {
		return Injected
	}
	p := w.in.script.For(w.r, w.policies.nonce)
	w.policies.edited[0] = p.Edit(enforced)
	if p.Blocked {
		return CSP
	}
	// Reports don't block, but an operator reads them: they are kept free of
	// ours too. What can't be mirrored is left alone.
	w.policies.edited[1] = p.Edit(reported)
	w.policies.hash = p.NeedsIntegrity
	return Injected
}

// editPolicies puts the planned policies in place.
func (w *Writer) editPolicies(h http.Header) {
	if w.policies.edited[0] != nil {
		h[csp.Header] = w.policies.edited[0]
	}
	if w.policies.edited[1] != nil {
		h[csp.ReportOnlyHeader] = w.policies.edited[1]
	}
}

// metaJudge is the Writer to the scanner.
type metaJudge Writer

// MetaPolicy judges a policy in a meta element, which can't be edited: the
// output without the element must stay the upstream's.
func (w *metaJudge) MetaPolicy(content []byte) bool {
	if w.in.cfg.CSP == CSPOff && w.policies.nonce != "" {
		return true
	}
	v := string(content)
	if strings.IndexByte(v, '&') >= 0 {
		v = html.UnescapeString(v)
	}
	list := []string{v}
	if w.policies.nonce == "" {
		w.policies.nonce = csp.Nonce(list)
	}
	if w.in.cfg.CSP == CSPOff {
		return true
	}
	p := w.in.script.For(w.r, w.policies.nonce)
	return p.Allows(list)
}

// CSPChange returns the Content-Security-Policy lines that the script needs in
// place of those in h, the header of an answer to r, or nil if it needs no
// change or no change would do. It is for telling an operator who has
// [CSPOff] configured.
func (in *Injector) CSPChange(r *http.Request, h http.Header) []string {
	p := in.script.For(r, csp.Nonce(h[csp.Header]))
	edited := p.Edit(h[csp.Header])
	if p.Blocked {
		return nil
	}
	return edited
}
