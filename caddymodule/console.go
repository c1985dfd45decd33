package caddymodule

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/api/console"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/caddymodule/internal/request"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/widget"
)

func init() {
	caddy.RegisterModule(new(Console))
}

// Console is the desk from which agents answer. In production it belongs on a
// host of its own: beside a site, any script of that site's pages can do what
// a signed-in agent can.
type Console struct {
	// The URL path below which the console is, such as /desk; all other paths
	// are passed on. The default is the whole path space.
	Path string `json:"path,omitempty"`

	// Where the directive stands, as file and line, such as Caddyfile:47. It is
	// for messages only, and filled in by the Caddyfile adapter.
	Source string `json:"source,omitempty"`

	app     *App
	log     *slog.Logger
	console *console.Handler
}

// CaddyModule returns the module's ID and constructor.
func (*Console) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.chat_console", New: func() caddy.Module { return new(Console) }}
}

// Provision prepares the console.
func (c *Console) Provision(ctx caddy.Context) error {
	c.log = ctx.Slogger()
	value, err := ctx.App("chat")
	if err != nil {
		return fmt.Errorf("loading the app chat: %w", err)
	}
	c.app = value.(*App)
	if err := c.app.check(ctx); err != nil {
		return err
	}
	if c.Path != "" {
		if err := config.CheckPrefix(c.Path); err != nil {
			return err
		}
	}
	script := transport.NewAsset("text/javascript; charset=utf-8", widget.ConsoleJS())
	style := transport.NewAsset("text/css; charset=utf-8", widget.ConsoleCSS())
	page := bytes.ReplaceAll(widget.ConsoleHTML(), []byte("__JS__"), []byte("console.js?v="+script.Hash()))
	page = bytes.ReplaceAll(page, []byte("__CSS__"), []byte("console.css?v="+style.Hash()))
	c.console = &console.Handler{
		Service: c.app.instance.Service, Connections: c.app.instance.Connections, Agents: c.app.instance, Path: c.Path,
		Page: transport.NewAsset("text/html; charset=utf-8", page), Script: script, Style: style,
		Sites: c.app.instance.SiteNames, FieldLabels: c.app.instance.FieldLabels, Secure: request.Secure, Address: request.Address, SignIns: &c.app.instance.SignIns,
		Limits: c.app.instance.Limits, Log: c.log,
	}
	return nil
}

// ServeHTTP answers what is the console's own, and passes all else on.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	path := request.Original(r).URL.Path
	if !c.console.Owns(path) {
		return next.ServeHTTP(w, r)
	}
	defer panics.Log(c.log, "answering the console")
	c.console.ServeHTTP(w, r, path)
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Console)(nil)
	_ caddyhttp.MiddlewareHandler = (*Console)(nil)
)
