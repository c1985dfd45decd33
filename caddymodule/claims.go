package caddymodule

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/intercept"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/caddymodule/internal/identity"
)

// jsonHandler is what matters here of a handler, as the JSON of a configuration
// has it before it is provisioned: one of ours, or one that has routes of its own.
type jsonHandler struct {
	Handler string `json:"handler"`
	Path    string `json:"path"`
	Site    string `json:"site"`
	Source  string `json:"source"`

	Routes []jsonRoute `json:"routes"`
	Errors struct {
		Routes []jsonRoute `json:"routes"`
	} `json:"errors"`
	HandleResponse []jsonResponse `json:"handle_response"`

	// Name is the route that invoke takes.
	Name string `json:"name"`
	// Headers are those that a static response has.
	Headers map[string]json.RawMessage `json:"headers"`

	Identity    *identity.Config  `json:"identity"`
	LogoutPaths []string          `json:"logout_paths"`
	Logout      []json.RawMessage `json:"logout"`
	VisitorID   *VisitorID        `json:"visitor_id"`
}

// jsonResponse has the routes that reverse_proxy and intercept take for some
// answers.
type jsonResponse struct {
	Routes []jsonRoute `json:"routes"`
}

// jsonRoute is a route with such handlers.
type jsonRoute struct {
	// Group names routes of which only one is taken for a request.
	Group  string         `json:"group"`
	Match  []jsonMatchers `json:"match"`
	Handle []jsonHandler  `json:"handle"`
	// Terminal: no further route is taken after this one.
	Terminal bool `json:"terminal"`
}

// jsonMatchers is one set of a route's matchers, of which only those for paths
// and hosts matter here.
type jsonMatchers struct {
	Host    caddyhttp.MatchHost
	Path    caddyhttp.MatchPath
	OwnPath OwnPath
	// all is how many matchers the set has, with those that don't matter here.
	all int
}

// UnmarshalJSON reads a set. What is no set of matchers is taken for an empty one:
// it belongs to a handler that is none of ours and has other things by that name.
func (m *jsonMatchers) UnmarshalJSON(raw []byte) error {
	var set caddy.ModuleMap
	_ = json.Unmarshal(raw, &set)
	*m = unprovisionedMatchers(set)
	return nil
}

func unprovisionedMatchers(set caddy.ModuleMap) (m jsonMatchers) {
	m.all = len(set)
	_ = json.Unmarshal(set["host"], &m.Host)
	_ = json.Unmarshal(set["path"], &m.Path)
	_ = json.Unmarshal(set[ownPathModule], &m.OwnPath)
	return m
}

// everywhere reports whether every request below a path takes the route, as far
// as the route's own matchers go.
func (r jsonRoute) everywhere(path string) bool {
	return len(r.Match) == 0 || slices.ContainsFunc(r.Match, func(m jsonMatchers) bool {
		return m.all == 1 && m.OwnPath != "" && string(m.OwnPath) == path
	})
}

// claim is the path that a chat or chat_console without a matcher answers below.
// An empty one is the whole path space. A console has no site.
type claim struct{ directive, path, site, source string }

// check looks at the whole configuration, once, while the first of our handlers is
// being provisioned: until then all of them are there as JSON. It refuses chat and
// chat_console where one would take the other's paths or where their own requests
// never come to them, and warns of what is likely not meant.
func (a *App) check(ctx caddy.Context) error {
	at := slices.IndexFunc(ctx.Modules(), func(m caddy.Module) bool { _, ok := m.(*caddyhttp.App); return ok })
	if at < 0 || a.survey != nil {
		return nil
	}
	a.survey = &survey{}
	for _, server := range ctx.Modules()[at].(*caddyhttp.App).Servers {
		found := surveyOf(server)
		if err := checkPaths(server, found); err != nil {
			return err
		}
		a.survey.add(found)
	}
	a.warn()
	return nil
}

func checkPaths(server *caddyhttp.Server, found survey) error {
	if err := clash(unprovisioned(server.Routes), nil); err != nil {
		return err
	}
	if err := found.unreachable(); err != nil {
		return err
	}
	if err := found.unguarded(); err != nil {
		return err
	}
	if server.Errors != nil {
		if err := clash(unprovisioned(server.Errors.Routes), nil); err != nil {
			return err
		}
	}
	for _, route := range server.NamedRoutes {
		if err := clash(unprovisioned(caddyhttp.RouteList{*route}), nil); err != nil {
			return err
		}
	}
	return nil
}

