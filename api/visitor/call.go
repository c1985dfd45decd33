// Package visitor is what visitors' browsers may ask for, and what they are told.
// The table of it is in operations.go.
package visitor

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// Call is one thing that a visitor's browser asks for: over HTTP, or on a
// socket.
type Call struct {
	handler *Handler
	socket  *socket // nil over HTTP

	// Over HTTP.
	w       http.ResponseWriter
	r       *http.Request
	arrived time.Time // before the body was read, which may take long
	secure  bool
	token   string // of the session that the call is made for; empty for none
	caller  limits.Caller
	credentials

	visited *service.Visit // what visit has returned
}

// errAgain means that the visitor is somebody else now than who has asked.
var errAgain = errors.New("the visitor is somebody else now")

// post answers a request for an operation; known is false where there is none
// of this name.
func (c *Call) post(name string, op *operation.Operation[*Call], known bool) {
	p := transport.Post{Caller: c.caller, Secure: c.secure, Log: c.handler.Log, Op: name,
		Admit: func() error {
			if !known {
				return frame.ErrUnknownFrame
			}
			return c.admit(op)
		},
		Handle: func(ctx context.Context, body []byte) (any, error) {
			answer, err := c.handle(ctx, op, body)
			if errors.Is(err, errAgain) {
				return Again{"again"}, nil
			}
			return answer, err
		}}
	p.Serve(c.w, c.r)
}

// admit says whether a request may go on whose body has not been read. A logout
// may always that ends a session, whatever strangers behind the same address do.
// One that ends nothing may wait.
func (c *Call) admit(op *operation.Operation[*Call]) error {
	h := c.handler
	err := h.Limits.Take(op.Class, c.caller)
	if err == nil || op.Class != limits.Logout {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), transport.StoreTimeout)
	defer cancel()
	if h.Service.Sessions.CanLogOut(ctx, h.Site, c.token) {
		return nil
	}
	h.Cookies.Apply(c.w.Header(), chat.Cookie{Clear: true}, c.secure)
	return err
}

// handle does what a request asks for.
func (c *Call) handle(ctx context.Context, op *operation.Operation[*Call], body []byte) (any, error) {
	run, err := op.Bind(body)
	if err != nil {
		return nil, err
	}
	if err := frame.Decode(body, &c.credentials); err != nil {
		return nil, err
	}
	if op.Class != limits.Logout {
		cookie, token := c.handler.whoami(ctx, c.w.Header(), c.r, c.request())
		c.token = token
		if op.Who == operation.Visitor && cookie != (chat.Cookie{}) {
			return nil, errAgain // it was meant by who was there before
		}
	}
	if op.Who == operation.Visitor {
		if _, err := c.visit(ctx); err != nil {
			return nil, err
		}
	}
	return run(ctx, c)
}

// request is what the HTTP request tells about the browser that sent it.
func (c *Call) request() chat.Request {
	h := c.handler
	return chat.Request{Site: h.Site, Token: c.token, Anonymous: h.Cookies.Anonymous(c.r), Client: h.Client(c.r), Arrived: c.arrived}
}

// visit returns the visit that the call is part of; ErrNoSession for nobody.
func (c *Call) visit(ctx context.Context) (v *service.Visit, err error) {
	switch h := c.handler; {
	case c.visited != nil:
		return c.visited, nil
	case c.socket != nil:
		v, err = c.socket.visiting(ctx)
	default:
		v, err = h.Service.Enter(ctx, h.Site, c.token, c.TabSecret)
	}
	if err != nil {
		return nil, err
	}
	if v.Who == chat.WhoNone {
		return nil, chat.ErrNoSession
	}
	c.visited = v
	return v, nil
}

// applyCookie writes what is to become of the cookies into the response.
func (c *Call) applyCookie(cookie chat.Cookie) {
	c.handler.Cookies.Apply(c.w.Header(), cookie, c.secure)
}
