package badger

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// StartTabSecret stores a new tab secret.
func (s *Store) StartTabSecret(ctx context.Context, m chat.TabSecret) error {
	return s.change(ctx, func(t *tx) error {
		old, err := readTabSecret(t, m.Hash)
		if err == nil {
			if old.Site == m.Site && old.Session == m.Session {
				return nil // the same again
			}
			return fmt.Errorf("the tab secret: %w", chat.ErrConflict)
		}
		if !database.IsNotFound(err) {
			return err
		}
		return t.putTabSecret(m)
	})
}

// TabSecret returns a tab secret.
func (s *Store) TabSecret(ctx context.Context, secret chat.Hash) (out chat.TabSecret, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		out, err = readTabSecret(r, secret)
		return err
	})
	return out, err
}

// TouchTabSecret notes that a tab with this secret was in contact.
func (s *Store) TouchTabSecret(ctx context.Context, secret chat.Hash, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		m, err := readTabSecret(t, secret)
		if err != nil || !at.After(m.Contact) {
			return err
		}
		m.Contact = at
		return t.putTabSecret(m)
	})
}

func (t *tx) putTabSecret(m chat.TabSecret) error {
	return t.PutJSON(layout.TabSecretKey(m.Hash), m, 0)
}

func readTabSecret(r database.Reader, secret chat.Hash) (chat.TabSecret, error) {
	stored, err := r.Get(layout.TabSecretKey(secret))
	if err != nil {
		return chat.TabSecret{}, err
	}
	return layout.DecodeJSON[chat.TabSecret](stored.Value)
}
