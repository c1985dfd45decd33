package store

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger"
)

func init() {
	caddy.RegisterModule(new(Badger))
}

// Opener is what a module in the namespace chat.storage must be.
type Opener interface {
	// OpenStore opens the store. It is tried again when it fails.
	OpenStore(ctx context.Context, log *slog.Logger) (chat.Store, error)
	// StoreKey names what is opened, and nothing else: configurations with the
	// same key share one open store.
	StoreKey() string
}

// Checker is a StoreOpener that can read a store that does not open.
type Checker interface {
	// CheckStore reads all of a store that nobody has open, as chat.Checker does.
	CheckStore(ctx context.Context, report func(chat.Progress)) (chat.Check, error)
}

// Badger keeps everything in a directory of this machine, in an embedded
// database. Only one server at a time can use a directory, and it must not be
// on a network file system.
type Badger struct {
	// The directory. It is made if it does not exist, and should hold nothing
	// else. The default is the folder parley in Caddy's data directory.
	Path string `json:"path,omitempty"`

	// A key of 16, 24 or 32 bytes, in hexadecimal or base64, with which
	// everything on disk is encrypted (AES). It may be a placeholder such as
	// {env.PARLEY_KEY}. The default is no encryption. A store can't be opened
	// with another key than it was made with.
	EncryptionKey string `json:"encryption_key,omitempty"`

	// Where it is written, as file and line, such as Caddyfile:4. It is for messages
	// only, and filled in by the Caddyfile adapter.
	Source string `json:"source,omitempty"`

	path string
	key  []byte
}

// CaddyModule returns the module's ID and constructor.
func (*Badger) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "chat.storage.badger", New: func() caddy.Module { return new(Badger) }}
}

// Provision finds the directory, without touching it.
func (b *Badger) Provision(caddy.Context) error {
	path, err := config.Required(b.Path)
	if err != nil {
		return b.at("path", fmt.Errorf("%w: give it a value, or leave path out for the default, %s; no store is opened elsewhere instead, "+
			"since what was said would be missing there", err, defaultPath()))
	}
	if path == "" {
		path = defaultPath()
	}
	if b.path, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("finding the chat's directory %s: %w", path, err)
	}
	if b.EncryptionKey == "" {
		return nil
	}
	key, err := config.Required(b.EncryptionKey)
	if err != nil {
		return b.at("encryption_key", err)
	}
	if b.key, err = parseKey(key); err != nil {
		return b.at("encryption_key", err)
	}
	return nil
}

func defaultPath() string { return filepath.Join(caddy.AppDataDir(), "parley") }

// at says which word an error is about, and where that is written.
func (b *Badger) at(word string, err error) error {
	if b.Source == "" {
		return fmt.Errorf("storage badger: %s: %w", word, err)
	}
	return fmt.Errorf("storage badger (%s): %s: %w", b.Source, word, err)
}

// parseKey reads an encryption key.
func parseKey(text string) ([]byte, error) {
	decoders := []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	}
	for _, decode := range decoders {
		key, err := decode(text)
		if err == nil && (len(key) == 16 || len(key) == 24 || len(key) == 32) {
			return key, nil
		}
	}
	return nil, errors.New("the key must be 16, 24 or 32 bytes in hexadecimal or base64, " +
		"such as `openssl rand -hex 32` makes")
}

// StoreKey is the directory.
func (b *Badger) StoreKey() string { return "badger " + b.path }

// Options say which directory it is, once provisioned.
func (b *Badger) Options() badger.Options {
	return badger.Options{Path: b.path, EncryptionKey: b.key}
}

// OpenStore opens the directory.
func (b *Badger) OpenStore(ctx context.Context, log *slog.Logger) (chat.Store, error) {
	o := b.Options()
	o.Logger = log
	store, err := badger.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// CheckStore checks the directory.
func (b *Badger) CheckStore(ctx context.Context, report func(chat.Progress)) (chat.Check, error) {
	return badger.CheckDirectory(ctx, b.Options(), report)
}

// Interface guards
var (
	_ caddy.Provisioner = (*Badger)(nil)
	_ Opener            = (*Badger)(nil)
	_ Checker           = (*Badger)(nil)
)
