package caddymodule

import (
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/api/visitor"
)

// errorGuard stands before all that handles errors, as handle_errors does, of which
// chat is no part: it takes the evidence out of responses and the session's token
// out of requests. The chats are those that may have been asked before.
type errorGuard struct {
	server *caddyhttp.Server
	chats  []*Handler

	once  sync.Once
	hosts map[*Handler]ways
}

// ServeHTTP hides what is not for the site, and passes all on.
func (g *errorGuard) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	chats := g.chatsOf(r)
	if len(chats) == 0 {
		return next.ServeHTTP(w, r)
	}
	strip := func(header http.Header) {
		for _, h := range chats {
			h.strip(header)
		}
	}
	// Trailers may name who is signed in as well, also where the site breaks off.
	defer strip(w.Header())
	hideToken(r)
	err := next.ServeHTTP(&stripper{&caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, strip, false}, r)
	if err != nil {
		restoreToken(r) // further error routes may have a chat
	}
	return err
}

// hiddenVar is the variable of a request that has what hideToken took out of it.
const hiddenVar = "chat.hidden_token"

// hidden are lines of a Cookie header.
type hidden []string

// String says nothing: placeholders can read variables.
func (hidden) String() string { return "" }

// hideToken takes the session's token out of a request, for all but a chat.
func hideToken(r *http.Request) {
	var cookies visitor.Cookies // of whichever site
	if cookies.Present(r.Header) {
		caddyhttp.SetVar(r.Context(), hiddenVar, hidden(cookies.Sessions(r.Header)))
		cookies.Strip(r.Header)
	}
}

// restoreToken puts back what hideToken took out.
func restoreToken(r *http.Request) {
	if lines, _ := caddyhttp.GetVar(r.Context(), hiddenVar).(hidden); lines != nil {
		caddyhttp.SetVar(r.Context(), hiddenVar, nil)
		r.Header["Cookie"] = slices.Concat(r.Header["Cookie"], lines)
	}
}

// chatsOf returns the chats of the host that a request is for. Which of them were
// asked before there was an error does not matter: none may have been.
func (g *errorGuard) chatsOf(r *http.Request) (chats []*Handler) {
	g.once.Do(func() {
		g.hosts = map[*Handler]ways{}
		findHosts(g.server, g.hosts)
	})
	for _, h := range g.chats {
		if g.hosts[h].match(r) {
			chats = append(chats, h)
		}
	}
	return chats
}

// guardErrors has the errors of routes around a chat that is being provisioned
// handled behind a guard: those of the server, and of subroutes.
func (a *App) guardErrors(ctx caddy.Context, h *Handler) error {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok {
		return nil
	}
	for _, module := range ctx.Modules() {
		if sub, ok := module.(*caddyhttp.Subroute); ok && waiting(sub.Routes) {
			a.guard(server, sub.Errors, h)
		}
	}
	if !waiting(server.Routes) && (server.Errors == nil || !waiting(server.Errors.Routes)) {
		if err := a.guardInvoking(ctx, server, h); err != nil {
			return err
		}
	}
	switch {
	case server.Errors == nil:
	case waiting(server.Routes), a.guards[server.Errors] != nil:
		a.guard(server, server.Errors, h)
	case !waiting(server.Errors.Routes): // else the chat is in one of these itself
		return a.guardLate(ctx, server, h)
	}
	return nil
}

// guard puts a guard before error routes that are not provisioned yet, once.
func (a *App) guard(server *caddyhttp.Server, errors *caddyhttp.HTTPErrorConfig, h *Handler) {
	if errors == nil || len(errors.Routes) == 0 {
		return
	}
	g := a.guards[errors]
	if g == nil {
		g = a.newGuard(server, errors)
		errors.Routes = slices.Insert(slices.Clone(errors.Routes), 0, caddyhttp.Route{Handlers: []caddyhttp.MiddlewareHandler{g}})
	}
	g.chats = append(g.chats, h)
}

func (a *App) newGuard(server *caddyhttp.Server, errors *caddyhttp.HTTPErrorConfig) *errorGuard {
	g := &errorGuard{server: server}
	if a.guards == nil {
		a.guards = map[*caddyhttp.HTTPErrorConfig]*errorGuard{}
	}
	a.guards[errors] = g
	return g
}

// guardLate guards for a chat in a named route, which is provisioned after the
// server's error routes: their list is complete, but not those of the subroutes in
// it, as a Caddyfile has them.
func (a *App) guardLate(ctx caddy.Context, server *caddyhttp.Server, h *Handler) error {
	g := a.newGuard(server, server.Errors)
	g.chats = append(g.chats, h)
	for _, route := range server.Errors.Routes {
		for _, handler := range route.Handlers {
			sub, ok := handler.(*caddyhttp.Subroute)
			switch {
			case ok:
				if err := g.before(ctx, &sub.Routes); err != nil {
					return err
				}
				if sub.Errors != nil {
					if err := g.before(ctx, &sub.Errors.Routes); err != nil {
						return err
					}
				}
			case !answersOfItsOwn[caddy.GetModuleID(handler)]:
				return fmt.Errorf("it is in a named route, and %s in the server's error routes may let out who is signed in: "+
					"put the error routes into a subroute, as a Caddyfile does, or chat into the server's routes", caddy.GetModuleID(handler))
			}
		}
	}
	return nil
}

// before puts the guard before routes that are provisioned already, and that are
// compiled for each request.
func (g *errorGuard) before(ctx caddy.Context, routes *caddyhttp.RouteList) error {
	first := caddyhttp.Route{Handlers: []caddyhttp.MiddlewareHandler{g}}
	if err := first.Provision(ctx, nil); err != nil {
		return err
	}
	*routes = slices.Insert(slices.Clone(*routes), 0, first)
	return nil
}

// answersOfItsOwn are the handlers that pass on no answer of an application, and ask
// none: what they send is what the configuration says. They need no guard.
var answersOfItsOwn = map[string]bool{
	"http.handlers.chat":            true,
	"http.handlers.encode":          true,
	"http.handlers.error":           true,
	"http.handlers.file_server":     true,
	"http.handlers.headers":         true,
	"http.handlers.rewrite":         true,
	"http.handlers.static_response": true,
	"http.handlers.templates":       true,
	"http.handlers.vars":            true,
}

// waiting reports whether some of the routes are not provisioned yet, or right now.
func waiting(routes caddyhttp.RouteList) bool {
	return slices.ContainsFunc(routes, func(r caddyhttp.Route) bool { return len(r.HandlersRaw) > 0 })
}

// Interface guard
var _ caddyhttp.MiddlewareHandler = (*errorGuard)(nil)
