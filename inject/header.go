package inject

import (
	"net/http"
	"strconv"
	"strings"
)

// editInjected changes the header of a response that is injected.
func (w *Writer) editInjected(h http.Header) {
	from := fromETag
	if w.policies.fromHeader {
		from = withNonce
	}
	w.suffixETag(h, from)
	w.editPolicies(h)
	if w.fields.acceptRanges {
		delete(h, "Accept-Ranges")
	}
	if w.coding != "" {
		delete(h, "Content-Encoding")
		delete(h, "Content-Length")
	}
	if w.fields.digest {
		dropDigests(h)
	}
	if w.fields.trailer {
		w.dropDigestTrailers(h, h["Trailer"])
	}
	w.addVary(h, w.decision.vary)
	w.editLength(h)
}

// editLength adds the element's length to Content-Length. It is dropped where
// the body may yet turn out not to be injected.
func (w *Writer) editLength(h http.Header) {
	v := h["Content-Length"]
	if len(v) == 0 {
		return
	}
	n, err := strconv.ParseInt(v[0], 10, 63)
	if err != nil || n < 0 || w.unsure {
		delete(h, "Content-Length")
		return
	}
	var num [20]byte
	h["Content-Length"] = w.values.line(string(strconv.AppendInt(num[:0], n+int64(len(w.tag)), 10)))
}

// editNotModified keeps a 304 in step with the page that it stands for.
func (w *Writer) editNotModified(h http.Header) {
	w.suffixETag(h, fromETag)
	w.editPolicies(h)
	w.addVary(h, w.decision.vary)
}

// dropDigestTrailers takes announced digests out of Trailer; their values are
// deleted at the end.
func (w *Writer) dropDigestTrailers(h http.Header, values []string) {
	var keep []string
	dropped := false
	for _, v := range values {
		for name := range strings.SplitSeq(v, ",") {
			name = strings.TrimSpace(name)
			if isDigest(http.CanonicalHeaderKey(name)) {
				dropped = true
			} else if name != "" {
				keep = append(keep, name)
			}
		}
	}
	switch {
	case !dropped:
	case len(keep) == 0:
		delete(h, "Trailer")
	default:
		h["Trailer"] = keep
	}
}

// dropDigests deletes the digests of the content, trailers included.
func dropDigests(h http.Header) {
	for name := range h {
		if isDigest(strings.TrimPrefix(name, http.TrailerPrefix)) {
			delete(h, name)
		}
	}
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
