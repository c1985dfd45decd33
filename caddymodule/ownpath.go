package caddymodule

import (
	"encoding/json"
	"maps"
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
// prefix, as they arrived. Where the directive chat is given a matcher that says
// for which pages it is, the script and the chat's calls have a path of their own,
// and this one lets them in. chat_console has no need of it: a matcher of the
// console guards all of it.
type OwnPath string

// CaddyModule returns the module's information.
func (OwnPath) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.matchers." + ownPathModule, New: func() caddy.Module { return new(OwnPath) }}
}

// MatchWithError reports whether a request is for the path. There is no error.
func (p OwnPath) MatchWithError(r *http.Request) (bool, error) {
	return strings.HasPrefix(request.Original(r).URL.Path, string(p)+"/"), nil
}

// registerChat makes the directive chat. What its matcher says of pages is not
// asked of the requests for its own path.
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
		calls, err := forCalls(matcher, path)
		if calls == nil || err != nil {
			return values, err
		}
		for i, v := range values {
			if route, ok := v.Value.(caddyhttp.Route); ok {
				route.MatcherSetsRaw = append(route.MatcherSetsRaw, calls)
				values[i].Value = route
			}
		}
		return values, nil
	})
}

// forCalls returns the matchers for a chat's own requests: those given, with its
// path in place of what says for which pages it is. Everything else, such as a
// host or an address, goes for pages and calls alike. There is nothing to return
// where nothing is about pages: then the matchers given are enough.
func forCalls(given caddy.ModuleMap, path string) (caddy.ModuleMap, error) {
	calls := maps.Clone(given)
	for _, name := range []string{"path", "path_regexp", "method"} {
		delete(calls, name)
	}
	if len(calls) == len(given) {
		return nil, nil
	}
	own, err := json.Marshal(OwnPath(path))
	calls[ownPathModule] = own
	return calls, err
}

// Interface guard
var _ caddyhttp.RequestMatcherWithError = OwnPath("")
