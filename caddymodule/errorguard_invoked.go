package caddymodule

import (
	"fmt"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/intercept"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// guardInvoking guards the error routes of the subroutes that invoke a chat in a
// named route. They are provisioned before it, and are not around it.
func (a *App) guardInvoking(ctx caddy.Context, server *caddyhttp.Server, h *Handler) error {
	lists := []caddyhttp.RouteList{server.Routes}
	if server.Errors != nil {
		lists = append(lists, server.Errors.Routes)
	}
	for _, routes := range lists {
		err := eachSubroute(routes, func(sub *caddyhttp.Subroute) error {
			if sub.Errors == nil || len(sub.Errors.Routes) == 0 || !invokesChat(server, sub.Routes) {
				return nil
			}
			g := a.guards[sub.Errors]
			if g == nil {
				g = a.newGuard(server, sub.Errors)
				if err := g.before(ctx, &sub.Errors.Routes); err != nil {
					return err
				}
			}
			if !slices.Contains(g.chats, h) {
				g.chats = append(g.chats, h)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachSubroute visits the subroutes in routes that are provisioned.
func eachSubroute(routes caddyhttp.RouteList, visit func(*caddyhttp.Subroute) error) error {
	for _, route := range routes {
		for _, handler := range route.Handlers {
			var within []caddyhttp.RouteList
			switch handler := handler.(type) {
			case *caddyhttp.Subroute:
				if err := visit(handler); err != nil {
					return err
				}
				within = append(within, handler.Routes)
				if handler.Errors != nil {
					within = append(within, handler.Errors.Routes)
				}
			case *reverseproxy.Handler:
				for _, response := range handler.HandleResponse {
					within = append(within, response.Routes)
				}
			case *intercept.Intercept:
				for _, response := range handler.HandleResponse {
					within = append(within, response.Routes)
				}
			}
			for _, list := range within {
				if err := eachSubroute(list, visit); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// invokesChat reports whether requests come from routes to a chat in a named route.
func invokesChat(server *caddyhttp.Server, routes caddyhttp.RouteList) (found bool) {
	w := newWalker(server)
	w.visit = func(h jsonHandler, _ position) {
		found = found || h.Handler == "chat" && len(w.invoked) > 0
	}
	w.routes(unprovisioned(routes), position{})
	return found
}

// unguarded refuses a chat in a named route that another one invokes within a
// subroute with error routes of its own: named routes are provisioned in no certain
// order, so these may come too late to be guarded.
func (s survey) unguarded() error {
	for _, f := range s.found {
		if f.directive == "chat" && f.caughtAndInvoked {
			return fmt.Errorf("%s is in a named route that another named route invokes in a subroute with error routes, which may let out who is signed in: "+
				"put the subroute into the server's routes, or chat into the subroute itself", f.claim)
		}
	}
	return nil
}
