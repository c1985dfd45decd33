package session

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chat"
)

// Continues reports whether the visitor's session is the one of that name, or
// took its place as its visitor signed in. What a browser keeps of a session
// that has ended in any other way is not the visitor's to see.
func (v *Visitor) Continues(ctx context.Context, from chat.SessionID) (bool, error) {
	if from == "" || v.Who == chat.WhoNone {
		return false, nil
	}
	if from == v.Session.ID {
		return true, nil
	}
	f, err := v.registry.sessionByID(ctx, v.Site, from)
	if errors.Is(err, chat.ErrNotFound) || errors.Is(err, chat.ErrDamaged) {
		return false, nil // nothing shows that it was the visitor's
	}
	if err != nil {
		return false, err
	}
	chain, err := v.registry.successors(ctx, v.Site, f)
	if err != nil && !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrDamaged) {
		return false, err
	}
	for _, s := range chain {
		if s.ID == v.Session.ID {
			return true, nil
		}
		if s.Ending != chat.EndedByLogin {
			break
		}
	}
	return false, nil
}
