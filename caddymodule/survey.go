package caddymodule

import (
	"encoding/json"
	"net"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/gateway"
)

// survey is what there is of chats and consoles before they are provisioned.
type survey struct {
	found []found
	// unused are those in named routes that nothing invokes: no request comes there.
	unused []found
	// behind are the chats that read the answers of gateways behind more than one.
	behind []*gateway.Reader
}

// found is a chat or console, and where it stands.
type found struct {
	claim
	position
	config jsonHandler
	at     place
	server *caddyhttp.Server
	// answered: something before the routes that handle errors answers the chat's own
	// requests.
	answered bool
	// authenticated: a directive such as basic_auth stands on the same server, for
	// the same hosts.
	authenticated bool
}

func (s *survey) add(other survey) {
	s.found = append(s.found, other.found...)
	s.unused = append(s.unused, other.unused...)
	s.behind = append(s.behind, other.behind...)
}

// of returns those of a directive.
func (s *survey) of(directive string) (all []found) {
	for _, f := range s.found {
		if f.directive == directive {
			all = append(all, f)
		}
	}
	return all
}

// surveyOf looks at the routes of a server. A route with a name is seen wherever it
// is invoked.
func surveyOf(server *caddyhttp.Server) survey {
	root := rootOf(server)
	s := survey{behind: gateway.BehindSeveral(server)}
	var authentications, answers []position
	w := newWalker(server)
	w.visit = func(h jsonHandler, here position) {
		if h.Handler == "authentication" {
			authentications = append(authentications, here)
		}
		if h.answers() && !here.failed && !here.conditional {
			answers = append(answers, here)
		}
		if c, ok := h.claim(); ok {
			at := root
			if here.names != nil {
				at.hosts = here.names
			}
			s.found = append(s.found, found{claim: c, position: here, config: h, at: at, server: server})
		}
	}
	w.routes(unprovisioned(server.Routes), position{})
	if server.Errors != nil {
		w.routes(unprovisioned(server.Errors.Routes), position{failed: true})
	}
	surveyed := len(s.found)
	for name, routes := range w.named {
		if !w.used[name] {
			w.routes(routes, position{})
		}
	}
	s.found, s.unused = s.found[:surveyed:surveyed], s.found[surveyed:]
	for i, f := range s.found {
		s.found[i].authenticated = slices.ContainsFunc(authentications, f.sharesHost)
		s.found[i].answered = slices.ContainsFunc(answers, func(p position) bool {
			return f.sharesHost(p) && found{claim: f.claim, position: p}.barrier() == nil
		})
	}
	return s
}

// walker walks routes as requests pass them.
type walker struct {
	named   map[string][]jsonRoute
	invoked []string // within each other
	used    map[string]bool
	visit   func(jsonHandler, position)
}

// newWalker knows the named routes of a server.
func newWalker(server *caddyhttp.Server) *walker {
	w := &walker{named: map[string][]jsonRoute{}, used: map[string]bool{}}
	for name, route := range server.NamedRoutes {
		w.named[name] = unprovisioned(caddyhttp.RouteList{*route})
	}
	return w
}

func (w *walker) routes(routes []jsonRoute, around position) {
	redirected := around.redirected
	for i, route := range routes {
		here := around
		here.redirected = redirected
		here.rewritten = around.rewritten || slices.ContainsFunc(routes[:i], func(before jsonRoute) bool {
			return before.rewritesFor(route)
		})
		patterns := route.patterns()
		if patterns != nil && !here.rewritten {
			here.paths = append(slices.Clip(here.paths), patterns)
		}
		here.conditional = here.conditional || route.conditional()
		if hosts := route.hosts(); hosts != nil {
			here.hosts = hosts
		}
		if names := route.names(); names != nil {
			here.names = names
		}
		for _, h := range route.Handle {
			w.visit(h, here)
			w.within(h, here)
			here.rewritten = here.rewritten || h.rewrites()
			if target, ok := h.redirects(); ok {
				redirected = slices.Clip(redirected)
				for _, pattern := range patterns {
					redirected = append(redirected, redirect{pattern, target})
				}
			}
		}
	}
}

