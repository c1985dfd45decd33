package caddymodule

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/caddymodule/internal/gateway"
	"github.com/parley-chat/parley/caddymodule/internal/identity"
	"github.com/parley-chat/parley/caddymodule/internal/instance"
	"github.com/parley-chat/parley/caddymodule/internal/request"
	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hours"
	"github.com/parley-chat/parley/inject"
	"github.com/parley-chat/parley/internal/loglimit"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// Handler brings chat to whatever is behind it: it puts one script tag into
// HTML pages, learns from response headers who is signed in, forgets it on
// logout, and answers below one path what the widget asks for.
type Handler struct {
	// The site's name. Conversations, people and cookies of different sites
	// never mix. The default is "default".
	Site string `json:"site,omitempty"`

	// The URL path below which the widget's files and its API are. The default
	// is /_chat.
	Path string `json:"path,omitempty"`

	// Where to see who is signed in. Without it every visitor is anonymous.
	Identity *identity.Config `json:"identity,omitempty"`

	// Path patterns, as of the path matcher, of requests that log out. They
	// match the request as it arrived and as it is after rewrites, with or
	// without a slash at the end and path parameters (/logout;jsessionid=1).
	LogoutPaths []string `json:"logout_paths,omitempty"`

	// Further matchers of requests that log out.
	LogoutRaw caddyhttp.RawMatcherSets `json:"logout,omitempty" caddy:"namespace=http.matchers"`

	// Path patterns of pages that get no tag, which match as those of
	// logout_paths do. Logout and API stay.
	Exclude []string `json:"exclude,omitempty"`

	// Path patterns of pages that get the tag even where the request does not
	// look like a navigation, such as an application shell that a service
	// worker fetches.
	Force []string `json:"force,omitempty"`

	// "off" leaves the site's Content-Security-Policy alone. The default is
	// the least change that lets the chat run.
	CSP string `json:"csp,omitempty"`

	// How anonymous visitors are known.
	VisitorID *VisitorID `json:"visitor_id,omitempty"`

	// When the chat is answered. Outside of these hours visitors read when that
	// will be, and nobody is shown as online. By default an agent is online
	// whenever one has the console open.
	Hours *hours.Config `json:"hours,omitempty"`

	// What the widget looks like and says.
	Widget *Widget `json:"widget,omitempty"`

	// What the widget says in the site's own words.
	Texts Texts `json:"texts,omitempty"`

	// Where the directive stands, as file and line, such as Caddyfile:47. It is
	// for messages only, and filled in by the Caddyfile adapter.
	Source string `json:"source,omitempty"`

	app                       *App
	log                       *slog.Logger
	site                      *chat.Site
	cookies                   visitor.Cookies
	widget                    *visitor.Handler
	whoami                    *whoami.Client         // nil without identity probe
	gateways                  gateway.Gateways       // nil where none says who is signed in
	isEvidence                func(name string) bool // of a response header's field; nil without identity
	injector                  *inject.Injector
	logout                    caddyhttp.MatcherSets
	logoutPaths, public       paths
	excluded, forced          paths
	serving                   *instance.Serving
	counters                  counters
	cacheLogged, policyLogged sync.Once
	lateLogged                sync.Once
	proxyLogged               atomic.Bool
	untrusted                 loglimit.Limit
}

// VisitorID says how anonymous visitors are known.
type VisitorID struct {
	// session: an anonymous chat ends with the last tab of the browser (the
	// default). persistent: it outlives the browser, and whoever uses the same
	// browser next finds it.
	Kind string `json:"kind,omitempty"`

	// How long an anonymous chat outlives the last word from its tabs, such as
	// of a laptop that sleeps. The default is 12h, of a persistent one 90d.
	Duration caddy.Duration `json:"duration,omitempty"`
}

// CaddyModule returns the module's ID and constructor.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.chat", New: func() caddy.Module { return new(Handler) }}
}

// defaultPath is where the widget's files and API are.
const defaultPath = "/_chat"

// Provision prepares the handler. Its errors say which chat they are about,
// since a configuration may have many.
func (h *Handler) Provision(ctx caddy.Context) error {
	value, err := ctx.App("chat")
	if err != nil {
		return fmt.Errorf("loading the app chat: %w", err)
	}
	h.app = value.(*App)
	if err := h.app.check(ctx); err != nil {
		return err // it may be about others
	}
	if err := h.provision(ctx); err != nil {
		return fmt.Errorf("%s: %w", h.name(), err)
	}
	return nil
}

// name is what messages call the handler.
func (h *Handler) name() string {
	if h.Source == "" {
		return "chat of site " + h.Site
	}
	return fmt.Sprintf("chat of site %s (%s)", h.Site, h.Source)
}

