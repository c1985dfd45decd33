package badger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/chat"
)

// StartSession keeps a new anonymous session that the token opens.
func (s *Store) StartSession(ctx context.Context, n chat.Session, token chat.Hash) error {
	return s.change(ctx, func(t *tx) error { return t.startSession(n, token) })
}

// Session returns the session that a token opens.
func (s *Store) Session(ctx context.Context, token chat.Hash) (out chat.Session, err error) {
	err = s.view(ctx, func(r snapshot) error {
		id, err := r.get(sessionTokenKey(token))
		if err != nil {
			return err
		}
		rec, err := readSession(r, chat.SessionID(id.value))
		out = rec.Session
		return err
	})
	return out, err
}

// SessionByID is Session by its name.
func (s *Store) SessionByID(ctx context.Context, id chat.SessionID) (out chat.Session, err error) {
	err = s.view(ctx, func(r snapshot) error {
		rec, err := readSession(r, id)
		out = rec.Session
		return err
	})
	return out, err
}

// ChangeSession applies a change by chat.Session.Apply.
func (s *Store) ChangeSession(ctx context.Context, id chat.SessionID, ch chat.SessionChange) (chat.Session, error) {
	var out chat.Session
	err := s.change(ctx, func(t *tx) error {
		rec, err := readSession(t, id)
		if err != nil {
			return err
		}
		before := rec.Session
		if err := rec.Apply(ch); err != nil {
			return err
		}
		out = rec.Session
		added := false
		if ch.AddToken != nil && before.Live() {
			if added, err = t.addToken(&rec, *ch.AddToken); err != nil {
				return err
			}
		}
		if rec.Session == before && !added {
			return nil
		}
		return t.putSession(rec)
	})
	if err != nil {
		return chat.Session{}, err
	}
	return out, nil
}

// startSession makes a session, or adds a token to the same one. A session
// that has ended stays so.
func (t *tx) startSession(n chat.Session, token chat.Hash) error {
	rec, err := readSession(t, n.ID)
	switch {
	case isNotFound(err):
		rec = sessionRecord{Session: n}
	case err != nil:
		return err
	case rec.Site != n.Site || rec.Person != n.Person:
		return fmt.Errorf("session %s: %w", n.ID, chat.ErrConflict)
	case !rec.Live():
		return chat.ErrEnded
	}
	added, err := t.addToken(&rec, token)
	if err != nil || !added {
		return err
	}
	return t.putSession(rec)
}

// addToken lets one more token open the session and forgets the oldest beyond
// chat.MaxTokens. It reports whether the token is new.
func (t *tx) addToken(rec *sessionRecord, token chat.Hash) (bool, error) {
	if slices.Contains(rec.Tokens, token) {
		return false, nil
	}
	if _, err := t.get(sessionTokenKey(token)); err == nil {
		return false, fmt.Errorf("the token opens another session: %w", chat.ErrConflict)
	} else if !isNotFound(err) {
		return false, err
	}
	rec.Tokens = append(rec.Tokens, token)
	for len(rec.Tokens) > chat.MaxTokens {
		t.delete(sessionTokenKey(rec.Tokens[0]))
		rec.Tokens = rec.Tokens[1:]
	}
	t.put(sessionTokenKey(token), record{value: []byte(rec.ID)})
	return true, nil
}

// dropSession deletes a session and all that opens it.
func (t *tx) dropSession(rec sessionRecord) {
	for _, token := range rec.Tokens {
		t.delete(sessionTokenKey(token))
	}
	t.delete(sessionKey(rec.ID))
}

// putSession stores a session. An ended one and its tokens are forgotten after
// chat.EndedKept.
func (t *tx) putSession(rec sessionRecord) error {
	var expires uint64
	if !rec.Live() {
		expires = expiry(chat.EndedKept)
		for _, token := range rec.Tokens {
			t.put(sessionTokenKey(token), record{value: []byte(rec.ID), expires: expires})
		}
	}
	rec.Texts = make([]string, len(rec.Tokens))
	for i, token := range rec.Tokens {
		rec.Texts[i] = token.String()
	}
	return t.putJSON(sessionKey(rec.ID), rec, expires)
}

func readSession(r reader, id chat.SessionID) (sessionRecord, error) {
	stored, err := r.get(sessionKey(id))
	if err != nil {
		return sessionRecord{}, err
	}
	return decodeSession(stored.value)
}

// expiry is when a record that is to be kept so long from now is forgotten, a
// second later rather than earlier, since the engine counts whole ones.
func expiry(kept time.Duration) uint64 {
	return uint64(time.Now().Add(kept).Unix()) + 1
}
