// Package console is what agents' consoles may ask for, and what they are told.
// The table of it is in operations.go.
package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// Call is one thing that a console asks for: over HTTP, or on its socket.
type Call struct {
	handler *Handler
	desk    *service.Desk // of the agent, where the operation needs one
	socket  *socket       // nil over HTTP

	// Over HTTP.
	w      http.ResponseWriter
	r      *http.Request
	token  string // of the agent's session; empty for none
	caller limits.Caller
}

// identify reads who the request says it is from.
func (c *Call) identify() {
	c.token = c.handler.token(c.r)
	c.caller = c.handler.Limits.Caller(c.handler.Address(c.r), c.token)
}

// post answers a request for an operation; known is false where there is none
// of this name.
func (c *Call) post(name string, op *operation.Operation[*Call], known bool) {
	p := transport.Post{Caller: c.caller, Secure: c.handler.Secure(c.r), Log: c.handler.Log, Op: name,
		Admit: func() error {
			if !known {
				return frame.ErrUnknownFrame
			}
			return c.admit(op)
		},
		Handle: func(ctx context.Context, body []byte) (any, error) {
			run, err := op.Bind(body)
			if err == nil && op.Who != operation.Anybody {
				c.desk, err = c.enter(ctx)
			}
			if err == nil {
				err = c.authorize(op.Who)
			}
			if err != nil {
				return nil, err
			}
			return run(ctx, c)
		}}
	p.Serve(c.w, c.r)
}

// admit says whether a request may go on whose body has not been read. A logout
// that ends a session is never held back.
func (c *Call) admit(op *operation.Operation[*Call]) error {
	err := c.handler.Limits.Take(op.Class, c.caller)
	if err == nil || op.Class != limits.Logout {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), transport.StoreTimeout)
	defer cancel()
	if _, signedOut := c.enter(ctx); errors.Is(signedOut, frame.ErrSignedOut) {
		return err
	}
	return nil
}

// enter returns the agent of a request; frame.ErrSignedOut for nobody.
func (c *Call) enter(ctx context.Context) (*service.Desk, error) {
	desk, err := c.handler.Service.EnterDesk(ctx, c.handler.Agents, c.token)
	if errors.Is(err, chat.ErrNoSession) {
		return nil, frame.ErrSignedOut
	}
	return desk, err
}

// authorize checks the role of the agent, who is signed in if that is needed.
func (c *Call) authorize(who operation.Who) error {
	if who != operation.Admin {
		return nil
	}
	if agent, _, ok := c.handler.Agents.Agent(c.desk.Agent.Email); !ok || agent.Role != chat.RoleAdmin {
		return chat.ErrForbidden
	}
	return nil
}