// unprovisioned reads the JSON of routes.
func unprovisioned(routes caddyhttp.RouteList) []jsonRoute {
	all := make([]jsonRoute, len(routes))
	for i, route := range routes {
		all[i].Group, all[i].Terminal = route.Group, route.Terminal
		for _, raw := range route.MatcherSetsRaw {
			all[i].Match = append(all[i].Match, unprovisionedMatchers(raw))
		}
		for _, set := range route.MatcherSets { // those of the server's own routes are provisioned before
			all[i].Match = append(all[i].Match, provisionedMatchers(set))
		}
		for _, raw := range route.HandlersRaw {
			var w jsonHandler
			// What another handler has under one of these names in another form is
			// left out. Syntax was checked before.
			_ = json.Unmarshal(raw, &w)
			all[i].Handle = append(all[i].Handle, w)
		}
		for _, handler := range route.Handlers {
			all[i].Handle = append(all[i].Handle, provisionedHandler(handler))
		}
	}
	return all
}

// provisionedHandler tells the same of a handler that Caddy has already provisioned,
// which is none of ours.
func provisionedHandler(handler caddyhttp.MiddlewareHandler) (w jsonHandler) {
	w.Handler = caddy.GetModuleName(handler)
	switch handler := handler.(type) {
	case *caddyhttp.Subroute:
		w.Routes = unprovisioned(handler.Routes)
		if handler.Errors != nil {
			w.Errors.Routes = unprovisioned(handler.Errors.Routes)
		}
	case *reverseproxy.Handler:
		for _, response := range handler.HandleResponse {
			w.HandleResponse = append(w.HandleResponse, jsonResponse{unprovisioned(response.Routes)})
		}
	case *intercept.Intercept:
		for _, response := range handler.HandleResponse {
			w.HandleResponse = append(w.HandleResponse, jsonResponse{unprovisioned(response.Routes)})
		}
	case *caddyhttp.Invoke:
		w.Name = handler.Name
	case *caddyhttp.StaticResponse:
		w.Headers = map[string]json.RawMessage{}
		for name, values := range handler.Headers {
			w.Headers[name], _ = json.Marshal(values)
		}
	}
	return w
}

// provisionedMatchers tells the same of a set that Caddy has already provisioned.
func provisionedMatchers(set caddyhttp.MatcherSet) (m jsonMatchers) {
	m.all = len(set)
	for _, matcher := range set {
		switch matcher := matcher.(type) {
		case *caddyhttp.MatchHost:
			m.Host = *matcher
		case *caddyhttp.MatchPath:
			m.Path = *matcher
		case *OwnPath:
			m.OwnPath = *matcher
		}
	}
	return m
}

// clash finds two that claim the same paths. A list of routes is what a block of
// a Caddyfile becomes. In one list each path is claimed once; a chat may be
// around another chat, but not around a console, nor a console around a chat. One
// around another with the same path answers for it, so that both must be of one
// site.
func clash(routes []jsonRoute, around []claim) error {
	claims := slices.Clone(around)
	for _, route := range routes {
		for _, w := range route.Handle {
			if c, ok := w.claim(); ok && route.everywhere(c.path) {
				for i, other := range claims {
					here := i >= len(around)
					switch {
					case !c.overlaps(other):
					case here || c.directive != other.directive:
						return c.clashesWith(other)
					case c.path == other.path && c.site != other.site:
						return c.neverAnswers(other)
					}
				}
				claims = append(claims, c)
			}
			if err := w.clash(claims); err != nil {
				return err
			}
		}
	}
	return nil
}

// clash looks in the routes that are within a handler.
func (w jsonHandler) clash(around []claim) error {
	if err := clash(w.Routes, around); err != nil {
		return err
	}
	for _, response := range w.HandleResponse {
		if err := clash(response.Routes, around); err != nil {
			return err
		}
	}
	return clash(w.Errors.Routes, nil) // what failed is past those around
}

// claim returns what a handler claims, if it is one of ours.
func (w jsonHandler) claim() (c claim, ok bool) {
	switch w.Handler {
	case "chat":
		if w.Path == "" {
			w.Path = defaultPath
		}
		if w.Site == "" {
			w.Site = config.DefaultSite
		}
	case "chat_console":
	default:
		return claim{}, false
	}
	return claim{w.Handler, w.Path, w.Site, w.Source}, true
}

func (c claim) overlaps(other claim) bool {
	return c.path == "" || other.path == "" || config.Nested(c.path, other.path)
}

// clashesWith says what is wrong, and where.
func (c claim) clashesWith(other claim) error {
	if c.directive == other.directive {
		return fmt.Errorf("duplicate %s for the same paths, %s and %s: once is enough, or give each a path of its own",
			c.directive, other, c)
	}
	return fmt.Errorf("the paths of chat and chat_console must not lie within each other, as of %s and %s: "+
		"give the console a path of its own (chat_console { path /desk }) or, better, a host of its own", other, c)
}

// neverAnswers says what is wrong with a chat within that of another site.
func (c claim) neverAnswers(outer claim) error {
	return fmt.Errorf("%s stands within %s, and so %s always answers for the site %s and never for %s: give each a path of its own, or both the same site",
		c, outer, c.path, outer.site, c.site)
}

// String names the directive and where it is written.
func (c claim) String() string {
	if c.source == "" {
		return c.directive
	}
	return fmt.Sprintf("%s (%s)", c.directive, c.source)
}
