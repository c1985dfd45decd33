package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/chat"
)

// maxHead is the longest first line of an upload, in bytes.
const maxHead = 4 << 10

// sniffLen is how many bytes of a file tell its type.
const sniffLen = 512

// binary is the media type of every upload, and of a file that may be anything.
const binary = "application/octet-stream"

// CheckUpload checks what a request says of itself before any of it is read.
func CheckUpload(w http.ResponseWriter, r *http.Request, secure bool) error {
	if err := checkPost(w, r, secure, binary); err != nil {
		return err
	}
	if r.ContentLength > maxHead+chat.MaxAttachment {
		return chat.ErrTooLarge
	}
	return nil
}

// ReceiveUpload decodes the first line of an upload, in the time that there is
// for it, and returns what follows it. What is to be known of the file stands
// there because servers log headers and URLs. The deadline remains where the
// upload is refused, so that the server waits no longer for a file that nobody
// wants.
func (c *Connections) ReceiveUpload(w http.ResponseWriter, r *http.Request, head any) (*bufio.Reader, error) {
	// A server that can't do that has bounds of its own.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(c.uploads.headTimeout))
	body := bufio.NewReaderSize(http.MaxBytesReader(w, r.Body, maxHead+chat.MaxAttachment), maxHead)
	return body, readHead(body, head)
}

// readHead decodes the first line of an upload, and leaves the reader at the
// file.
func readHead(r *bufio.Reader, head any) error {
	line, err := r.ReadSlice('\n')
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return uploadError(err)
	}
	line = bytes.TrimSpace(line)
	if err != nil || len(line) == 0 || line[0] != '{' {
		return chat.ErrBadFrame
	}
	return frame.Decode(line, head)
}

// uploadError returns why the body of an upload can't be read, for who sent it.
func uploadError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return chat.ErrTooLarge
	case err != nil && !errors.Is(err, io.EOF):
		return frame.ErrCutOff
	}
	return err
}

// Upload is a file that ReceiveUpload has found in a request.
type Upload struct {
	Name string
	Body io.Reader
	// Check returns why the sender may no longer do this. It is called now and
	// then.
	Check func(context.Context) error
	// Save keeps the file.
	Save func(context.Context, chat.File) (chat.Attachment, error)
	Log  *slog.Logger
}

// ServeUpload answers an upload with what became of its file.
func (c *Connections) ServeUpload(w http.ResponseWriter, r *http.Request, caller limits.Caller, u Upload) {
	t, end, err := c.uploads.begin(w, r, caller)
	if err != nil {
		Refuse(w, err)
		return
	}
	defer end()
	t.body, t.check = u.Body, u.Check
	file, err := newFile(u.Name, bufio.NewReaderSize(t, sniffLen))
	var a chat.Attachment
	if err == nil {
		a, err = u.Save(t.ctx, file)
	}
	if err == nil {
		err = t.check(t.ctx) // it may have taken minutes
	}
	t.finish()
	if err != nil {
		LogFailure(u.Log, "upload", err)
		Refuse(w, err)
		return
	}
	answer(w, http.StatusOK, frame.Uploaded{T: "uploaded", Attachment: frame.NewAttachment(a)})
}

// newFile returns the file that a reader has. Its type is what the first bytes
// look like.
func newFile(name string, r *bufio.Reader) (chat.File, error) {
	first, err := r.Peek(sniffLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return chat.File{}, err
	}
	mediaType, _, err := mime.ParseMediaType(http.DetectContentType(first))
	if err != nil {
		mediaType = binary
	}
	return chat.File{Name: name, Type: mediaType, Body: r}, nil
}
