package gateway

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/caddymodule/internal/identity"
)

// order walks a server's routes as requests pass them, and finds handlers of
// ours behind more than one gateway. Placeholders hold the last answer only, so
// the others' are lost there.
type order struct {
	named   map[string]*caddyhttp.Route
	invoked []string // the named routes that are being walked
	lists   int      // of routes, so far
	behind  []*Reader
}

// Reader is a handler of ours that reads the answers of gateways, as its JSON says.
type Reader struct {
	// Site and Source are those of the handler; the latter is empty where it was
	// not written in a Caddyfile.
	Site, Source string
	Identity     *identity.Config

	raw string
}

// asked is a gateway that requests may have passed.
type asked struct {
	paths   []string // of its route, as far as they tell routes apart; else nil
	choices []choice // on the way to it
}

// choice is a route of a group, such as handle makes: a request passes one.
type choice struct {
	list  int // of routes
	group string
	route int // in the list
}

// BehindSeveral returns the handlers of ours that read the answers of gateways and
// may be behind more than one. Handlers of ours need not be provisioned.
func BehindSeveral(server *caddyhttp.Server) []*Reader {
	o := &order{named: server.NamedRoutes}
	o.routes(server.Routes, nil)
	if server.Errors != nil {
		o.routes(server.Errors.Routes, nil) // after an error nothing before it counts
	}
	return o.behind
}

// reads reports whether a handler is asked of gateways' answers.
func (r *Reader) reads() bool {
	return r.Identity != nil && r.Identity.Provision() == nil && len(r.Identity.Asked()) > 0
}

// routes walks routes that requests reach after gateways, and returns those that
// were asked when they leave them.
func (o *order) routes(routes caddyhttp.RouteList, before []asked) []asked {
	o.lists++
	list := o.lists
	all := slices.Clone(before)
	for i, route := range routes {
		mine := choice{list, route.Group, i}
		here := slices.DeleteFunc(slices.Clone(all), func(a asked) bool { return apartFrom(a, asked{choices: []choice{mine}}) })
		after := o.route(route, here)[len(here):]
		if route.Terminal {
			continue // what follows is for other requests
		}
		for _, a := range after {
			if route.Group != "" {
				a.choices = append(slices.Clip(a.choices), mine)
			}
			all = append(all, a)
		}
	}
	return all
}

// apartFrom reports whether no request passes both, since it has a choice.
func apartFrom(a, b asked) bool {
	return slices.ContainsFunc(a.choices, func(x choice) bool {
		return slices.ContainsFunc(b.choices, func(y choice) bool {
			return x.list == y.list && x.group == y.group && x.route != y.route
		})
	})
}

// route walks the handlers of one route. What it returns begins with before.
func (o *order) route(route caddyhttp.Route, before []asked) []asked {
	for _, handler := range handlers(route) {
		switch handler := handler.(type) {
		case *caddyhttp.Subroute:
			before = o.routes(handler.Routes, before)
			if handler.Errors != nil {
				o.routes(handler.Errors.Routes, nil)
			}
		case *caddyhttp.Invoke:
			before = o.invoke(handler.Name, before)
		case *reverseproxy.Handler:
			if isGateway(handler) {
				before = append(slices.Clip(before), asked{paths: plainPaths(route)})
			}
		case *Reader:
			known := slices.ContainsFunc(o.behind, func(other *Reader) bool { return other.raw == handler.raw })
			if handler.Site == "" {
				handler.Site = config.DefaultSite
			}
			if !known && onOneWay(before) && handler.reads() {
				o.behind = append(o.behind, handler)
			}
		}
	}
	return before
}

func (o *order) invoke(name string, before []asked) []asked {
	route := o.named[name]
	if route == nil || slices.Contains(o.invoked, name) {
		return before
	}
	o.invoked = append(o.invoked, name)
	defer func() { o.invoked = o.invoked[:len(o.invoked)-1] }()
	return o.route(*route, before)
}

// onOneWay reports whether one request may pass two of the gateways.
func onOneWay(all []asked) bool {
	for i, a := range all {
		for _, b := range all[:i] {
			if apartFrom(a, b) {
				continue
			}
			if a.paths == nil || b.paths == nil || overlap(a.paths, b.paths) {
				return true
			}
		}
	}
	return false
}

// plainPaths returns the path patterns of a route, in lower case, or nil where
// others than these decide, or where they are more than a path or the beginning
// of one.
func plainPaths(route caddyhttp.Route) []string {
	sets := slices.Clone(route.MatcherSets)
	for _, raw := range route.MatcherSetsRaw { // of routes that are not provisioned yet
		var patterns caddyhttp.MatchPath
		if raw["path"] == nil || json.Unmarshal(raw["path"], &patterns) != nil {
			return nil
		}
		sets = append(sets, caddyhttp.MatcherSet{&patterns})
	}
	var paths []string
	for _, set := range sets {
		at := slices.IndexFunc(set, func(m any) bool { _, ok := m.(*caddyhttp.MatchPath); return ok })
		if at < 0 {
			return nil
		}
		for _, pattern := range *set[at].(*caddyhttp.MatchPath) {
			if strings.ContainsAny(strings.TrimSuffix(pattern, "*"), `*{%?[\`) {
				return nil
			}
			paths = append(paths, strings.ToLower(pattern))
		}
	}
	return paths
}

// overlap reports whether a path may match a pattern of both.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(p string) bool {
		return slices.ContainsFunc(b, func(q string) bool {
			p, short := strings.CutSuffix(p, "*")
			q, brief := strings.CutSuffix(q, "*")
			return p == q || short && strings.HasPrefix(q, p) || brief && strings.HasPrefix(p, q)
		})
	})
}
