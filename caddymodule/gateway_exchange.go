package caddymodule

import (
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/gateway"
	"github.com/parley-chat/parley/caddymodule/internal/request"
	"github.com/parley-chat/parley/chat"
)

// listen takes note of what gateways answer from now on. It is the request
// itself that gets another context, and no copy: placeholders read it.
func (x *exchange) listen() {
	h := x.handler
	if h.gateways == nil {
		return
	}
	ctx := x.request.Context()
	failed := ctx.Value(caddyhttp.ErrorCtxKey) != nil
	if x.answers = gateway.NewAnswers(ctx, h.gateways, failed); x.answers != nil {
		*x.request = *x.request.WithContext(x.answers)
	}
	// What was asked before an error is not known, so that nobody is named on the
	// error's page means nothing.
	x.public = x.public || failed
}

// evidence reads who is signed in, as the response begins.
func (x *exchange) evidence(header http.Header) chat.Profile {
	var said *gateway.Answer
	if x.answers != nil {
		if x.answers.End(); x.answers.Refused {
			return chat.Profile{}
		}
		said = x.answers.Evidence(x.handler.Identity)
		if x.answers.Late && len(x.answers.Said) == 0 {
			x.handler.lateLogged.Do(func() {
				x.handler.log.Warn("another proxy than a gateway was asked before chat, so if forward_auth was asked before that, "+
					"its answer is lost and names nobody: put chat before both", "uri", request.Original(x.request).URL.Path)
			})
		}
	}
	return x.handler.Identity.Evidence(header, x.request, said)
}