func (h *Handler) provision(ctx caddy.Context) error {
	explicitName := h.Site != ""
	if !explicitName {
		h.Site = config.DefaultSite
	}
	h.log = ctx.Slogger()
	// Anyone can send a header that does not count.
	h.untrusted = loglimit.Limit{Burst: 3, Every: time.Hour}
	if h.Path == "" {
		h.Path = defaultPath
	}
	h.site = &chat.Site{Name: h.Site, Agents: h.app.instance}
	if h.VisitorID != nil {
		h.site.TabLife = time.Duration(h.VisitorID.Duration)
		h.site.Persistent = h.VisitorID.Kind == visitorPersistent
	}
	var err error
	if h.Hours != nil {
		if h.site.Hours, err = hours.New(*h.Hours); err != nil {
			return fmt.Errorf("hours: %w", err)
		}
	}
	if err := h.provisionIdentity(ctx); err != nil {
		return err
	}
	if err := h.check(); err != nil {
		return err
	}
	if h.Identity != nil {
		if err := h.app.addIdentity(explicitName); err != nil {
			return err
		}
	}
	if err := h.app.guardErrors(ctx, h); err != nil {
		return err
	}
	written, err := json.Marshal(h.Hours)
	if err != nil {
		return fmt.Errorf("writing down the hours: %w", err)
	}
	h.serving = &instance.Serving{Site: h.Site, Hours: string(written), Agents: h.app.directory}
	if h.Widget != nil {
		h.serving.Labels = h.Widget.fieldLabels()
	}
	h.app.instance.AddSite(h.serving)
	h.app.chats = append(h.app.chats, h)
	if h.counters, err = newCounters(ctx, h.Site); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return h.provisionWidget()
}

func (h *Handler) provisionIdentity(ctx caddy.Context) error {
	var err error
	if h.Identity != nil {
		if err := h.Identity.Provision(); err != nil {
			return err
		}
		h.site.Scope = chat.Scope(h.Identity.Scope)
		h.site.TTL = time.Duration(h.Identity.TTL)
		h.site.HasID = h.Identity.HasID()
		h.site.WhoamiOnly = h.Identity.Probe != nil && !h.Identity.HasIdentifier()
		if h.site.Tokens, err = h.Identity.TokenVerifier(h.log); err != nil {
			return err
		}
		h.isEvidence = h.Identity.IsEvidence
		h.public = newPaths(h.Identity.Public)
		if h.gateways, err = gateway.FindGateways(ctx, h.Identity); err != nil {
			return err
		}
	}
	// A logout once too often is safe, and a page without a chat. A page that says
	// nothing of who is signed in, or that only looks like no page, is not.
	h.logoutPaths, h.excluded, h.forced = newLoosePaths(h.LogoutPaths), newLoosePaths(h.Exclude), newPaths(h.Force)
	if h.LogoutRaw == nil {
		return nil
	}
	sets, err := ctx.LoadModule(h, "LogoutRaw")
	if err != nil {
		return fmt.Errorf("loading logout matchers: %w", err)
	}
	return h.logout.FromInterface(sets)
}

func (h *Handler) provisionWidget() error {
	look := h.Widget
	if look == nil {
		look = new(Widget)
	}
	h.cookies = visitor.NewCookies(h.Site)
	files, err := newScripts(h.Path, h.Site, *look, h.Texts)
	if err != nil {
		return err
	}
	h.widget = &visitor.Handler{
		Service: h.app.instance.Service, Connections: h.app.instance.Connections,
		Site: h.site, Path: h.Path, Cookies: h.cookies, Loader: files.loader, Parts: files.parts, Pictures: files.pictures,
		Words: files.words, RatingOff: look.Rating == ratingOff, Face: h.app.instance.Picture,
		Secure: request.Secure, Client: request.Client, Address: request.Address, Limits: h.app.instance.Limits, Log: h.log,
	}
	if look.ReplyTime != replyTimeOff {
		h.widget.UsualReply = h.app.instance.Service.UsualReply(h.Site, h.site.Hours)
	}
	h.widget.Rules = personalRules(look.Rules)
	if h.Identity != nil && h.Identity.Probe != nil {
		h.whoami = whoami.NewClient(h.Identity.Probe, h.Identity.Nobody, h.cookies, h.log)
		h.widget.Whoami = h.whoami
		h.app.asks = true
	}
	config := inject.Config{
		Src: h.Path + "/widget.js?v=" + files.loader.Hash(), Prefix: h.Path + "/",
		Integrity: files.loader.Integrity(), TrustedTypes: trustedTypesPolicy,
		Images: len(files.pictures) > 0,
	}
	if h.CSP == cspOff {
		config.CSP = inject.CSPOff
	}
	h.injector, err = inject.New(config)
	return err
}

const (
	// visitorSession and visitorPersistent are the kinds of VisitorID.
	visitorSession    = "session"
	visitorPersistent = "persistent"
	// cspOff is the word that leaves a site's policy alone.
	cspOff = "off"
	// trustedTypesPolicy is the name of the policy that the loader creates.
	trustedTypesPolicy = "parley"
)

// check finds what is wrong with values that have no type to say so.
func (h *Handler) check() error {
	if err := config.CheckSite(h.Site); err != nil {
		return err
	}
	if err := config.CheckPrefix(h.Path); err != nil {
		return err
	}
	if h.CSP != "" && h.CSP != cspOff {
		return fmt.Errorf("unknown csp %q (want off)", h.CSP)
	}
	if v := h.VisitorID; v != nil && v.Kind != "" && v.Kind != visitorSession && v.Kind != visitorPersistent {
		return fmt.Errorf("unknown visitor_id %q (want session or persistent)", v.Kind)
	}
	if h.Widget != nil {
		if err := h.Widget.check(); err != nil {
			return err
		}
		for i := range h.Widget.Rules {
			if err := h.Widget.Rules[i].checkFields(h.Identity); err != nil {
				return err
			}
		}
	}
	return h.Texts.check()
}

// Cleanup lets go of the site: its sockets are closed if no handler of the
// configuration that runs serves it.
func (h *Handler) Cleanup() error {
	if h.whoami != nil {
		h.whoami.Stop()
	}
	if h.serving != nil {
		h.app.instance.DropSite(h.serving)
	}
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
