package caddymodule

import (
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/caddymodule/internal/identity"
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
//		hours      { … }
//		widget     { … }
//		text       [<language>] <name> <text>
//	}
//
// It returns the path that the chat answers below, too.
func parseChat(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, string, error) {
	hd := new(Handler)
	w := &config.Block{Dispenser: h.Dispenser}
	h.Next() // the directive's name
	hd.Source = config.Source(h.Dispenser)
	if h.NextArg() {
		return nil, "", w.ArgErr()
	}
	for h.NextBlock(0) {
		if err := hd.parseWord(h, w); err != nil {
			return nil, "", err
		}
	}
	if hd.Path == "" {
		return hd, defaultPath, nil
	}
	return hd, hd.Path, nil
}

func (hd *Handler) parseWord(h httpcaddyfile.Helper, w *config.Block) error {
	word := w.Val()
	if word != "logout" && word != "exclude" && word != "force" && word != "text" {
		if err := w.Once(); err != nil {
			return err
		}
	}
	switch word {
	case "site":
		if err := w.One(&hd.Site); err != nil {
			return err
		}
		return w.At(config.CheckSite(hd.Site))
	case "path":
		if err := w.One(&hd.Path); err != nil {
			return err
		}
		return w.At(config.CheckPrefix(hd.Path))
	case "identity":
		hd.Identity = new(identity.Config)
		return hd.Identity.Parse(w.Dispenser)
	case "logout":
		return hd.parseLogout(h, w)
	case "exclude":
		return w.Paths(&hd.Exclude)
	case "force":
		return w.Paths(&hd.Force)
	case "csp":
		if err := w.One(&hd.CSP); err != nil {
			return err
		}
		if hd.CSP != cspOff {
			return w.Errf("unknown csp %q (want off)", hd.CSP)
		}
		return nil
	case "visitor_id":
		return hd.parseVisitorID(w)
	case "hours":
		return hd.parseHours(w)
	case "widget":
		hd.Widget = new(Widget)
		return hd.Widget.parse(w.Dispenser)
	case "text":
		return hd.parseText(w)
	}
	return w.Unknown("site", "path", "identity", "logout", "exclude", "force", "csp", "visitor_id", "hours", "widget", "text")
}

// parseLogout reads path patterns, or one named matcher.
func (hd *Handler) parseLogout(h httpcaddyfile.Helper, w *config.Block) error {
	line := w.Dispenser.NewFromNextSegment()
	line.Next()
	if line.NextArg() && strings.HasPrefix(line.Val(), "@") {
		name := line.Val()
		line.Reset()
		line.Next()
		set, ok, err := h.WithDispenser(line).MatcherToken()
		if err != nil {
			return w.At(err)
		}
		if !ok || set == nil {
			return w.Errf("logout: unknown matcher %s", name)
		}
		if line.NextArg() {
			return w.Errf("logout: %q after the matcher is one too many; give each matcher a logout of its own", line.Val())
		}
		hd.LogoutRaw = append(hd.LogoutRaw, set)
		return nil
	}
	line.Reset()
	line.Next()
	return (&config.Block{Dispenser: line}).Paths(&hd.LogoutPaths)
}

func (hd *Handler) parseVisitorID(w *config.Block) error {
	if !w.NextArg() {
		return w.Err("visitor_id needs session or persistent")
	}
	hd.VisitorID = new(VisitorID)
	switch w.Val() {
	case visitorSession: // as without a word
	case visitorPersistent:
		hd.VisitorID.Kind = visitorPersistent
	default:
		return w.Errf("unknown visitor_id %q (want session or persistent)", w.Val())
	}
	if w.CountRemainingArgs() == 0 {
		return w.Optional()
	}
	return w.Duration(&hd.VisitorID.Duration)
}
