package service

import (
	"context"

	"github.com/parley-chat/parley/chat"
)

// Rate keeps what the visitor thinks of their conversation, which was resolved so
// many times (Conversation.Resolves), and returns it as it then is. It takes the
// place of what they said before; the same once more changes nothing.
// ErrNotResolved where that is over, and what Rating.Clean and Conversation give.
func (v *Visit) Rate(ctx context.Context, r chat.Rating) (chat.Conversation, error) {
	r, err := r.Clean()
	if err != nil {
		return chat.Conversation{}, err
	}
	c, err := v.Conversation(ctx)
	if err != nil {
		return chat.Conversation{}, err
	}
	st, err := v.service.open()
	if err != nil {
		return chat.Conversation{}, err
	}
	c, _, err = st.ChangeConversation(ctx, c.ID, chat.Change{Rating: &r, By: v.author()}, v.service.now())
	return c, err
}
