package transport

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/chat"
)

// inlineTypes are the files that a browser may show: images in which nothing
// can run. All others are a download of bytes, HTML, SVG and PDF among them.
var inlineTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// attachmentPolicy lets nothing run or load, should a browser ever show a file
// as a page.
const attachmentPolicy = "default-src 'none'; sandbox"

// Download is a file that a request asks for.
type Download struct {
	// Check returns why the asker may no longer have it. It is called now and
	// then.
	Check func(context.Context) error
	// Find returns the file.
	Find func(context.Context) (chat.Attachment, io.Reader, error)
	Log  *slog.Logger
}

// ServeDownload answers a request with a file.
func (c *Connections) ServeDownload(w http.ResponseWriter, r *http.Request, caller limits.Caller, d Download) {
	t, end, err := c.downloads.begin(w, r, caller)
	if err != nil {
		Refuse(w, err)
		return
	}
	defer end()
	a, file, err := d.Find(t.ctx)
	if err != nil {
		LogFailure(d.Log, "attachment", err)
		Refuse(w, err)
		return
	}
	t.check = d.Check
	sendFile(w, t, d.Log, a, file)
}

func sendFile(w http.ResponseWriter, t *transfer, log *slog.Logger, a chat.Attachment, file io.Reader) {
	mediaType, disposition := binary, "attachment"
	if inlineTypes[a.Type] {
		mediaType, disposition = a.Type, "inline"
	}
	setFileHeader(w.Header(), mediaType, disposition, a.Name)
	w.Header().Set("Content-Length", strconv.FormatInt(a.Size, 10))
	w.WriteHeader(http.StatusOK)
	// What is cut off here is shorter than it said, which the browser sees.
	if _, err := io.Copy(t, file); err != nil {
		log.Debug("sending an attachment", "error", err)
	}
}

// setFileHeader sets what the answer says of a file.
func setFileHeader(h http.Header, mediaType, disposition, name string) {
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", dispositionOf(disposition, name))
	h.Set("Content-Security-Policy", attachmentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-store")
}

// dispositionOf returns a Content-Disposition with a file's name: in ASCII for
// whoever knows no better, and as it is (RFC 6266, section 4.3, and RFC 8187).
func dispositionOf(disposition, name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	encoded := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, disposition, plain, encoded)
}
