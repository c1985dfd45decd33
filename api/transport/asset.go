package transport

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
)

// Asset is a file that is served from memory, compressed once.
type Asset struct {
	contentType string
	hash        string
	integrity   string
	// version is under what the file is cacheable for ever, and build, of a part,
	// the beginning of each version that goes with it.
	version, build string
	plain          []byte
	gzip, br       func() []byte // nil where it is served as it is
}

// window of Brotli: 128 KB, more than a script has. The default takes five times
// the memory for the same size.
const window = 17

// packing is held by who compresses: anyone can ask for all scripts in all
// languages at once, and one takes 7 MB and the third of a second.
var packing sync.Mutex

// NewAsset prepares a file. It is compressed when it is first asked for.
func NewAsset(contentType string, body []byte) *Asset {
	sum := sha256.Sum256(body)
	a := &Asset{
		contentType: contentType,
		hash:        Hash(body),
		integrity:   "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
		plain:       body,
		gzip: packed(body, func(w io.Writer) io.WriteCloser {
			gz, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // the level is a valid one
			return gz
		}),
		br: packed(body, func(w io.Writer) io.WriteCloser {
			return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: window})
		}),
	}
	a.version = a.hash
	return a
}

// NewPart prepares a file that is for ever cacheable under the version of the
// whole that it is a part of. Versions that begin with other than build are of
// another whole, which the file would break: they get it nowhere.
func NewPart(contentType, version, build string, body []byte) *Asset {
	a := NewAsset(contentType, body)
	a.version, a.build = version, build
	return a
}

// packed compresses a file once, when it is first wanted.
func packed(body []byte, encoder func(io.Writer) io.WriteCloser) func() []byte {
	return sync.OnceValue(func() []byte {
		packing.Lock()
		defer packing.Unlock()
		var b bytes.Buffer
		w := encoder(&b)
		_, _ = w.Write(body) // memory takes everything
		_ = w.Close()
		return b.Bytes()
	})
}

// Prepare compresses the file before it is asked for. The loader is wanted by each
// page, and soon: React 18 hydrates no document that still has its element.
func (a *Asset) Prepare() {
	defer panics.Handle(func(*panics.Panic) {}) // who asks for it will see
	a.br()
}

// Hash names a content in few letters.
func Hash(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// Hash names the content; it belongs into the query as v=HASH.
func (a *Asset) Hash() string { return a.hash }

// Integrity is the content's hash as in Subresource Integrity.
func (a *Asset) Integrity() string { return a.integrity }

// ServeHTTP serves the file: for ever cacheable under its own hash, or the
// version that it is a part of, otherwise to be revalidated.
func (a *Asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		Refuse(w, frame.ErrBadMethod)
		return
	}
	version := r.URL.Query().Get("v")
	if version != "" && !strings.HasPrefix(version, a.build) {
		Refuse(w, chat.ErrNotFound)
		return
	}
	tag := `"` + a.hash + `"`
	h.Set("ETag", "W/"+tag) // weak: the same for each coding
	if a.br != nil {
		h.Set("Vary", "Accept-Encoding")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if version == a.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if match := r.Header.Get("If-None-Match"); match != "" && strings.Contains(match, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.plain
	switch {
	case a.br == nil:
	case accepts(r, "br"):
		h.Set("Content-Encoding", "br")
		body = a.br()
	case accepts(r, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = a.gzip()
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
