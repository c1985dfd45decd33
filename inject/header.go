package inject

import (
	"net/http"
	"strconv"

	"github.com/parley-chat/parley/internal/httpfields"
)

// editInjected changes the header of a response that is injected.
func (w *Writer) editInjected(h http.Header) {
	w.suffixETag(h, w.policies.fromHeader, w.coding != "")
	w.editPolicies(h)
	if w.fields.acceptRanges {
		delete(h, "Accept-Ranges")
	}
	bits := w.decision.vary
	if w.coding != "" {
		// Who can't take it gets another.
		bits |= varyEncoding
	}
	if w.decoding != nil {
		delete(h, "Content-Encoding")
		if coding, ok := target(w.decision.codings); ok {
			h["Content-Encoding"] = w.values.line(codingNames[coding])
			if !w.head {
				w.recall(coding)
				w.startEncoder(coding)
			}
		}
	}
	if w.fields.digest || w.fields.trailer {
		httpfields.Drop(h, isDigest)
	}
	w.addVary(h, bits)
	w.editLength(h)
}

// editLength adds the element's length to Content-Length. It is dropped where
// the body may yet turn out not to be injected, or where it is compressed and so
// little of it is there that nobody knows.
func (w *Writer) editLength(h http.Header) {
	v := h["Content-Length"]
	if len(v) == 0 {
		return
	}
	if d := w.decoding; d != nil && d.recalled != nil {
		h["Content-Length"] = w.values.line(strconv.Itoa(len(d.recalled)))
		return
	}
	n, err := strconv.ParseInt(v[0], 10, 63)
	growth, known := w.growth()
	if err != nil || n < 0 || !known {
		delete(h, "Content-Length")
		return
	}
	var num [20]byte
	h["Content-Length"] = w.values.line(string(strconv.AppendInt(num[:0], n+int64(growth), 10)))
}

// growth returns how many bytes the element adds to the body, if that is known.
func (w *Writer) growth() (n int, known bool) {
	switch {
	case w.unsure || w.decoding != nil:
		return 0, false
	case w.splicing != nil:
		n, known = w.splicing.Growth()
		return n, known && w.injected
	}
	return len(w.tag), true
}

// editNotModified keeps a 304 in step with the page that it stands for.
func (w *Writer) editNotModified(h http.Header) {
	bits := w.decision.vary
	coded := w.cameCoded(h)
	if coded {
		bits |= varyEncoding
	}
	// Of the upstream's body, and not of what the client has: a cache that takes
	// it over could not read its page any more.
	delete(h, "Content-Encoding")
	delete(h, "Content-Length")
	w.suffixETag(h, false, coded)
	w.editPolicies(h)
	w.addVary(h, bits)
}

// isDigest reports whether a header field, by its canonical name, is a digest
// of the content.
func isDigest(name string) bool {
	switch name {
	case "Content-Digest", "Repr-Digest", "Digest", "Content-Md5":
		return true
	}
	return false
}
