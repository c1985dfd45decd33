package console

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// uploadHead is the first line of an agent's upload.
type uploadHead struct {
	Name string              `json:"name"`
	Conv chat.ConversationID `json:"conv"`
}

// upload saves a file of an agent's.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request) {
	c := h.Limits.Caller(h.Address(r), h.token(r))
	err := transport.CheckUpload(w, r, h.Secure(r))
	if err == nil {
		err = h.Limits.Take(limits.Request, c)
	}
	if err != nil {
		transport.Refuse(w, err)
		return
	}
	var head uploadHead
	var body io.Reader
	desk, err := h.enter(r)
	if err == nil { // strangers must not use up what those may who share an address
		err = h.Limits.TakeUpload(c, r.ContentLength)
	}
	if err == nil {
		body, err = h.Connections.ReceiveUpload(w, r, &head)
	}
	if err != nil {
		h.logFailure("upload", err)
		transport.Refuse(w, err)
		return
	}
	h.Connections.ServeUpload(w, r, c, transport.Upload{Name: head.Name, Body: body, Check: check(desk), Log: h.Log,
		Save: func(ctx context.Context, f chat.File) (chat.Attachment, error) { return desk.Upload(ctx, head.Conv, f) }})
}

// attachmentQuery asks for a file.
type attachmentQuery struct {
	Conv chat.ConversationID `json:"conv"`
	Seq  chat.Seq            `json:"seq"`
	ID   chat.AttachmentID   `json:"id"`
}

// attachment sends an agent a file of a conversation that they may see.
func (h *Handler) attachment(w http.ResponseWriter, r *http.Request) {
	c := h.Limits.Caller(h.Address(r), h.token(r))
	var q attachmentQuery
	body, err := transport.ReadPost(w, r, h.Secure(r), func() error { return h.Limits.Take(limits.Request, c) })
	if err == nil {
		err = frame.Decode(body, &q)
	}
	var desk *chat.Desk
	if err == nil {
		desk, err = h.enter(r)
	}
	if err != nil {
		h.logFailure("attachment", err)
		transport.Refuse(w, err)
		return
	}
	h.Connections.ServeDownload(w, r, c, transport.Download{Check: check(desk), Log: h.Log,
		Find: func(ctx context.Context) (chat.Attachment, io.Reader, error) {
			return desk.Attachment(ctx, q.Conv, q.Seq, q.ID)
		}})
}

// enter returns the agent of a request.
func (h *Handler) enter(r *http.Request) (*chat.Desk, error) {
	ctx, cancel := context.WithTimeout(r.Context(), transport.StoreTimeout)
	defer cancel()
	desk, err := h.Service.EnterDesk(ctx, h.Agents, h.token(r))
	if errors.Is(err, chat.ErrNoSession) {
		return nil, frame.ErrSignedOut
	}
	return desk, err
}

// check returns a function that says why an agent may no longer see what they
// saw.
func check(d *chat.Desk) func(context.Context) error {
	return func(ctx context.Context) error {
		if d.Check(ctx) != 0 {
			return frame.ErrSignedOut
		}
		return nil
	}
}
