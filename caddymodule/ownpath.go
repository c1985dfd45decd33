package caddymodule

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/request"
)

func init() {
	caddy.RegisterModule(OwnPath(""))
}

// ownPathModule is what OwnPath is called in a configuration.
const ownPathModule = "chat_path"

// OwnPath matches requests for what a chat answers itself: those below a path
// prefix, as they arrived. The directive chat adds it to a matcher that it is
// given, which is for pages: the script and the chat's calls have a path of their
// own. chat_console gets none: a matcher of the console guards all of it.
type OwnPath string

// CaddyModule returns the module's information.
func (OwnPath) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.matchers." + ownPathModule, New: func() caddy.Module { return new(OwnPath) }}
}

// MatchWithError reports whether a request is for the path. There is no error.
func (p OwnPath) MatchWithError(r *http.Request) (bool, error) {
	return strings.HasPrefix(request.Original(r).URL.Path, string(p)+"/"), nil
}

// registerChat makes the directive chat. Beside what its matcher matches it gets
// what is for its own path.
func registerChat() {
	httpcaddyfile.RegisterDirective("chat", func(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
		if !h.Next() {
			return nil, h.ArgErr()
		}
		matcher, err := h.ExtractMatcherSet()
		if err != nil {
			return nil, err
		}
		handler, path, err := parseChat(h)
		if err != nil {
			return nil, err
		}
		values := h.NewRoute(matcher, handler)
		if matcher == nil {
			return values, nil
		}
		own, err := json.Marshal(OwnPath(path))
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			if route, ok := v.Value.(caddyhttp.Route); ok {
				route.MatcherSetsRaw = append(route.MatcherSetsRaw, caddy.ModuleMap{ownPathModule: own})
				values[i].Value = route
			}
		}
		return values, nil
	})
}

// Interface guard
var _ caddyhttp.RequestMatcherWithError = OwnPath("")
