package caddymodule

import (
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/intercept"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// hostMatchers say which hosts the routes around a handler are for: of each route
// one of its sets has to match. None means any host.
type hostMatchers []caddyhttp.MatcherSets

// match reports whether a request is for such a host. A matcher that fails counts
// as one that matches.
func (all hostMatchers) match(r *http.Request) bool {
	return !slices.ContainsFunc(all, func(sets caddyhttp.MatcherSets) bool {
		match, err := sets.AnyMatchWithError(r)
		return !match && err == nil
	})
}

// ways are how requests come to a handler: more than one where it is in a named
// route.
type ways []hostMatchers

// match reports whether a request is for a host of one of them. A handler that
// nothing was seen to lead to counts as one for any host.
func (all ways) match(r *http.Request) bool {
	return len(all) == 0 || slices.ContainsFunc(all, func(w hostMatchers) bool { return w.match(r) })
}

// findHosts finds the chats of a server that has been provisioned.
func findHosts(server *caddyhttp.Server, into map[*Handler]ways) {
	f := hostFinder{named: server.NamedRoutes, invoked: map[string]bool{}, into: into}
	f.routes(server.Routes, nil)
	if server.Errors != nil {
		f.routes(server.Errors.Routes, nil)
	}
}

type hostFinder struct {
	named   map[string]*caddyhttp.Route
	invoked map[string]bool // within each other
	into    map[*Handler]ways
}

func (f *hostFinder) routes(routes caddyhttp.RouteList, around hostMatchers) {
	for _, route := range routes {
		here := around
		if sets := hostsOf(route); sets != nil {
			here = append(slices.Clip(around), sets)
		}
		for _, handler := range route.Handlers {
			f.handler(handler, here)
		}
	}
}

func (f *hostFinder) handler(handler caddyhttp.MiddlewareHandler, here hostMatchers) {
	switch handler := handler.(type) {
	case *Handler:
		f.into[handler] = append(f.into[handler], here)
	case *caddyhttp.Subroute:
		f.routes(handler.Routes, here)
		if handler.Errors != nil {
			f.routes(handler.Errors.Routes, here)
		}
	case *caddyhttp.Invoke:
		if route := f.named[handler.Name]; route != nil && !f.invoked[handler.Name] {
			f.invoked[handler.Name] = true
			f.routes(caddyhttp.RouteList{*route}, here)
			f.invoked[handler.Name] = false
		}
	case *reverseproxy.Handler:
		for _, response := range handler.HandleResponse {
			f.routes(response.Routes, here)
		}
	case *intercept.Intercept:
		for _, response := range handler.HandleResponse {
			f.routes(response.Routes, here)
		}
	}
}

// hostsOf are the matchers of a route with nothing left but those for hosts; nil
// where it may be for any.
func hostsOf(route caddyhttp.Route) (sets caddyhttp.MatcherSets) {
	for _, set := range route.MatcherSets {
		hosts := slices.DeleteFunc(slices.Clone(set), func(m any) bool { _, ok := m.(*caddyhttp.MatchHost); return !ok })
		if len(hosts) == 0 {
			return nil
		}
		sets = append(sets, hosts)
	}
	return sets
}
