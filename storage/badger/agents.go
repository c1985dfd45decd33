package badger

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// StartAgentSession keeps an agent's session, for as long as one may live.
func (s *Store) StartAgentSession(ctx context.Context, n chat.AgentSession) error {
	return s.change(ctx, func(t *tx) error {
		return t.PutJSON(layout.AgentSessionKey(n.Token), n, expiry(chat.AgentLife))
	})
}

// AgentSession returns an agent's session.
func (s *Store) AgentSession(ctx context.Context, token chat.Hash) (out chat.AgentSession, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		stored, err := r.Get(layout.AgentSessionKey(token))
		if err != nil {
			return err
		}
		out, err = layout.DecodeJSON[chat.AgentSession](stored.Value)
		return err
	})
	return out, err
}

// TouchAgentSession moves the time of an agent's last contact.
func (s *Store) TouchAgentSession(ctx context.Context, token chat.Hash, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		key := layout.AgentSessionKey(token)
		stored, err := t.Get(key)
		if err != nil {
			return err
		}
		a, err := layout.DecodeJSON[chat.AgentSession](stored.Value)
		if err != nil || !at.After(a.Contact) {
			return err
		}
		a.Contact = at
		return t.PutJSON(key, a, stored.Expires)
	})
}

// EndAgentSession forgets an agent's session.
func (s *Store) EndAgentSession(ctx context.Context, token chat.Hash) error {
	return s.change(ctx, func(t *tx) error {
		key := layout.AgentSessionKey(token)
		if _, err := t.Get(key); database.IsNotFound(err) {
			return nil
		} else if err != nil {
			return err
		}
		t.Delete(key)
		return nil
	})
}
