package caddymodule

import (
	"net"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/gateway"
	"github.com/parley-chat/parley/chat"
)

// place is where in the servers' routes a handler of ours was found.
type place struct {
	scheme, port string
	hosts        []string
}

// find looks for our handlers in the servers' routes.
func (a *App) find() findings {
	found := findings{chats: map[*Handler]place{}, consoles: map[*Console]place{}, behind: map[*Handler]bool{}}
	value, err := a.ctx.AppIfConfigured("http")
	if err != nil {
		return found // without HTTP there is nothing to find
	}
	for _, server := range value.(*caddyhttp.App).Servers {
		root := place{scheme: "https"}
		if len(server.TLSConnPolicies) == 0 {
			root.scheme = "http"
		}
		if len(server.Listen) > 0 {
			if addr, err := caddy.ParseNetworkAddress(server.Listen[0]); err == nil {
				_, root.port, _ = net.SplitHostPort(addr.JoinHostPort(0))
				if addr.Host != "" && !strings.HasPrefix(addr.Host, "0.0.0.0") && addr.Host != "::" {
					root.hosts = []string{addr.Host}
				}
			}
		}
		found.walk(server.Routes, root)
		for _, h := range gateway.BehindSeveral(server, readsGateways) {
			found.behind[h.(*Handler)] = true
		}
	}
	return found
}

// readsGateways reports whether a handler is one of ours that reads the answers
// of gateways.
func readsGateways(handler caddyhttp.MiddlewareHandler) bool {
	h, ours := handler.(*Handler)
	return ours && h.gateways != nil
}

// describe logs where chat and console can be found, and warns where a console
// shares a host with a site.
func (a *App) describe(found findings) {
	chats, consoles := found.chats, found.consoles
	for h, path := range found.unseen {
		h.log.Warn("a redir answers this logout before chat can see it, so it ends no conversation: "+
			"put both into a route, with chat first", "path", path)
	}
	for h := range found.behind {
		h.log.Warn("more than one forward_auth may be asked before chat, and only the last one's answer says there who is signed in: "+
			"put chat before them, and the first counts that names somebody", "site", h.Site, "source", h.Source)
	}
	for h, p := range chats {
		a.log.Info("chat is on this site", "site", h.Site, "urls", p.urls("/"))
	}
	for c, p := range consoles {
		a.log.Info("agents answer at this console", "urls", p.urls(c.Path+"/"))
		for _, other := range chats {
			if shared := sharedHost(p, other); shared != "" {
				a.log.Warn("the agents' console shares a host with a site that has chat: any script of the site's pages "+
					"can act as a signed-in agent; give chat_console a host of its own", "host", shared)
				break
			}
		}
	}
	if len(consoles) > 0 && len(a.Agents) == 0 {
		a.log.Warn("there is a chat_console, but nobody can sign in: name an agent in the global option chat")
	}
}

// findings are our handlers, and where they are.
type findings struct {
	chats    map[*Handler]place
	consoles map[*Console]place
	// unseen are logouts that are answered before the handler is asked.
	unseen map[*Handler]string
	// behind are those that read the answers of gateways behind more than one.
	behind map[*Handler]bool
}

// lives returns how long what belongs to a visitor of each site can be of use.
func (f findings) lives() map[string]chat.Lives {
	all := map[string]chat.Lives{}
	for h := range f.chats {
		l, before := h.site.Lives(), all[h.Site]
		all[h.Site] = chat.Lives{Session: max(before.Session, l.Session), TabSecret: max(before.TabSecret, l.TabSecret)}
	}
	return all
}

// walk finds our handlers in routes, subroutes included.
func (f *findings) walk(routes caddyhttp.RouteList, at place) {
	var redirected []string
	for _, route := range routes {
		here := at
		var patterns caddyhttp.MatchPath
		for _, set := range route.MatcherSets {
			for _, m := range set {
				switch m := m.(type) {
				case *caddyhttp.MatchHost:
					here.hosts = []string(*m)
				case *caddyhttp.MatchPath:
					patterns = append(patterns, *m...)
				}
			}
		}
		for _, handler := range route.Handlers {
			switch handler := handler.(type) {
			case *Handler:
				f.chats[handler] = here
				f.miss(handler, redirected)
			case *Console:
				f.consoles[handler] = here
			case *caddyhttp.StaticResponse:
				if len(handler.Headers["Location"]) > 0 {
					redirected = append(redirected, patterns...)
				}
			case *caddyhttp.Subroute:
				f.walk(handler.Routes, here)
			}
		}
	}
}

// miss notes a logout of a handler that was redirected before it.
func (f *findings) miss(h *Handler, redirected []string) {
	for _, path := range redirected {
		for _, logout := range h.LogoutPaths {
			if strings.EqualFold(path, logout) {
				if f.unseen == nil {
					f.unseen = map[*Handler]string{}
				}
				f.unseen[h] = path
			}
		}
	}
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
