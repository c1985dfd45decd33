package inject

import (
	"html"
	"net/http"
	"slices"
	"strings"
)

const (
	cspHeader       = "Content-Security-Policy"
	cspReportHeader = "Content-Security-Policy-Report-Only"
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
	nonce, sandboxed := survey(enforced)
	if sandboxed {
		return Sandbox
	}
	if w.status != http.StatusNotModified {
		if w.csp.nonce = nonce; nonce == "" {
			w.csp.nonce = findNonce(reported)
		}
		w.csp.fromHeader = w.csp.nonce != ""
	}
	if w.in.cfg.CSP == CSPOff {
		return Injected
	}
	p := w.in.planner(w.r, w.csp.nonce)
	w.csp.edited[0] = p.edit(enforced)
	if p.blocked {
		return CSP
	}
	// Reports don't block, but an operator reads them: they are kept free of
	// ours too. What can't be mirrored is left alone.
	w.csp.edited[1] = p.edit(reported)
	w.csp.hash = p.hash
	return Injected
}

// editPolicies puts the planned policies in place.
func (w *Writer) editPolicies(h http.Header) {
	if w.csp.edited[0] != nil {
		h[cspHeader] = w.csp.edited[0]
	}
	if w.csp.edited[1] != nil {
		h[cspReportHeader] = w.csp.edited[1]
	}
}

// metaPolicy judges a policy in a meta element, which can't be edited: the
// output without the element must stay the upstream's.
func (w *Writer) metaPolicy(content []byte) bool {
	if w.in.cfg.CSP == CSPOff && w.csp.nonce != "" {
		return true
	}
	v := string(content)
	if strings.IndexByte(v, '&') >= 0 {
		v = html.UnescapeString(v)
	}
	list := []string{v}
	if w.csp.nonce == "" {
		w.csp.nonce = findNonce(list)
	}
	if w.in.cfg.CSP == CSPOff {
		return true
	}
	p := w.in.planner(w.r, w.csp.nonce)
	return p.allows(list)
}

// wantsIntegrity reports whether an Integrity-Policy (Subresource Integrity,
// section 3.6) blocks scripts without integrity metadata, which what the script
// loads further can't have.
func wantsIntegrity(values []string) bool {
	for _, v := range values {
		_, list, _ := strings.Cut(strings.ToLower(v), "blocked-destinations=(")
		list, _, _ = strings.Cut(list, ")")
		if slices.Contains(strings.Fields(list), "script") {
			return true
		}
	}
	return false
}

// CSPChange returns the Content-Security-Policy lines that the script needs in
// place of those in h, the header of an answer to r, or nil if it needs no
// change or no change would do. It is for telling an operator who has
// [CSPOff] configured.
func (in *Injector) CSPChange(r *http.Request, h http.Header) []string {
	p := in.planner(r, findNonce(h[cspHeader]))
	edited := p.edit(h[cspHeader])
	if p.blocked {
		return nil
	}
	return edited
}

// survey returns the nonce of the list that governs script elements, of the
// first policy that has one. sandboxed says that a policy takes the page's
// scripts, or its origin, without which the script could not speak to its
// server.
func survey(values []string) (nonce string, sandboxed bool) {
	for _, v := range values {
		for lo := 0; lo <= len(v); {
			var p policy
			p, lo = parsePolicy(v, lo)
			if list, ok := p.value(v, dirSandbox); ok {
				if !hasSource(list, "allow-scripts") || !hasSource(list, "allow-same-origin") {
					sandboxed = true
				}
			}
			list, _, _ := p.scripts(v)
			for tok, rest := nextSource(list); tok != "" && nonce == ""; tok, rest = nextSource(rest) {
				nonce = nonceOf(tok)
			}
		}
	}
	return nonce, sandboxed
}

func findNonce(values []string) string {
	nonce, _ := survey(values)
	return nonce
}

// maxNonce bounds what is copied into the element.
const maxNonce = 256

// nonceOf returns a nonce source's value if it can stand in an attribute.
func nonceOf(tok string) string {
	const prefix = "'nonce-"
	if !hasPrefixFold(tok, prefix) || tok[len(tok)-1] != '\'' {
		return ""
	}
	n := tok[len(prefix):max(len(tok)-1, len(prefix))]
	if len(n) > maxNonce {
		return ""
	}
	for i := range len(n) {
		if !isBase64(n[i]) {
			return ""
		}
	}
	return n
}
