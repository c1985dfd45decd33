package visitor

import (
	"context"
	"encoding/json"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
)

// tag notes what the page's script says of the visitor. A token that shows who
// is signed in may come without a session, and makes one.
func tag(ctx context.Context, c *Call, r TagRequest) (frame.Ok, error) {
	if token := externalToken(r.Data); token != "" && c.socket == nil {
		return frame.NewOk(), c.acceptToken(ctx, token)
	}
	patch, err := chat.ParseProfilePatch(r.Data)
	if err != nil {
		return frame.Ok{}, err
	}
	v, err := c.visit(ctx)
	if err == nil {
		err = v.SetUnverified(ctx, patch)
	}
	return frame.NewOk(), err
}

// externalToken returns the token that a tag carries, or an empty string. It
// comes alone: what else a page says is not verified by it.
func externalToken(data []byte) string {
	var tag map[string]any
	if json.Unmarshal(data, &tag) != nil || len(tag) != 1 {
		return ""
	}
	token, _ := tag["externalToken"].(string)
	return token
}

// acceptToken takes a token for evidence of who is signed in; errAgain where
// that has changed.
func (c *Call) acceptToken(ctx context.Context, token string) error {
	cookie, err := c.handler.Service.Sessions.ObserveToken(ctx, c.request(), token)
	c.applyCookie(cookie) // also with an error: it may have to go
	if err == nil && cookie != (chat.Cookie{}) {
		err = errAgain
	}
	return err
}
