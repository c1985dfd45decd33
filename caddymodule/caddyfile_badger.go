package caddymodule

import (
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

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
