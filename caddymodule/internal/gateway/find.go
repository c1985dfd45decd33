package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/intercept"
	maphandler "github.com/caddyserver/caddy/v2/modules/caddyhttp/map"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"

	"github.com/parley-chat/parley/caddymodule/internal/identity"
)

// surroundings are what is relevant in the routes around our handler.
type surroundings struct {
	gateways Gateways
	// others are the addresses of proxies that are no gateways and go on with an
	// answer of 2xx, or ask again.
	others []string
	// set are the request fields that the configuration sets, other than from a
	// gateway's answer.
	set []string
	// made are the placeholders that the configuration sets itself.
	made []string
	// unknown says why not all gateways are known.
	unknown error

	named   map[string]*caddyhttp.Route
	invoked map[string]bool
}

// FindGateways finds those whose answers say who is signed in, for a handler that
// is being provisioned; nil where no answer is asked for. Where it can't be told
// where evidence would come from, the error says what to write.
func FindGateways(ctx caddy.Context, id *identity.Config) (Gateways, error) {
	if !slices.ContainsFunc(id.Sources(), func(s identity.Source) bool { return s.Field != "" || s.Placeholder != "" }) {
		return nil, nil
	}
	s, err := around(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.check(id); err != nil {
		return nil, err
	}
	if len(id.Asked()) == 0 {
		return nil, nil
	}
	return s.gateways.asked(id.Asked()), nil
}

// around looks at the routes that requests of a handler may pass. It is called
// while the handler is being provisioned: of the routes that wait for that, and
// of the one in which the handler itself is, there is only the JSON.
func around(ctx caddy.Context) (*surroundings, error) {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok {
		return nil, errors.New("identity with placeholders: chat is in no server's routes")
	}
	s := &surroundings{named: server.NamedRoutes, invoked: map[string]bool{}}
	site := slices.IndexFunc(server.Routes, func(r caddyhttp.Route) bool { return len(r.HandlersRaw) > 0 })
	for i, route := range server.Routes {
		if site < 0 || i == site || !apart(server.Routes[site], route) {
			s.route(route)
		}
	}
	if server.Errors != nil {
		s.routes(server.Errors.Routes)
	}
	if site < 0 { // an error route, or a named one, which may be invoked from anywhere
		for name := range server.NamedRoutes {
			s.invoke(name)
		}
	}
	return s, nil
}

// apart reports whether two routes are for different hosts.
func apart(a, b caddyhttp.Route) bool {
	these, those := hosts(a), hosts(b)
	if these == nil || those == nil {
		return false
	}
	return !slices.ContainsFunc(these, func(host string) bool { return slices.Contains(those, host) })
}

// hosts are those that a route is for, in lower case, or nil if that can't be
// told.
func hosts(route caddyhttp.Route) []string {
	var all []string
	for _, set := range route.MatcherSets {
		at := slices.IndexFunc(set, func(m any) bool { _, ok := m.(*caddyhttp.MatchHost); return ok })
		if at < 0 {
			return nil
		}
		for _, host := range *set[at].(*caddyhttp.MatchHost) {
			if strings.ContainsAny(host, "*{") {
				return nil
			}
			all = append(all, strings.ToLower(host))
		}
	}
	return all
}

func (s *surroundings) routes(routes caddyhttp.RouteList) {
	for _, route := range routes {
		s.route(route)
	}
}

func (s *surroundings) route(route caddyhttp.Route) {
	for _, handler := range handlers(route) {
		switch handler := handler.(type) {
		case *caddyhttp.Subroute:
			s.routes(handler.Routes)
			if handler.Errors != nil {
				s.routes(handler.Errors.Routes)
			}
		case *caddyhttp.Invoke:
			s.invoke(handler.Name)
		case *reverseproxy.Handler:
			s.proxy(handler)
		case *headers.Handler:
			s.sets(handler.Request)
		case *intercept.Intercept:
			s.responses(handler.HandleResponse)
		case *maphandler.Handler:
			for _, name := range handler.Destinations {
				s.made = append(s.made, strings.Trim(name, "{}"))
			}
		case *caddyhttp.VarsMiddleware:
			for name := range *handler {
				s.made = append(s.made, name) // http.auth.user.id is set as a placeholder too
			}
		}
	}
}

func (s *surroundings) proxy(p *reverseproxy.Handler) {
	switch {
	case isGateway(p):
		if err := s.gateways.add(p); err != nil {
			s.unknown = err
		}
	case mayGoOn(p):
		for _, upstream := range p.Upstreams {
			if address, err := dialed(upstream.Dial); err == nil {
				s.others = append(s.others, address)
			}
		}
	}
	for _, h := range p.HandleResponse {
		// What only prepares a request after a gateway's answer is of the gateway.
		if !isGateway(p) || !goesOn(h.Routes) {
			s.routes(h.Routes)
		}
	}
}

// sets notes the request fields that are set.
func (s *surroundings) sets(ops *headers.HeaderOps) {
	if ops == nil {
		return
	}
	for _, fields := range []http.Header{ops.Set, ops.Add} {
		for name := range fields {
			s.set = append(s.set, http.CanonicalHeaderKey(name))
		}
	}
}

func (s *surroundings) invoke(name string) {
	if route := s.named[name]; route != nil && !s.invoked[name] {
		s.invoked[name] = true
		s.route(*route)
	}
}

func (s *surroundings) responses(all []caddyhttp.ResponseHandler) {
	for _, h := range all {
		s.routes(h.Routes)
	}
}

// check says what keeps the evidence of an identity from being the gateway's,
// or Caddy's, own.
func (s *surroundings) check(id *identity.Config) error {
	for _, source := range id.Sources() {
		name := strings.Trim(source.Placeholder, "{}")
		if name != "" && slices.Contains(s.made, name) {
			return fmt.Errorf("%s is set by vars or map here, and may hold what the client sent: "+
				"write the placeholder that its value is taken from (if that is a request header, see `trust`)", source.Placeholder)
		}
		if source.Copied && slices.Contains(s.set, source.Field) {
			return fmt.Errorf("trust forward_auth: the request's %[1]s is set by request_header here, and not by copy_headers of forward_auth: "+
				"name the gateway's own field, such as {http.reverse_proxy.header.%[1]s}, in place of {http.request.header.%[1]s}", source.Field)
		}
		for _, g := range s.gateways {
			if from, ok := g.copied[source.Field]; ok && from == "" && source.Copied {
				return fmt.Errorf("trust forward_auth: more than one field of the gateway's answer goes into the request's %[1]s: "+
					"name the gateway's own field, such as {http.reverse_proxy.header.%[1]s}, in place of {http.request.header.%[1]s}", source.Field)
			}
		}
	}
	switch {
	case len(id.Asked()) == 0:
		return nil
	case s.unknown != nil:
		return s.unknown
	case slices.ContainsFunc(s.others, func(address string) bool { return s.gateways.at(address) != nil }):
		return errors.New("trust forward_auth: a reverse_proxy has the address of the gateway and goes on with its answers, by handle_response or lb_retry_match, " +
			"so they can't be told from those to forward_auth: write the gateway's address in another way in one of them, such as localhost for 127.0.0.1")
	case slices.ContainsFunc(s.made, func(name string) bool { return strings.HasPrefix(name, "http.reverse_proxy.") }):
		return errors.New("trust forward_auth: map sets placeholders of a proxy's answer here, where the gateway's is read: " +
			"give the outputs of map names of their own")
	case len(s.gateways) == 0:
		return fmt.Errorf("trust forward_auth: there is no forward_auth on this site, whose answer could say who is signed in: "+
			"write one (or its longer form, with method GET, rewrite and a handle_response for 2xx that lets the request go on); "+
			"if a proxy in front of Caddy asks the gateway, say `trust trusted_proxies`%s", id.Advice())
	}
	return nil
}

// handlers returns a route's handlers. Of those that are not provisioned yet it
// returns only the relevant ones.
func handlers(route caddyhttp.Route) []any {
	var all []any
	for _, h := range route.Handlers {
		all = append(all, h)
	}
	for _, raw := range route.HandlersRaw {
		all = append(all, decode(raw))
	}
	return all
}

// decode returns the handler that JSON describes, not provisioned, or nil if it
// is none that matters here.
func decode(raw json.RawMessage) any {
	var module struct {
		Handler string `json:"handler"`
	}
	if json.Unmarshal(raw, &module) != nil {
		return nil // provisioning says what is wrong
	}
	var handler any
	switch module.Handler {
	case "subroute":
		handler = new(caddyhttp.Subroute)
	case "invoke":
		handler = new(caddyhttp.Invoke)
	case "reverse_proxy":
		handler = new(reverseproxy.Handler)
	case "intercept":
		handler = new(intercept.Intercept)
	case "map":
		handler = new(maphandler.Handler)
	case "vars":
		handler = new(caddyhttp.VarsMiddleware)
	case "headers":
		handler = new(headers.Handler)
	case "rewrite":
		handler = new(rewrite.Rewrite)
	case "chat":
		handler = &Reader{raw: string(raw)}
	default:
		return nil
	}
	if json.Unmarshal(raw, handler) != nil {
		return nil
	}
	return handler
}
