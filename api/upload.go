package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"

	"github.com/parley-chat/parley/chat"
)

// maxHead is the longest first line of an upload, in bytes.
const maxHead = 4 << 10

// sniffLen is how many bytes of a file tell its type.
const sniffLen = 512

// uploadHead is the first line of an upload: what is to be known of the file
// behind it. It is in the body because headers and URLs are what servers log,
// and a mark is a secret.
type uploadHead struct {
	Name string              `json:"name"`
	Mark string              `json:"mark"` // a visitor's
	Conv chat.ConversationID `json:"conv"` // an agent's
}

// attachmentFrame is a file as both ends see it.
type attachmentFrame struct {
	ID   chat.AttachmentID `json:"id"`
	Name string            `json:"name"`
	Type string            `json:"type"`
	Size int64             `json:"size"`
}

// uploadedFrame answers an upload.
type uploadedFrame struct {
	T string `json:"t"`
	attachmentFrame
}

// readHead reads the first line of an upload, and leaves the reader at the file.
func readHead(r *bufio.Reader) (uploadHead, error) {
	line, err := r.ReadSlice('\n')
	var told *chat.Error
	if errors.As(err, &told) {
		return uploadHead{}, told
	}
	line = bytes.TrimSpace(line)
	if err != nil || len(line) == 0 || line[0] != '{' {
		return uploadHead{}, chat.ErrBadFrame
	}
	var head uploadHead
	return head, decode(line, &head)
}

// newFile returns the file that a reader has. Its type is what the first bytes
// look like.
func newFile(name string, r *bufio.Reader) (chat.File, error) {
	first, err := r.Peek(sniffLen)
	if err != nil && err != io.EOF {
		return chat.File{}, err
	}
	kind, _, err := mime.ParseMediaType(http.DetectContentType(first))
	if err != nil {
		kind = "application/octet-stream"
	}
	return chat.File{Name: name, Type: kind, Body: r}, nil
}

// serveUpload answers an upload with what keep makes of it, or with its error.
func serveUpload(w http.ResponseWriter, t *transfer, log *slog.Logger,
	keep func(context.Context, uploadHead, chat.File) (chat.Attachment, error)) {
	body := bufio.NewReaderSize(t, maxHead)
	head, err := readHead(body)
	var file chat.File
	if err == nil {
		file, err = newFile(head.Name, body)
	}
	var a chat.Attachment
	if err == nil {
		a, err = keep(t.ctx, head, file)
	}
	t.finish()
	if err != nil {
		logFailure(log, "upload", err)
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, uploadedFrame{"uploaded", newAttachmentFrame(a)})
}

// checkUpload checks what a request says of itself before any of it is read.
func checkUpload(w http.ResponseWriter, r *http.Request, secure bool) error {
	if err := checkPost(w, r, secure, "application/octet-stream"); err != nil {
		return err
	}
	if r.ContentLength > maxHead+chat.MaxAttachment {
		return chat.ErrTooLarge
	}
	return nil
}

// upload keeps a file of a visitor's.
func (wd *Widget) upload(w http.ResponseWriter, r *http.Request) {
	secure := wd.Secure(r)
	token := wd.Cookies.Token(r, secure)
	err := checkUpload(w, r, secure)
	if err == nil && token == "" {
		err = chat.ErrNoSession // nobody's file need not be read
	}
	c := wd.caller(r, token)
	if err == nil {
		err = wd.Limits.takeUpload(c, r.ContentLength)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	t, end, err := wd.Live.transfers.begin(w, r, c)
	if err != nil {
		refuse(w, err)
		return
	}
	defer end()
	serveUpload(w, t, wd.Log, func(ctx context.Context, head uploadHead, f chat.File) (chat.Attachment, error) {
		v, err := wd.Service.Enter(ctx, wd.Site, token, head.Mark)
		if err != nil {
			return chat.Attachment{}, err
		}
		t.may = visitorMay(v)
		a, err := v.Upload(ctx, f)
		if err == nil {
			err = t.may(ctx) // it may have taken minutes
		}
		return a, err
	})
}

// upload keeps a file of an agent's.
func (cs *Console) upload(w http.ResponseWriter, r *http.Request) {
	token := cs.token(r)
	err := checkUpload(w, r, cs.Secure(r))
	c := cs.Limits.caller(cs.Address(r), token)
	if err == nil {
		err = cs.Limits.takeUpload(c, r.ContentLength)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	desk, err := cs.enter(r)
	if err != nil {
		cs.logFailure("upload", err)
		refuse(w, err)
		return
	}
	t, end, err := cs.Live.transfers.begin(w, r, c)
	if err != nil {
		refuse(w, err)
		return
	}
	defer end()
	serveUpload(w, t, cs.Log, func(ctx context.Context, head uploadHead, f chat.File) (chat.Attachment, error) {
		t.may = agentMay(desk)
		a, err := desk.Upload(ctx, head.Conv, f)
		if err == nil {
			err = t.may(ctx) // it may have taken minutes
		}
		return a, err
	})
}

// visitorMay reports whether a visit is still what it was.
func visitorMay(v *chat.Visit) func(context.Context) error {
	return func(ctx context.Context) error {
		if v.Check(ctx) != 0 {
			return chat.ErrNoSession
		}
		return nil
	}
}

// agentMay reports whether an agent may still see what they saw.
func agentMay(d *chat.Desk) func(context.Context) error {
	return func(ctx context.Context) error {
		if d.Check(ctx) != 0 {
			return errSignedOut
		}
		return nil
	}
}
