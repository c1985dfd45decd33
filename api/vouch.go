package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/parley-chat/parley/chat"
)

// externalToken returns the token that a tag carries, or an empty string. It
// comes alone: what else a page says is not verified by it.
func externalToken(data []byte) string {
	var tag map[string]any
	if json.Unmarshal(data, &tag) != nil || len(tag) != 1 {
		return ""
	}
	raw, _ := tag["externalToken"].(string)
	return raw
}

// vouch takes a token for evidence of who is signed in. The answer is again
// where that has changed.
func (wd *Widget) vouch(ctx context.Context, w http.ResponseWriter, asked chat.Request, secure bool, raw string) (any, error) {
	cookie, err := wd.Service.Sessions.ObserveToken(ctx, asked, raw)
	wd.Cookies.Apply(w.Header(), cookie, secure) // also with an error: it may have to go
	if err != nil {
		return nil, err
	}
	if cookie == (chat.Cookie{}) {
		return bareFrame{"ok"}, nil
	}
	return bareFrame{"again"}, nil
}