func (w *walker) within(h jsonHandler, here position) {
	failed := here
	failed.failed = true
	here.caught = here.caught || len(w.invoked) > 0 && slices.ContainsFunc(h.Errors.Routes, jsonRoute.mayTell)
	w.routes(h.Routes, here)
	for _, response := range h.HandleResponse {
		w.routes(response.Routes, here)
	}
	w.routes(h.Errors.Routes, failed)
	if h.Handler == "invoke" && !slices.Contains(w.invoked, h.Name) {
		w.used[h.Name] = true
		here.caughtAndInvoked = here.caught
		w.invoked = append(w.invoked, h.Name)
		w.routes(w.named[h.Name], here)
		w.invoked = w.invoked[:len(w.invoked)-1]
	}
}

// names are the hosts of a route as they are written.
func (r jsonRoute) names() (all []string) {
	for _, m := range r.Match {
		all = append(all, m.Host...)
	}
	return all
}

// answers reports whether a handler answers whatever it gets, so that there is no
// error.
func (w jsonHandler) answers() bool {
	return w.Handler == "static_response" || w.Handler == "reverse_proxy" && len(w.HandleResponse) == 0
}

// conditional reports whether a route is for requests that paths and hosts don't tell.
func (r jsonRoute) conditional() bool {
	return len(r.Match) > 0 && !slices.ContainsFunc(r.Match, func(m jsonMatchers) bool {
		known := 0
		for _, there := range []bool{len(m.Host) > 0, len(m.Path) > 0, m.OwnPath != ""} {
			if there {
				known++
			}
		}
		return m.all == known
	})
}

// mayTell reports whether a route may say who is signed in: an answer of an
// application may.
func (r jsonRoute) mayTell() bool {
	return slices.ContainsFunc(r.Handle, func(h jsonHandler) bool { return !answersOfItsOwn["http.handlers."+h.Handler] })
}

// redirects reports whether a handler is what redir makes, and where it leads.
func (w jsonHandler) redirects() (target string, ok bool) {
	raw, location := w.Headers["Location"]
	var values []string
	if _ = json.Unmarshal(raw, &values); len(values) > 0 {
		target = values[0]
	}
	return target, w.Handler == "static_response" && location
}

// place is where visitors find a chat or console.
type place struct {
	scheme, port string
	hosts        []string
}

// rootOf is where a server is.
func rootOf(server *caddyhttp.Server) place {
	root := place{scheme: "https"}
	if len(server.TLSConnPolicies) == 0 {
		root.scheme = "http"
	}
	if len(server.Listen) == 0 {
		return root
	}
	listen, err := caddy.NewReplacer().ReplaceOrErr(server.Listen[0], true, true)
	if err != nil {
		return root // Caddy says what is wrong
	}
	if addr, err := caddy.ParseNetworkAddress(listen); err == nil {
		_, root.port, _ = net.SplitHostPort(addr.JoinHostPort(0))
		if addr.Host != "" && !strings.HasPrefix(addr.Host, "0.0.0.0") && addr.Host != "::" {
			root.hosts = []string{addr.Host}
		}
	}
	return root
}

// urls returns the addresses of a path there.
func (p place) urls(path string) []string {
	hosts := p.hosts
	if len(hosts) == 0 {
		hosts = []string{"localhost"}
	}
	var list []string
	for _, host := range hosts {
		if p.scheme == "http" && p.port != "80" || p.scheme == "https" && p.port != "443" {
			host = net.JoinHostPort(host, p.port)
		}
		list = append(list, p.scheme+"://"+host+path)
	}
	return list
}

// sharedHost returns a host that both places have and that is more than this
// machine's own, or an empty string. A place without hosts has all of them.
func sharedHost(a, b place) string {
	if a.port != b.port {
		return ""
	}
	if len(a.hosts) == 0 && len(b.hosts) == 0 {
		return "any"
	}
	if len(a.hosts) == 0 {
		a, b = b, a
	}
	for _, host := range a.hosts {
		if (len(b.hosts) == 0 || slices.Contains(b.hosts, host)) && !loopback(host) {
			return host
		}
	}
	return ""
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
