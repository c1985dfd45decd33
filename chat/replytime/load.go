package replytime

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/chat"
)

// Bounds of what is read of a store: the conversations of the latest activity, and
// the last messages of each.
const (
	maxConversations = 100
	inboxPage        = 50
	maxMessages      = 100
)

// Store is what is read of a chat.Store.
type Store interface {
	Inbox(ctx context.Context, f chat.Filter, cursor string, limit int) ([]chat.Conversation, string, error)
	Messages(ctx context.Context, id chat.ConversationID, r chat.Range) ([]chat.Message, error)
}

// Unread reports whether a site's waits of before this process are still to be read,
// and leaves that to whoever asks, who calls Load or Retry.
func (m *Memory) Unread(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.site(name)
	was := s.loading
	s.loading = true
	return !was
}

// Retry has the next one who asks Unread read what could not be read.
func (m *Memory) Retry(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.site(name).loading = false
}

// Load reads the last waits of a site. What is committed meanwhile may be read and
// told, and counts once.
func (m *Memory) Load(ctx context.Context, st Store, name string) error {
	var waits []wait
	cursor := ""
	for read := 0; read < maxConversations; {
		list, next, err := st.Inbox(ctx, chat.Filter{Sites: []string{name}}, cursor, inboxPage)
		if err != nil {
			return fmt.Errorf("looking for what was answered lately: %w", err)
		}
		for _, c := range list {
			if c.Answered == 0 {
				continue
			}
			messages, err := st.Messages(ctx, c.ID, chat.Range{Backwards: true, Limit: maxMessages})
			if err != nil {
				return fmt.Errorf("reading what was answered lately: %w", err)
			}
			waits = append(waits, ofMessages(c.ID, messages)...)
		}
		read += len(list)
		if cursor = next; next == "" {
			break
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.site(name).add(waits...)
	return nil
}
