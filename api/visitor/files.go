package visitor

import (
	"context"
	"io"
	"time"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// upload saves a file of a visitor's.
func (c *Call) upload() {
	h := c.handler
	err := transport.CheckUpload(c.w, c.r, c.secure)
	if err == nil && c.token == "" {
		err = chat.ErrNoSession // nobody's file need not be read
	}
	if err == nil {
		err = h.Limits.Take(limits.Request, c.caller)
	}
	if err == nil {
		err = c.checkWhoami()
	}
	if err != nil {
		transport.Refuse(c.w, err)
		return
	}
	var head UploadHead
	body, err := h.Connections.ReceiveUpload(c.w, c.r, &head)
	var v *service.Visit
	if err == nil {
		v, err = c.enter(head.TabSecret)
	}
	if err == nil { // strangers must not use up what those may who share an address
		err = h.Limits.TakeUpload(c.caller, c.r.ContentLength)
	}
	if err != nil {
		h.logFailure("upload", err)
		transport.Refuse(c.w, err)
		return
	}
	h.Connections.ServeUpload(c.w, c.r, c.caller, transport.Upload{
		Name: head.Name, Body: body, Check: check(v), Save: v.Upload, Log: h.Log})
}

// attachment sends a visitor a file of their conversation.
func (c *Call) attachment() {
	h := c.handler
	var q AttachmentRequest
	v, err := c.readQuestion(&q, &q.TabSecret)
	if err != nil {
		h.logFailure("attachment", err)
		transport.Refuse(c.w, err)
		return
	}
	h.Connections.ServeDownload(c.w, c.r, c.caller, transport.Download{Check: check(v), Log: h.Log,
		Find: func(ctx context.Context) (chat.Attachment, io.Reader, error) { return v.Attachment(ctx, q.Seq, q.ID) }})
}

// readQuestion reads what a request asks for, with a tab secret in it, and returns
// who asks.
func (c *Call) readQuestion(into any, tabSecret *string) (*service.Visit, error) {
	body, err := transport.ReadPost(c.w, c.r, c.secure, func() error { return c.handler.Limits.Take(limits.Request, c.caller) })
	if err == nil {
		err = frame.Decode(body, into)
	}
	if err == nil {
		err = c.checkWhoami()
	}
	if err != nil {
		return nil, err
	}
	return c.enter(*tabSecret)
}

// checkWhoami fails where the visitor is somebody else now than who asks: their
// browser must say hello first.
func (c *Call) checkWhoami() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), transport.StoreTimeout)
	defer cancel()
	c.arrived = time.Now() // it is asked about as it is now
	if cookie, token := c.handler.whoami(ctx, c.w.Header(), c.r, c.request()); cookie != (chat.Cookie{}) || token != c.token {
		return chat.ErrNoSession
	}
	return nil
}

// enter returns the visitor of a request, by a tab secret.
func (c *Call) enter(tabSecret string) (*service.Visit, error) {
	// Entering may take a conversation over, whoever still waits for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), transport.StoreTimeout)
	defer cancel()
	c.TabSecret = tabSecret
	return c.visit(ctx)
}

// check returns a function that says why a visit is no longer what it was.
func check(v *service.Visit) func(context.Context) error {
	return func(ctx context.Context) error {
		if v.Check(ctx) != 0 {
			return chat.ErrNoSession
		}
		return nil
	}
}
