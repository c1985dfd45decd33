package badger

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// OpenConversation returns the owner's conversation, or makes it from the seed.
func (s *Store) OpenConversation(ctx context.Context, owner chat.Owner, seed chat.Conversation) (chat.Conversation, error) {
	// Most often it is there, and reading is cheaper than the writer's turn.
	if c, err := s.ConversationOf(ctx, owner); !database.IsNotFound(err) {
		return c, err
	}
	var out chat.Conversation
	err := s.change(ctx, func(t *tx) error {
		c, err := t.conversationOf(owner)
		if database.IsNotFound(err) {
			c, err = t.openConversation(owner, seed)
		}
		if err != nil {
			return err
		}
		out = *c
		return nil
	})
	if err != nil {
		return chat.Conversation{}, err
	}
	return out, nil
}

func (t *tx) openConversation(owner chat.Owner, seed chat.Conversation) (*chat.Conversation, error) {
	if owner.TabSecret != nil {
		// Once its conversation was merged, nobody owns what a tab secret says: a new
		// conversation could never be merged, and the person's is not its to read.
		m, err := readTabSecret(t, *owner.TabSecret)
		if err == nil && !m.Merged.IsZero() {
			return nil, fmt.Errorf("its conversation was merged: %w", chat.ErrNotFound)
		}
		if err != nil && !database.IsNotFound(err) {
			return nil, err
		}
	}
	if _, err := t.conversation(seed.ID); err == nil {
		return nil, fmt.Errorf("conversation %s: %w", seed.ID, chat.ErrConflict)
	} else if !database.IsNotFound(err) {
		return nil, err
	}
	t.Put(layout.OwnerKey(owner), database.Record{Value: []byte(seed.ID)})
	return &seed, t.putConversation(&seed, chat.Committed{Owner: &owner})
}

// ConversationOf returns the owner's conversation.
func (s *Store) ConversationOf(ctx context.Context, owner chat.Owner) (out chat.Conversation, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		id, err := r.Get(layout.OwnerKey(owner))
		if err != nil {
			return err
		}
		c, err := database.ReadConversation(r, chat.ConversationID(id.Value))
		if err != nil {
			return err
		}
		out = *c
		return nil
	})
	return out, err
}

// Conversation returns a conversation, a merged one too.
func (s *Store) Conversation(ctx context.Context, id chat.ConversationID) (out chat.Conversation, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		c, err := database.ReadConversation(r, id)
		if err != nil {
			return err
		}
		out = *c
		return nil
	})
	return out, err
}

// ChangeConversation applies a change by chat.Conversation.Apply.
func (s *Store) ChangeConversation(ctx context.Context, id chat.ConversationID, ch chat.Change, now time.Time) (chat.Conversation, *chat.Message, error) {
	var (
		out chat.Conversation
		msg *chat.Message
	)
	now = now.UTC().Round(0) // as it reads after a restart
	err := s.change(ctx, func(t *tx) error {
		c, err := t.survivor(id)
		if err != nil {
			return err
		}
		msg, err = t.changeConversation(c, ch, now)
		out = *c
		return err
	})
	if err != nil {
		return chat.Conversation{}, nil, err
	}
	return out, msg, nil
}

func (t *tx) changeConversation(c *chat.Conversation, ch chat.Change, now time.Time) (*chat.Message, error) {
	if ch.Message != nil && ch.Message.ClientID != "" {
		m, err := t.sent(c, ch.Message.Author.Side, ch.Message.ClientID)
		if m != nil || err != nil {
			return m, err
		}
	}
	if err := c.Refuse(ch); err != nil {
		return nil, err
	}
	if ch.Message != nil && len(ch.Message.Attachments) > 0 {
		draft := *ch.Message // the caller's stays as it is
		var err error
		if draft.Attachments, err = t.attach(c, draft.Author.Side, draft.Attachments); err != nil {
			return nil, err
		}
		ch.Message = &draft
	}
	ch.ReadUnread = 0
	if after, needed := c.CountFrom(ch); needed {
		n, err := t.countUnread(c, ch.ReadBy, after)
		if err != nil {
			return nil, err
		}
		ch.ReadUnread = n
	}
	rev := c.Rev
	m := c.Apply(ch, now)
	if c.Rev == rev {
		return nil, nil
	}
	if m != nil {
		t.putMessage(c.ID, m)
	}
	return m, t.putConversation(c, chat.Committed{Message: m})
}

// mergeHops bounds how often a conversation may have been taken over.
const mergeHops = 8

// survivor returns the conversation, or the one that took it over.
func (t *tx) survivor(id chat.ConversationID) (*chat.Conversation, error) {
	for range mergeHops {
		c, err := t.conversation(id)
		if err != nil || c.MergedInto == "" {
			return c, err
		}
		id = c.MergedInto
	}
	return nil, unavailable.When("following merged conversations", fmt.Errorf("%s leads in circles", id))
}

// conversationOf returns the owner's conversation.
func (t *tx) conversationOf(owner chat.Owner) (*chat.Conversation, error) {
	id, err := t.Get(layout.OwnerKey(owner))
	if err != nil {
		return nil, err
	}
	return t.conversation(chat.ConversationID(id.Value))
}
