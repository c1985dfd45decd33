package caddymodule

import (
	"net"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// place is where in the servers' routes a handler of ours was found.
type place struct {
	scheme, port string
	hosts        []string
}

// describe logs where chat and console can be found, and warns where a console
// shares a host with a site.
func (a *App) describe() {
	value, err := a.ctx.AppIfConfigured("http")
	if err != nil {
		return // without HTTP there is nothing to describe
	}
	chats, consoles := map[*Handler]place{}, map[*Console]place{}
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
		walk(server.Routes, root, chats, consoles)
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

// walk finds our handlers in routes, subroutes included.
func walk(routes caddyhttp.RouteList, at place, chats map[*Handler]place, consoles map[*Console]place) {
	for _, route := range routes {
		here := at
		for _, set := range route.MatcherSets {
			for _, m := range set {
				if hosts, ok := m.(*caddyhttp.MatchHost); ok {
					here.hosts = []string(*hosts)
				}
			}
		}
		for _, handler := range route.Handlers {
			switch handler := handler.(type) {
			case *Handler:
				chats[handler] = here
			case *Console:
				consoles[handler] = here
			case *caddyhttp.Subroute:
				walk(handler.Routes, here, chats, consoles)
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
