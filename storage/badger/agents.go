package badger

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chat"
)

// StartAgentSession keeps an agent's session, for as long as one may live.
func (s *Store) StartAgentSession(ctx context.Context, n chat.AgentSession) error {
	return s.change(ctx, func(t *tx) error {
		return t.putJSON(agentSessionKey(n.Token), n, expiry(chat.AgentLife))
	})
}

// AgentSession returns an agent's session.
func (s *Store) AgentSession(ctx context.Context, token chat.Hash) (out chat.AgentSession, err error) {
	err = s.view(ctx, func(r snapshot) error {
		stored, err := r.get(agentSessionKey(token))
		if err != nil {
			return err
		}
		out, err = decodeJSON[chat.AgentSession](stored.value)
		return err
	})
	return out, err
}

// HeardAgentSession moves the time an agent was last heard of.
func (s *Store) HeardAgentSession(ctx context.Context, token chat.Hash, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		key := agentSessionKey(token)
		stored, err := t.get(key)
		if err != nil {
			return err
		}
		a, err := decodeJSON[chat.AgentSession](stored.value)
		if err != nil || !at.After(a.Heard) {
			return err
		}
		a.Heard = at
		return t.putJSON(key, a, stored.expires)
	})
}

// EndAgentSession forgets an agent's session.
func (s *Store) EndAgentSession(ctx context.Context, token chat.Hash) error {
	return s.change(ctx, func(t *tx) error {
		key := agentSessionKey(token)
		if _, err := t.get(key); isNotFound(err) {
			return nil
		} else if err != nil {
			return err
		}
		t.delete(key)
		return nil
	})
}
