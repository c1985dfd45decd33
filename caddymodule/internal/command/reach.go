package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	"github.com/parley-chat/parley/caddymodule/internal/store"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/export"
	"github.com/parley-chat/parley/storage/badger"
)

// desk is where a command is done: at the server that runs, or at a directory.
type desk interface {
	stats(context.Context) (chat.Stats, error)
	backup(context.Context, io.Writer) error
	personalData(context.Context, chat.Subject) ([]chat.PersonalData, error)
	export(context.Context, chat.Subject, io.Writer) error
	erase(context.Context, chat.Subject) ([]chat.PersonalData, error)
	compact(context.Context, func(chat.Progress)) (chat.Compaction, error)
	close()
}

// desk finds the store: in the directory that --path names; at the server; or,
// where no server answers, in the directory that the configuration names.
func (c *command) desk(ctx context.Context) (desk, error) {
	if c.path != "" {
		return c.openDirectory(ctx)
	}
	s, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.openDirectory(ctx)
	}
	return s, nil
}

// server returns the server that runs, or nil where none answers and the
// configuration names the directory.
func (c *command) server(ctx context.Context) (*atServer, error) {
	if c.key != "" {
		return nil, errors.New("--encryption-key goes with --path; a server that runs has its own")
	}
	address, err := caddycmd.DetermineAdminAPIAddress(c.address, nil, c.config, c.adapter)
	if err != nil {
		return nil, fmt.Errorf("finding the server's admin address: %w", err)
	}
	s := &atServer{address: address}
	err = s.ping(ctx)
	switch {
	case err == nil:
		return s, nil
	case c.config != "":
		say("no server answers at %s: opening the store itself", address)
		return nil, nil
	default:
		return nil, fmt.Errorf("no server answers at %s, and no directory is named: start the server; name its admin address with --address, "+
			"or its configuration with --config; or, where it is stopped, name the store's directory with --path (%w)", address, err)
	}
}

// options say which directory it is.
func (c *command) options() (badger.Options, error) {
	b := &store.Badger{Path: c.path, EncryptionKey: c.key}
	switch {
	case c.path != "":
	case c.config != "":
		configured, err := c.configured()
		if err != nil {
			return badger.Options{}, err
		}
		b = configured
	default:
		return badger.Options{}, errors.New("name the store's directory with --path, or the server's configuration with --config")
	}
	if err := b.Provision(caddy.Context{}); err != nil {
		return badger.Options{}, err
	}
	return b.Options(), nil
}

// configured returns the store that a configuration names.
func (c *command) configured() (*store.Badger, error) {
	text, _, _, err := caddycmd.LoadConfig(c.config, c.adapter)
	if err != nil {
		return nil, err
	}
	var config struct {
		Apps struct {
			Chat struct {
				Storage json.RawMessage `json:"storage"`
			} `json:"chat"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("reading %s: %w", c.config, err)
	}
	b := new(store.Badger)
	if len(config.Apps.Chat.Storage) == 0 {
		return b, nil // the default
	}
	var kind struct {
		Module string `json:"module"`
	}
	if err := json.Unmarshal(config.Apps.Chat.Storage, &kind); err != nil {
		return nil, fmt.Errorf("reading the storage of %s: %w", c.config, err)
	}
	if kind.Module != "badger" {
		return nil, fmt.Errorf("%s uses storage %s, which has no directory: this works only while the server runs", c.config, kind.Module)
	}
	if err := json.Unmarshal(config.Apps.Chat.Storage, b); err != nil {
		return nil, fmt.Errorf("reading the storage of %s: %w", c.config, err)
	}
	return b, nil
}

func (c *command) openDirectory(ctx context.Context) (desk, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	o.MustExist = true
	s, err := badger.Open(ctx, o)
	if errors.Is(err, badger.ErrInUse) {
		return nil, inUse(o)
	}
	if err != nil {
		return nil, err
	}
	return &atDirectory{s}, nil
}

// atDirectory works on a directory that no server uses.
type atDirectory struct{ store *badger.Store }

func (d *atDirectory) stats(ctx context.Context) (chat.Stats, error) { return d.store.Stats(ctx) }

func (d *atDirectory) backup(ctx context.Context, w io.Writer) error { return d.store.Backup(ctx, w) }

func (d *atDirectory) personalData(ctx context.Context, who chat.Subject) ([]chat.PersonalData, error) {
	found, err := d.store.PersonalData(ctx, who)
	if err == nil && len(found) == 0 {
		err = chat.ErrNotFound
	}
	return found, err
}

func (d *atDirectory) export(ctx context.Context, who chat.Subject, w io.Writer) error {
	found, err := d.personalData(ctx, who)
	if err != nil {
		return err
	}
	return export.Write(ctx, w, d.store, found, time.Now())
}

func (d *atDirectory) erase(ctx context.Context, who chat.Subject) ([]chat.PersonalData, error) {
	return d.store.Erase(ctx, who)
}

func (d *atDirectory) compact(ctx context.Context, report func(chat.Progress)) (chat.Compaction, error) {
	return d.store.Compact(ctx, report)
}

func (d *atDirectory) close() {
	if err := d.store.Close(); err != nil {
		say("closing the store: %v", err)
	}
}
