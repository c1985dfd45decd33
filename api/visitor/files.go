package visitor

import (
	"context"
	"io"
	"net/http"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// uploadHead is the first line of a visitor's upload.
type uploadHead struct {
	Name string `json:"name"`
	Mark string `json:"mark"`
}

// upload saves a file of a visitor's.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request) {
	secure := h.Secure(r)
	token := h.Cookies.Token(r, secure)
	c := h.caller(r, token)
	err := transport.CheckUpload(w, r, secure)
	if err == nil && token == "" {
		err = chat.ErrNoSession // nobody's file need not be read
	}
	if err == nil {
		err = h.Limits.Take(limits.Request, c)
	}
	if err == nil {
		err = h.whoamiVisit(w, r, token)
	}
	if err != nil {
		transport.Refuse(w, err)
		return
	}
	var head uploadHead
	body, err := h.Connections.ReceiveUpload(w, r, &head)
	var v *chat.Visit
	if err == nil {
		v, err = h.enter(r, token, head.Mark)
	}
	if err == nil { // strangers must not use up what those may who share an address
		err = h.Limits.TakeUpload(c, r.ContentLength)
	}
	if err != nil {
		h.logFailure("upload", err)
		transport.Refuse(w, err)
		return
	}
	h.Connections.ServeUpload(w, r, c, transport.Upload{Name: head.Name, Body: body, Check: check(v), Save: v.Upload, Log: h.Log})
}

// attachmentQuery asks for a file.
type attachmentQuery struct {
	Mark string            `json:"mark"`
	Seq  chat.Seq          `json:"seq"`
	ID   chat.AttachmentID `json:"id"`
}

// attachment sends a visitor a file of their conversation.
func (h *Handler) attachment(w http.ResponseWriter, r *http.Request) {
	secure := h.Secure(r)
	token := h.Cookies.Token(r, secure)
	c := h.caller(r, token)
	var q attachmentQuery
	body, err := transport.ReadPost(w, r, secure, func() error { return h.Limits.Take(limits.Request, c) })
	if err == nil {
		err = frame.Decode(body, &q)
	}
	if err == nil {
		err = h.whoamiVisit(w, r, token)
	}
	var v *chat.Visit
	if err == nil {
		v, err = h.enter(r, token, q.Mark)
	}
	if err != nil {
		h.logFailure("attachment", err)
		transport.Refuse(w, err)
		return
	}
	h.Connections.ServeDownload(w, r, c, transport.Download{Check: check(v), Log: h.Log,
		Find: func(ctx context.Context) (chat.Attachment, io.Reader, error) { return v.Attachment(ctx, q.Seq, q.ID) }})
}

// enter returns the visitor of a request for whom there is a session.
func (h *Handler) enter(r *http.Request, token, mark string) (*chat.Visit, error) {
	// Entering may take a conversation over, whoever still waits for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), transport.StoreTimeout)
	defer cancel()
	v, err := h.Service.Enter(ctx, h.Site, token, mark)
	if err == nil && v.Who == chat.WhoNone {
		err = chat.ErrNoSession
	}
	return v, err
}

// check returns a function that says why a visit is no longer what it was.
func check(v *chat.Visit) func(context.Context) error {
	return func(ctx context.Context) error {
		if v.Check(ctx) != 0 {
			return chat.ErrNoSession
		}
		return nil
	}
}
