package store

import (
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// UnmarshalCaddyfile reads the block of storage badger; see the global option
// chat.
func (b *Badger) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	w := &config.Block{Dispenser: d}
	d.Next() // the guest's name
	b.Source = config.Source(d)
	if d.NextArg() {
		return w.ArgErr()
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := w.Once(); err != nil {
			return err
		}
		var err error
		switch d.Val() {
		case "path":
			err = w.One(&b.Path)
		case "encryption_key":
			if err = w.One(&b.EncryptionKey); err == nil && !strings.Contains(b.EncryptionKey, "{") {
				_, err = parseKey(b.EncryptionKey)
				err = w.At(err)
			}
		default:
			err = w.Unknown("path", "encryption_key")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
