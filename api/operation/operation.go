// Package operation is how the things are declared that somebody may do: each
// once, with its name, request and response types, who may, what it counts as,
// and the function that does it. The declarations drive the dispatch of frames
// and routes, the test of permissions, the TypeScript types of widget and
// console, and docs/protocol.md.
//
// The shape is that of huma (github.com/danielgtaylor/huma/v2), so that a REST
// API with OpenAPI can be made of the same declarations: a handler is
//
//	func(ctx context.Context, caller C, request Req) (Resp, error)
//
// whose Go types say what goes over the wire: a field is optional where it is
// marked omitempty, and the tag enum lists the values that it may have.
package operation

import (
	"context"
	"errors"
	"reflect"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
)

// Who may use an operation.
type Who uint8

const (
	// Anybody, with a session or without.
	Anybody Who = iota
	// Visitor: a visitor with a session. Others get no_session.
	Visitor
	// VisitorOrToken: a visitor with a session, or whoever brings a token that
	// shows who is signed in. Others get no_session.
	VisitorOrToken
	// Agent: an agent who is signed in. Others get signed_out.
	Agent
	// Admin: an agent of role admin. Other agents get forbidden.
	Admin
)

// String describes who it is in documentation.
func (w Who) String() string {
	return [...]string{"anybody", "a visitor", "a visitor, or by a token", "an agent", "an admin"}[w]
}

// Over is a set of the ways by which an operation can be asked for.
type Over uint8

const (
	// HTTP is a POST of its own.
	HTTP Over = 1 << iota
	// Socket is a frame on a WebSocket.
	Socket
)

// Answer says what is answered on a socket. Over HTTP everything is.
type Answer uint8

const (
	// Always: the response, or an error.
	Always Answer = iota
	// OnError: an error only, and none where the limits hold it back.
	OnError
	// Never: nothing at all.
	Never
)

// Info is what is declared of an operation besides its types and its function.
type Info struct {
	// Name is the t of the frame, and the last part of the path over HTTP.
	Name string
	Who  Who
	// Class is what it counts as for the limits.
	Class  limits.Class
	Over   Over
	Answer Answer
	// First means that on a socket it comes first, once, and before all others.
	First bool
	// Doc says in Markdown what it does.
	Doc string
}

// Operation is one thing that callers of type C may do.
type Operation[C any] struct {
	Info
	// Request and Response are types of structs. The Response is nil where
	// there is none, or where it is not JSON.
	Request, Response reflect.Type

	bind   func(body []byte) (Call[C], error)
	stream func(C)
}

// Call does what one request asks for.
type Call[C any] func(ctx context.Context, caller C) (any, error)

// Nothing is a request without any fields, whose body may be empty.
type Nothing struct{}

// None is the response of an operation that has none.
type None struct{}

// ErrAnswered is returned by a handler that has answered itself.
var ErrAnswered = errors.New("answered already")

// New declares an operation whose request is JSON, and so is its response.
func New[C, Req, Resp any](info Info, handle func(ctx context.Context, caller C, request Req) (Resp, error)) Operation[C] {
	o := Operation[C]{Info: info, Request: reflect.TypeFor[Req](), Response: reflect.TypeFor[Resp]()}
	if o.Response == reflect.TypeFor[None]() {
		o.Response = nil
	}
	o.bind = func(body []byte) (Call[C], error) {
		var request Req
		if _, none := any(request).(Nothing); !none || len(body) > 0 {
			if err := frame.Decode(body, &request); err != nil {
				return nil, err
			}
		}
		return func(ctx context.Context, caller C) (any, error) { return handle(ctx, caller, request) }, nil
	}
	return o
}

// NewStream declares an operation over HTTP in which a file goes up or down. Its
// function does it all: it checks who may, and counts. Req is what the request
// says of the file; Resp may be None for the file itself.
func NewStream[Req, Resp, C any](info Info, serve func(caller C)) Operation[C] {
	o := Operation[C]{Info: info, Request: reflect.TypeFor[Req](), Response: reflect.TypeFor[Resp](), stream: serve}
	if o.Response == reflect.TypeFor[None]() {
		o.Response = nil
	}
	return o
}

// Bind reads a request. The error is chat.ErrBadFrame.
func (o *Operation[C]) Bind(body []byte) (Call[C], error) { return o.bind(body) }

// Stream returns the function of NewStream; nil for operations of New.
func (o *Operation[C]) Stream() func(C) { return o.stream }
