package transport

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/api/frame"
)

// Asset is a file that is served from memory, compressed once.
type Asset struct {
	contentType string
	hash        string
	integrity   string
	plain       []byte
	gzip        []byte
}

// NewAsset prepares a file.
func NewAsset(contentType string, body []byte) *Asset {
	sum := sha256.Sum256(body)
	a := &Asset{
		contentType: contentType,
		hash:        base64.RawURLEncoding.EncodeToString(sum[:9]),
		integrity:   "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
		plain:       body,
	}
	var buf bytes.Buffer
	gz, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is a valid one
	_, _ = gz.Write(body)                                    // memory takes everything
	_ = gz.Close()
	a.gzip = buf.Bytes()
	return a
}

// Hash names the content; it belongs into the query as v=HASH.
func (a *Asset) Hash() string { return a.hash }

// Integrity is the content's hash as in Subresource Integrity.
func (a *Asset) Integrity() string { return a.integrity }

// ServeHTTP serves the file: for ever cacheable under its own hash, otherwise
// to be revalidated.
func (a *Asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		Refuse(w, frame.ErrBadMethod)
		return
	}
	etag := `W/"` + a.hash + `"` // weak: the same for each coding
	h.Set("ETag", etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.URL.Query().Get("v") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if match := r.Header.Get("If-None-Match"); match != "" && strings.Contains(match, etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.plain
	if accepts(r, "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gzip
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the browser is gone: nobody is left to tell
	}
}

// accepts reports whether a content coding is named in Accept-Encoding without
// a weight of zero (RFC 9110, section 12.5.3).
func accepts(r *http.Request, coding string) bool {
	for _, line := range r.Header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(name), coding) {
				continue
			}
			_, q, weighted := strings.Cut(params, "=")
			weight, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
			return !weighted || err == nil && weight > 0
		}
	}
	return false
}
