package gateway

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"

	"github.com/parley-chat/parley/caddymodule/internal/identity"
)

// gateway is an authentication gateway that a site's forward_auth asks. What
// several forward_auth ask at one address is one gateway.
type gateway struct {
	addresses []string // as in {http.reverse_proxy.upstream.address}
	// copied are the names of the gateway's fields by those of the request
	// fields that they are copied to. A name is empty where it can't be told.
	copied map[string]string
	reads  []reading
}

// reading is a field of a gateway's answer that matters: its name, and the
// placeholder in which it stands.
type reading struct{ name, placeholder string }

// Gateways are those of a site.
type Gateways []*gateway

// at returns the gateway at an address, or nil.
func (gs Gateways) at(address string) *gateway {
	for _, g := range gs {
		if slices.Contains(g.addresses, address) {
			return g
		}
	}
	return nil
}

// from returns the name of the gateway's field that a source is to be read from.
func (g *gateway) from(s identity.Source) string {
	if name, ok := g.copied[s.Field]; ok && s.Copied {
		return name
	}
	return s.Field
}

// asked prepares the gateways to be read for sources.
func (gs Gateways) asked(sources []identity.Source) Gateways {
	for _, g := range gs {
		for _, s := range sources {
			if r := (reading{g.from(s), answeredHeader + g.from(s)}); !slices.Contains(g.reads, r) {
				g.reads = append(g.reads, r)
			}
		}
	}
	return gs
}

// isGateway reports whether a proxy asks a gateway, as those do that the
// directive forward_auth makes: it asks with GET for an address of its own, and
// what is answered with 2xx goes to nobody, but lets the request go on.
func isGateway(p *reverseproxy.Handler) bool {
	if p.Rewrite == nil || !strings.EqualFold(p.Rewrite.Method, http.MethodGet) || p.Rewrite.URI == "" {
		return false
	}
	good := passing(p)
	return good != nil && goesOn(good)
}

// passing returns the routes that handle answers of 2xx, or nil if there are
// none, or some that are written as the response.
func passing(p *reverseproxy.Handler) caddyhttp.RouteList {
	var all caddyhttp.RouteList
	for _, h := range p.HandleResponse {
		some, each := good(h.Match)
		if !some {
			continue
		}
		if h.Routes == nil || h.StatusCode != "" {
			return nil
		}
		all = append(all, h.Routes...)
		if each {
			break
		}
	}
	return all
}

// good reports whether a matcher is for some answers of 2xx, and for each.
func good(m *caddyhttp.ResponseMatcher) (some, each bool) {
	if m == nil {
		return true, true
	}
	some = len(m.StatusCode) == 0 || slices.ContainsFunc(m.StatusCode, func(code int) bool { return code == 2 || code/100 == 2 })
	each = len(m.Headers) == 0 && (len(m.StatusCode) == 0 || slices.Contains(m.StatusCode, 2))
	return some, each
}

// mayGoOn reports whether a proxy that is no gateway may go on with an answer of
// 2xx, or ask again.
func mayGoOn(p *reverseproxy.Handler) bool {
	if lb := p.LoadBalancing; lb != nil && len(lb.RetryMatch)+len(lb.RetryMatchRaw) > 0 {
		return true
	}
	return slices.ContainsFunc(p.HandleResponse, func(h caddyhttp.ResponseHandler) bool {
		some, _ := good(h.Match)
		return some && h.Routes != nil
	})
}

// goesOn reports whether routes hold only what prepares a request.
func goesOn(routes caddyhttp.RouteList) bool {
	for _, route := range routes {
		if route.Terminal {
			return false
		}
		for _, handler := range handlers(route) {
			switch handler := handler.(type) {
			case *caddyhttp.VarsMiddleware, *headers.Handler, *rewrite.Rewrite:
			case *caddyhttp.Subroute:
				if !goesOn(handler.Routes) {
					return false
				}
			default:
				return false
			}
		}
	}
	return true
}

// add notes the gateway that a proxy asks.
func (gs *Gateways) add(p *reverseproxy.Handler) error {
	g := &gateway{copied: map[string]string{}}
	if p.DynamicUpstreams != nil || len(p.DynamicUpstreamsRaw) > 0 {
		return errUnknownGateway("dynamic upstreams")
	}
	for _, upstream := range p.Upstreams {
		address, err := dialed(upstream.Dial)
		if err != nil {
			return err
		}
		g.addresses = append(g.addresses, address)
	}
	g.note(passing(p))
	*gs = slices.DeleteFunc(*gs, func(other *gateway) bool {
		if !slices.ContainsFunc(g.addresses, func(a string) bool { return slices.Contains(other.addresses, a) }) {
			return false
		}
		g.addresses = append(g.addresses, other.addresses...)
		for to, from := range other.copied {
			g.copies(from, to)
		}
		return true
	})
	*gs = append(*gs, g)
	return nil
}

// copies notes from which of the gateway's fields a request field is copied,
// or none where that differs.
func (g *gateway) copies(from, to string) {
	if before, ok := g.copied[to]; ok && before != from {
		from = ""
	}
	g.copied[to] = from
}

// note takes note of what is copied to which request field.
func (g *gateway) note(routes caddyhttp.RouteList) {
	for _, route := range routes {
		for _, handler := range handlers(route) {
			switch handler := handler.(type) {
			case *caddyhttp.Subroute:
				g.note(handler.Routes)
			case *headers.Handler:
				if handler.Request == nil {
					continue
				}
				for to, values := range handler.Request.Set {
					g.copies(copiedFrom(values), http.CanonicalHeaderKey(to))
				}
				for to := range handler.Request.Add {
					g.copies("", http.CanonicalHeaderKey(to))
				}
			}
		}
	}
}

// copiedFrom returns the gateway's field whose value alone is set, or an empty
// string.
func copiedFrom(values []string) string {
	if len(values) != 1 {
		return ""
	}
	from, ok := strings.CutPrefix(values[0], identity.ProxyHeader)
	if from, whole := strings.CutSuffix(from, "}"); ok && whole && identity.IsToken(from) {
		return http.CanonicalHeaderKey(from)
	}
	return ""
}

// dialed returns the address of an upstream as the placeholder has it when it
// is asked.
func dialed(dial string) (string, error) {
	resolved := dial
	if strings.Contains(dial, "{") {
		if rest := strings.ReplaceAll(dial, "{env.", ""); strings.Contains(rest, "{") {
			return "", errUnknownGateway(dial)
		}
		resolved = caddy.NewReplacer().ReplaceAll(dial, "")
	}
	address, err := caddy.ParseNetworkAddress(resolved)
	if err != nil {
		return "", fmt.Errorf("the address of a forward_auth, %s: %w", dial, err)
	}
	return reverseproxy.DialInfo{Network: address.Network, Host: address.Host,
		Port: fmt.Sprint(address.StartPort)}.String(), nil
}

func errUnknownGateway(what string) error {
	return fmt.Errorf("trust forward_auth: the gateway's address is known only while requests are served (%s), "+
		"so its answer can't be told from another's: name the address in forward_auth, such as authelia:9091 or {env.GATEWAY}", what)
}
