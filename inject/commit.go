package inject

import "net/http"

// pending returns the header as the handler left it at WriteHeader.
func (w *Writer) pending() http.Header {
	if w.final != nil {
		return w.final
	}
	return w.w.Header()
}

// commit sends the final header. With a reason it goes as it is.
func (w *Writer) commit() {
	h := w.w.Header()
	w.state = statePass
	w.committed = true
	if w.final == nil {
		w.send(h)
		return
	}
	late := h.Clone()
	clear(h)
	for k, v := range w.final {
		h[k] = v
	}
	snap := w.final
	w.final = nil
	w.send(h)
	for k, v := range late {
		if old, ok := snap[k]; !ok || !sameValues(old, v) {
			h[k] = v
		}
	}
}

func sameValues(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (w *Writer) send(h http.Header) {
	if w.hook != nil {
		w.hook(h, w.status, w.reason)
	}
	switch {
	case w.reason == Injected:
		w.buildTag()
		w.editInjected(h)
	case w.reason == NotModified:
		if w.judgePage(h) != Injected {
			w.policies = policyState{} // the next full answer will settle it
		}
		w.editNotModified(h)
	case w.reason == Fragment:
		if storable(w.fields.cacheControl) {
			w.addVary(h, w.decision.vary)
		}
	case w.decision.reason != Injected && w.decision.vary != 0:
		w.varyPassed(h)
	}
	w.w.WriteHeader(w.status)
}

// varyPassed marks a page that was not injected because of a request header.
func (w *Writer) varyPassed(h http.Header) {
	ct := h["Content-Type"]
	if len(ct) == 0 || !hasPrefixFold(ct[0], "text/html") {
		return
	}
	if w.judge(h) == Injected && storable(w.fields.cacheControl) {
		w.addVary(h, w.decision.vary)
	}
}

// buildTag makes the element for this page.
func (w *Writer) buildTag() {
	if w.policies.nonce == "" && !w.policies.hash {
		w.tag = w.in.plain
		return
	}
	b := append(w.buf[:0], w.in.open...)
	if w.policies.hash {
		b = append(append(append(b, ` integrity="`...), w.in.cfg.Integrity...), '"')
	}
	if w.policies.nonce != "" {
		b = append(append(append(b, ` nonce="`...), w.policies.nonce...), '"')
	}
	w.buf = append(b, tagClose...)
	w.tag = w.buf
}
