package api

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
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
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return uploadHead{}, uploadError(err)
	}
	line = bytes.TrimSpace(line)
	if err != nil || len(line) == 0 || line[0] != '{' {
		return uploadHead{}, chat.ErrBadFrame
	}
	var head uploadHead
	return head, decode(line, &head)
}

// receive reads the head of an upload in the time that there is for it, and
// returns what follows it. The deadline remains where the upload is refused, so
// that the server waits no longer for a file that nobody wants.
func (ts *transfers) receive(w http.ResponseWriter, r *http.Request) (uploadHead, *bufio.Reader, error) {
	// A server that can't do that has bounds of its own.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(cmp.Or(ts.headTime, headTime)))
	body := bufio.NewReaderSize(http.MaxBytesReader(w, r.Body, maxHead+chat.MaxAttachment), maxHead)
	head, err := readHead(body)
	return head, body, err
}

// newFile returns the file that a reader has. Its type is what the first bytes
// look like.
func newFile(name string, r *bufio.Reader) (chat.File, error) {
	first, err := r.Peek(sniffLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return chat.File{}, err
	}
	kind, _, err := mime.ParseMediaType(http.DetectContentType(first))
	if err != nil {
		kind = "application/octet-stream"
	}
	return chat.File{Name: name, Type: kind, Body: r}, nil
}

// serveUpload answers an upload with what keep makes of its file, or with its
// error.
func serveUpload(w http.ResponseWriter, t *transfer, log *slog.Logger, name string,
	keep func(context.Context, chat.File) (chat.Attachment, error)) {
	file, err := newFile(name, bufio.NewReaderSize(t, sniffLen))
	var a chat.Attachment
	if err == nil {
		a, err = keep(t.ctx, file)
	}
	if err == nil {
		err = t.may(t.ctx) // it may have taken minutes
	}
	t.finish()
	if err != nil {
		refuseUpload(w, log, err)
		return
	}
	answer(w, http.StatusOK, uploadedFrame{"uploaded", newAttachmentFrame(a)})
}

func refuseUpload(w http.ResponseWriter, log *slog.Logger, err error) {
	logFailure(log, "upload", err)
	refuse(w, err)
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
	c := wd.caller(r, token)
	err := checkUpload(w, r, secure)
	if err == nil && token == "" {
		err = chat.ErrNoSession // nobody's file need not be read
	}
	if err == nil {
		err = wd.Limits.take(kindAsk, c)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	if err := wd.probeVisit(w, r, token); err != nil {
		refuse(w, err)
		return
	}
	head, body, err := wd.Live.uploads.receive(w, r)
	var v *service.Visit
	if err == nil {
		v, err = wd.enter(r, token, head.Mark)
	}
	if err == nil { // strangers must not use up what those may who share an address
		err = wd.Limits.takeUpload(c, r.ContentLength)
	}
	if err != nil {
		refuseUpload(w, wd.Log, err)
		return
	}
	t, end, err := wd.Live.uploads.begin(w, r, c)
	if err != nil {
		refuse(w, err)
		return
	}
	defer end()
	t.body, t.may = body, visitorMay(v)
	serveUpload(w, t, wd.Log, head.Name, v.Upload)
}

// enter returns the visitor of a request for whom there is a session.
func (wd *Widget) enter(r *http.Request, token, mark string) (*service.Visit, error) {
	// Entering may take a conversation over, whoever still waits for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTime)
	defer cancel()
	v, err := wd.Service.Enter(ctx, wd.Site, token, mark)
	if err == nil && v.Who == chat.WhoNone {
		err = chat.ErrNoSession
	}
	return v, err
}

// upload keeps a file of an agent's.
func (cs *Console) upload(w http.ResponseWriter, r *http.Request) {
	c := cs.Limits.caller(cs.Address(r), cs.token(r))
	err := checkUpload(w, r, cs.Secure(r))
	if err == nil {
		err = cs.Limits.take(kindAsk, c)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	desk, err := cs.enter(r)
	if err == nil { // strangers must not use up what those may who share an address
		err = cs.Limits.takeUpload(c, r.ContentLength)
	}
	var head uploadHead
	var body *bufio.Reader
	if err == nil {
		head, body, err = cs.Live.uploads.receive(w, r)
	}
	if err != nil {
		refuseUpload(w, cs.Log, err)
		return
	}
	t, end, err := cs.Live.uploads.begin(w, r, c)
	if err != nil {
		refuse(w, err)
		return
	}
	defer end()
	t.body, t.may = body, agentMay(desk)
	serveUpload(w, t, cs.Log, head.Name, func(ctx context.Context, f chat.File) (chat.Attachment, error) {
		return desk.Upload(ctx, head.Conv, f)
	})
}

// visitorMay reports whether a visit is still what it was.
func visitorMay(v *service.Visit) func(context.Context) error {
	return func(ctx context.Context) error {
		if v.Check(ctx) != 0 {
			return chat.ErrNoSession
		}
		return nil
	}
}

// agentMay reports whether an agent may still see what they saw.
func agentMay(d *service.Desk) func(context.Context) error {
	return func(ctx context.Context) error {
		if d.Check(ctx) != 0 {
			return errSignedOut
		}
		return nil
	}
}
