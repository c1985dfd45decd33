package caddymodule

import (
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	"github.com/parley-chat/parley/caddymodule/internal/agents"
	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/caddymodule/internal/instance"
)

// parseGlobal reads the global option:
//
//	chat {
//		storage badger {
//			path           <directory>
//			encryption_key <key>
//		}
//		retention <duration>
//		agent <e-mail> <hash> {
//			name  <name>
//			role  agent|admin      # no difference yet
//			sites <site...>
//		}
//		limits off
//	}
func parseGlobal(d *caddyfile.Dispenser, existing any) (any, error) {
	app := new(App)
	w := &config.Block{Dispenser: d}
	d.Next() // the option's name
	if existing != nil {
		return nil, w.Err("duplicate global option chat; put all of it into one block")
	}
	if d.NextArg() {
		return nil, w.ArgErr()
	}
	for d.NextBlock(0) {
		var err error
		switch d.Val() {
		case "storage":
			if err = w.Once(); err == nil {
				err = app.parseStorage(w)
			}
		case "retention":
			if err = w.Once(); err == nil {
				err = app.parseRetention(w)
			}
		case "agent":
			var agent *agents.Agent
			if agent, err = agents.ParseAgent(w, app.Agents); err == nil {
				app.Agents = append(app.Agents, agent)
			}
		case "limits":
			if err = w.One(&app.Limits); err == nil && app.Limits != limitsOff {
				err = w.Errf("unknown limits %q (want off)", app.Limits)
			}
		default:
			err = w.Unknown("storage", "retention", "agent", "limits")
		}
		if err != nil {
			return nil, err
		}
	}
	return httpcaddyfile.App{Name: "chat", Value: caddyconfig.JSON(app, nil)}, nil
}

func (a *App) parseStorage(w *config.Block) error {
	if !w.NextArg() {
		return w.Err("storage needs a type (want badger)")
	}
	name := w.Val()
	id := "chat.storage." + name
	if _, err := caddy.GetModule(id); err != nil {
		return w.Errf("unknown storage %q (want badger, or a module that is part of this build)", name)
	}
	guest, err := caddyfile.UnmarshalModule(w.Dispenser, id)
	if err != nil {
		return err
	}
	a.StorageRaw = caddyconfig.JSONModuleObject(guest, "module", name, nil)
	return nil
}

func (a *App) parseRetention(w *config.Block) error {
	if err := w.Duration(&a.Retention); err != nil {
		return err
	}
	if time.Duration(a.Retention) < instance.MinRetention {
		return w.Errf("retention: %s is too short to be meant; write one such as 90d or 365d", time.Duration(a.Retention))
	}
	return nil
}
