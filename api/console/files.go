package console

import (
	"context"
	"io"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// upload saves a file of an agent's.
func (c *Call) upload() {
	h := c.handler
	err := transport.CheckUpload(c.w, c.r, h.Secure(c.r))
	if err == nil {
		err = h.Limits.Take(limits.Request, c.caller)
	}
	if err != nil {
		transport.Refuse(c.w, err)
		return
	}
	var head UploadHead
	var body io.Reader
	err = c.enterStream()
	if err == nil { // strangers must not use up what those may who share an address
		err = h.Limits.TakeUpload(c.caller, c.r.ContentLength)
	}
	if err == nil {
		body, err = h.Connections.ReceiveUpload(c.w, c.r, &head)
	}
	if err != nil {
		h.logFailure("upload", err)
		transport.Refuse(c.w, err)
		return
	}
	h.Connections.ServeUpload(c.w, c.r, c.caller, transport.Upload{
		Name: head.Name, Body: body, Check: check(c.desk), Log: h.Log,
		Save: func(ctx context.Context, f chat.File) (chat.Attachment, error) {
			return c.desk.Upload(ctx, head.Conv, f)
		}})
}

// attachment sends an agent a file of a conversation that they may see.
func (c *Call) attachment() {
	h := c.handler
	var q AttachmentRequest
	body, err := transport.ReadPost(c.w, c.r, h.Secure(c.r), func() error { return h.Limits.Take(limits.Request, c.caller) })
	if err == nil {
		err = frame.Decode(body, &q)
	}
	if err == nil {
		err = c.enterStream()
	}
	if err != nil {
		h.logFailure("attachment", err)
		transport.Refuse(c.w, err)
		return
	}
	h.Connections.ServeDownload(c.w, c.r, c.caller, transport.Download{Check: check(c.desk), Log: h.Log,
		Find: func(ctx context.Context) (chat.Attachment, io.Reader, error) {
			return c.desk.Attachment(ctx, q.Conv, q.Seq, q.ID)
		}})
}

// enterStream finds the agent of a request with a file.
func (c *Call) enterStream() (err error) {
	ctx, cancel := context.WithTimeout(c.r.Context(), transport.StoreTimeout)
	defer cancel()
	c.desk, err = c.enter(ctx)
	return err
}

// check returns a function that says why an agent may no longer see what they
// saw.
func check(d *service.Desk) func(context.Context) error {
	return func(ctx context.Context) error {
		if d.Check(ctx) != 0 {
			return frame.ErrSignedOut
		}
		return nil
	}
}
