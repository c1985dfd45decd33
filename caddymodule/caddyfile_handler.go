package caddymodule

import (
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// parseChat reads the directive:
//
//	chat [<matcher>] {
//		site       <name>
//		path       <prefix>
//		identity   { … }
//		logout     <path...> | @<matcher>
//		exclude    <path...>
//		force      <path...>
//		csp        off
//		visitor_id session|persistent [<duration>]
//		widget     { … }
//	}
func parseChat(h httpcaddyfile.Helper, everywhere bool) (caddyhttp.MiddlewareHandler, error) {
	hd := new(Handler)
	w := &words{Dispenser: h.Dispenser}
	h.Next() // the directive's name
	hd.Source = fmt.Sprintf("%s:%d", h.File(), h.Line())
	if h.NextArg() {
		return nil, h.ArgErr()
	}
	for h.NextBlock(0) {
		if err := hd.parseWord(h, w); err != nil {
			return nil, err
		}
	}
	if err := countIdentity(h, hd); err != nil {
		return nil, err
	}
	if !everywhere {
		return hd, nil
	}
	path := hd.Path
	if path == "" {
		path = defaultPath
	}
	return hd, claimPath(h, "chat", path)
}

func (hd *Handler) parseWord(h httpcaddyfile.Helper, w *words) error {
	word := w.Val()
	if word != "logout" && word != "exclude" && word != "force" {
		if err := w.once(); err != nil {
			return err
		}
	}
	switch word {
	case "site":
		if err := w.one(&hd.Site); err != nil {
			return err
		}
		return w.at(checkSite(hd.Site))
	case "path":
		if err := w.one(&hd.Path); err != nil {
			return err
		}
		return w.at(checkPrefix(hd.Path))
	case "identity":
		hd.Identity = new(Identity)
		return hd.Identity.parse(w.Dispenser)
	case "logout":
		return hd.parseLogout(h, w)
	case "exclude":
		return w.paths(&hd.Exclude)
	case "force":
		return w.paths(&hd.Force)
	case "csp":
		if err := w.one(&hd.CSP); err != nil {
			return err
		}
		if hd.CSP != cspOff {
			return w.Errf("csp %q is not known: it is off, or left out", hd.CSP)
		}
		return nil
	case "visitor_id":
		return hd.parseVisitorID(w)
	case "widget":
		hd.Widget = new(Widget)
		return hd.Widget.parse(w.Dispenser)
	}
	return w.unknown("site", "path", "identity", "logout", "exclude", "force", "csp", "visitor_id", "widget")
}

// parseLogout reads path patterns, or one named matcher.
func (hd *Handler) parseLogout(h httpcaddyfile.Helper, w *words) error {
	line := w.Dispenser.NewFromNextSegment()
	line.Next()
	if line.NextArg() && strings.HasPrefix(line.Val(), "@") {
		name := line.Val()
		line.Reset()
		line.Next()
		set, ok, err := h.WithDispenser(line).MatcherToken()
		if err != nil {
			return w.at(err)
		}
		if !ok || set == nil {
			return w.Errf("logout: there is no matcher %s", name)
		}
		if line.NextArg() {
			return w.Errf("logout: %q after the matcher is one too many; give each matcher a logout of its own", line.Val())
		}
		hd.LogoutRaw = append(hd.LogoutRaw, set)
		return nil
	}
	line.Reset()
	line.Next()
	return (&words{Dispenser: line}).paths(&hd.LogoutPaths)
}

func (hd *Handler) parseVisitorID(w *words) error {
	if !w.NextArg() {
		return w.Err("visitor_id needs a kind: session or persistent")
	}
	hd.VisitorID = new(VisitorID)
	switch w.Val() {
	case visitorSession: // as without a word
	case visitorPersistent:
		hd.VisitorID.Kind = visitorPersistent
	default:
		return w.Errf("visitor_id %q is not known: it is session or persistent", w.Val())
	}
	if w.CountRemainingArgs() == 0 {
		return nil
	}
	return w.duration(&hd.VisitorID.Duration)
}

// parse reads identity:
//
//	identity [<product>] {
//		id|email|firstname|lastname|gender|labels|agent <header>|<placeholder>
//		field  <name> <header>|<placeholder>
//		scope  auto|every_page|login
//		ttl    <duration>
//		token  {
//			key      <secret>|<public key>
//			jwks     <address>
//			audience <name>
//		}
//		probe  <path> {
//			id|email|firstname|lastname|gender|labels|agent <path in the answer>
//			field  <name> <path in the answer>
//		}
//		trust  forward_auth|trusted_proxies
//		public <path...>
//		nobody <value...>
//	}
func (id *Identity) parse(d *caddyfile.Dispenser) error {
	w := &words{Dispenser: d}
	if d.NextArg() {
		id.Preset = d.Val()
		if d.NextArg() {
			return w.Errf("identity takes one name of a product at most, and then a block; %q is one too many", d.Val())
		}
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := id.parseWord(w); err != nil {
			return err
		}
	}
	if err := id.provision(); err != nil {
		return w.at(err)
	}
	return nil
}

func (id *Identity) parseWord(w *words) error {
	word := w.Val()
	if word != "field" && word != "public" && word != "nobody" {
		if err := w.once(); err != nil {
			return err
		}
	}
	sources := map[string]*string{"id": &id.ID, "email": &id.Email, "firstname": &id.Firstname,
		"lastname": &id.Lastname, "gender": &id.Gender, "labels": &id.Labels, "agent": &id.Agent}
	if into := sources[word]; into != nil {
		if err := w.one(into); err != nil {
			return err
		}
		_, err := parseSource(*into)
		return w.at(err)
	}
	switch word {
	case "field":
		return id.parseField(w)
	case "scope":
		if err := w.one(&id.Scope); err != nil {
			return err
		}
		return w.at(checkScope(id.Scope))
	case "ttl":
		return w.duration(&id.TTL)
	case "trust":
		if err := w.one(&id.Trust); err != nil {
			return err
		}
		return w.at(checkTrust(id.Trust))
	case "public":
		return w.paths(&id.Public)
	case "nobody":
		return w.some(&id.Nobody)
	case "token":
		id.Token = new(Token)
		return id.Token.parse(&words{Dispenser: w.Dispenser})
	case "probe":
		id.Probe = new(Probe)
		return id.Probe.parse(&words{Dispenser: w.Dispenser})
	}
	return w.unknown("id", "email", "firstname", "lastname", "gender", "labels", "agent", "field",
		"scope", "ttl", "token", "probe", "trust", "public", "nobody")
}

// parse reads the block of token.
func (t *Token) parse(w *words) error {
	if w.NextArg() {
		return w.Errf("token takes a block and no %q", w.Val())
	}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if err := w.once(); err != nil {
			return err
		}
		into := map[string]*string{"key": &t.Key, "jwks": &t.JWKS, "audience": &t.Audience}[w.Val()]
		if into == nil {
			return w.unknown("key", "jwks", "audience")
		}
		if err := w.one(into); err != nil {
			return err
		}
	}
	return nil
}

func (id *Identity) parseField(w *words) error {
	args := w.RemainingArgs()
	if len(args) != 2 {
		return w.Err("field needs a name and a source, such as: field plan X-User-Plan")
	}
	if _, twice := id.Fields[args[0]]; twice {
		return w.Errf("field %s is given twice; once is enough", args[0])
	}
	if _, err := parseSource(args[1]); err != nil {
		return w.at(err)
	}
	if id.Fields == nil {
		id.Fields = map[string]string{}
	}
	id.Fields[args[0]] = args[1]
	return nil
}

// parse reads the block of widget: title, greeting, color, position.
func (wd *Widget) parse(d *caddyfile.Dispenser) error {
	w := &words{Dispenser: d}
	if d.NextArg() {
		return w.Errf("widget takes a block and no %q", d.Val())
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := w.once(); err != nil {
			return err
		}
		into := map[string]*string{"title": &wd.Title, "greeting": &wd.Greeting,
			"color": &wd.Color, "position": &wd.Position}[w.Val()]
		if into == nil {
			return w.unknown("title", "greeting", "color", "position")
		}
		if err := w.one(into); err != nil {
			return err
		}
		if err := wd.check(); err != nil {
			return w.at(err)
		}
	}
	return nil
}
