package transport

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/parley-chat/parley/api/limits"
)

// documentBuffer is how much of a document is written before anything of it is
// sent: an error until then is an answer of its own.
const documentBuffer = 32 << 10

// Document is a file that is made as it is sent.
type Document struct {
	// Op is what asks for it, for the log.
	Op string
	// Name is what the file is called.
	Name string
	// Check returns why the asker may no longer have it. It is called now and
	// then.
	Check func(context.Context) error
	// Write writes it.
	Write func(context.Context, io.Writer) error
	Log   *slog.Logger
}

// ServeDocument answers a request with a document. It counts as a download. Where
// it can't be written to its end the connection is cut, since nothing else tells
// that it is not whole.
func (c *Connections) ServeDocument(w http.ResponseWriter, r *http.Request, caller limits.Caller, d Document) {
	t, end, err := c.downloads.begin(w, r, caller)
	if err != nil {
		Refuse(w, err)
		return
	}
	defer end()
	t.check = d.Check
	sent := &headed{transfer: t, header: w.Header(), name: d.Name}
	buffer := bufio.NewWriterSize(sent, documentBuffer)
	err = d.Write(t.ctx, buffer)
	if err == nil {
		err = buffer.Flush()
	}
	switch {
	case err == nil:
	case !sent.begun:
		LogFailure(d.Log, d.Op, err)
		Refuse(w, err)
	default:
		d.Log.Debug("sending a document", "op", d.Op, "error", err)
		panic(http.ErrAbortHandler)
	}
}

// headed writes the header before the first part of a document.
type headed struct {
	*transfer
	header http.Header
	name   string
	begun  bool
}

func (h *headed) Write(p []byte) (int, error) {
	if !h.begun {
		if err := h.extend(); err != nil {
			return 0, err // there is still time to say so
		}
		h.begun = true
		setFileHeader(h.header, binary, "attachment", h.name)
	}
	return h.transfer.Write(p)
}
