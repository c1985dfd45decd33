package badger

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// StartMark keeps a new mark.
func (s *Store) StartMark(ctx context.Context, m chat.Mark) error {
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

// Mark returns a mark.
func (s *Store) Mark(ctx context.Context, mark chat.Hash) (out chat.Mark, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		out, err = readMark(r, mark)
		return err
	})
	return out, err
}

// HeardMark notes that a tab with this mark was heard of.
func (s *Store) HeardMark(ctx context.Context, mark chat.Hash, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		m, err := readMark(t, mark)
		if err != nil || !at.After(m.Heard) {
			return err
		}
		m.Heard = at
		return t.putMark(m)
	})
}

func (t *tx) putMark(m chat.Mark) error { return t.PutJSON(layout.MarkKey(m.Hash), m, 0) }

func readMark(r database.Reader, mark chat.Hash) (chat.Mark, error) {
	stored, err := r.Get(layout.MarkKey(mark))
	if err != nil {
		return chat.Mark{}, err
	}
	return layout.DecodeJSON[chat.Mark](stored.Value)
}
