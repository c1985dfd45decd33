package badger

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// StartTabSecret keeps a new mark.
func (s *Store) StartTabSecret(ctx context.Context, m chat.TabSecret) error {
	return s.change(ctx, func(t *tx) error {
		old, err := readMark(t, m.Hash)
		if err == nil {
			if old.Site == m.Site && old.Session == m.Session {
				return nil // the same again
			}
			return fmt.Errorf("the mark: %w", chat.ErrConflict)
		}
		if !database.IsNotFound(err) {
			return err
		}
		return t.putMark(m)
	})
}

// TabSecret returns a mark.
func (s *Store) TabSecret(ctx context.Context, mark chat.Hash) (out chat.TabSecret, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		out, err = readMark(r, mark)
		return err
	})
	return out, err
}

// TouchTabSecret notes that a tab with this mark was heard of.
func (s *Store) TouchTabSecret(ctx context.Context, mark chat.Hash, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		m, err := readMark(t, mark)
		if err != nil || !at.After(m.Contact) {
			return err
		}
		m.Contact = at
		return t.putMark(m)
	})
}

func (t *tx) putMark(m chat.TabSecret) error { return t.PutJSON(layout.MarkKey(m.Hash), m, 0) }

func readMark(r database.Reader, mark chat.Hash) (chat.TabSecret, error) {
	stored, err := r.Get(layout.MarkKey(mark))
	if err != nil {
		return chat.TabSecret{}, err
	}
	return layout.DecodeJSON[chat.TabSecret](stored.Value)
}
