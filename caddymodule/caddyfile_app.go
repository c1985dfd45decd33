package caddymodule

import (
	"fmt"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
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
//			role  agent|admin
//			sites <site...>
//		}
//		limits off
//	}
func parseGlobal(d *caddyfile.Dispenser, existing any) (any, error) {
	app := new(App)
	if existing != nil {
		return nil, d.Err("the global option chat is given twice; put all of it into one block")
	}
	w := &words{Dispenser: d}
	d.Next() // the option's name
	if d.NextArg() {
		return nil, d.ArgErr()
	}
	for d.NextBlock(0) {
		var err error
		switch d.Val() {
		case "storage":
			if err = w.once(); err == nil {
				err = app.parseStorage(w)
			}
		case "retention":
			if err = w.once(); err == nil {
				err = app.parseRetention(w)
			}
		case "agent":
			err = app.parseAgent(w)
		case "limits":
			if err = w.one(&app.Limits); err == nil && app.Limits != limitsOff {
				err = w.Errf("limits %q is not known: it is off, or left out", app.Limits)
			}
		default:
			err = w.unknown("storage", "retention", "agent", "limits")
		}
		if err != nil {
			return nil, err
		}
	}
	return httpcaddyfile.App{Name: "chat", Value: caddyconfig.JSON(app, nil)}, nil
}

func (a *App) parseStorage(w *words) error {
	if !w.NextArg() {
		return w.Err("storage needs a kind: badger")
	}
	name := w.Val()
	id := "chat.storage." + name
	if _, err := caddy.GetModule(id); err != nil {
		return w.Errf("storage %q is not known, or not part of this build: there is badger", name)
	}
	guest, err := caddyfile.UnmarshalModule(w.Dispenser, id)
	if err != nil {
		return err
	}
	a.StorageRaw = caddyconfig.JSONModuleObject(guest, "module", name, nil)
	return nil
}

func (a *App) parseRetention(w *words) error {
	if err := w.duration(&a.Retention); err != nil {
		return err
	}
	if time.Duration(a.Retention) < minRetention {
		return w.Errf("retention: %s is too short to be meant; write one such as 90d or 365d", time.Duration(a.Retention))
	}
	return nil
}

// UnmarshalCaddyfile reads the block of storage badger; see the global option
// chat.
func (b *Badger) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	w := &words{Dispenser: d}
	d.Next() // the guest's name
	if d.NextArg() {
		return d.ArgErr()
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := w.once(); err != nil {
			return err
		}
		var err error
		switch d.Val() {
		case "path":
			err = w.one(&b.Path)
		case "encryption_key":
			if err = w.one(&b.EncryptionKey); err == nil && !strings.Contains(b.EncryptionKey, "{") {
				_, err = parseKey(b.EncryptionKey)
				err = w.at(err)
			}
		default:
			err = w.unknown("path", "encryption_key")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *App) parseAgent(w *words) error {
	args := w.RemainingArgs()
	if len(args) != 2 {
		return w.Err("agent needs an e-mail address and a hash from `caddy hash-password`")
	}
	agent := &Agent{Email: args[0], Hash: args[1]}
	if !strings.Contains(agent.Email, "{") {
		email, err := cleanEmail(agent.Email)
		if err != nil {
			return w.at(err)
		}
		for _, other := range a.Agents {
			if strings.EqualFold(other.Email, email) {
				return w.Errf("agent %s is there twice; each e-mail address can have one", email)
			}
		}
		agent.Email = email
	}
	if !strings.Contains(agent.Hash, "{") {
		if _, err := hashModule(agent.Hash); err != nil {
			return w.at(fmt.Errorf("agent %s: %w", agent.Email, err))
		}
	}
	inner := &words{Dispenser: w.Dispenser}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if err := inner.once(); err != nil {
			return err
		}
		if err := agent.parseWord(inner); err != nil {
			return err
		}
	}
	a.Agents = append(a.Agents, agent)
	return nil
}

func (a *Agent) parseWord(w *words) error {
	switch w.Val() {
	case "name":
		return w.one(&a.Name)
	case "role":
		if err := w.one(&a.Role); err != nil {
			return err
		}
		_, err := parseRole(a.Role)
		return w.at(err)
	case "sites":
		if err := w.some(&a.Sites); err != nil {
			return err
		}
		for _, s := range a.Sites {
			if err := checkSite(s); err != nil {
				return w.at(err)
			}
		}
		return nil
	}
	return w.unknown("name", "role", "sites")
}
