package badger

import (
	"context"
	"fmt"
	"slices"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// StartSession keeps a new anonymous session that the token opens.
func (s *Store) StartSession(ctx context.Context, n chat.Session, token chat.Hash) error {
	return s.change(ctx, func(t *tx) error { return t.startSession(n, token) })
}

// Session returns the session that a token opens.
func (s *Store) Session(ctx context.Context, token chat.Hash) (out chat.Session, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
		id, err := r.Get(layout.SessionTokenKey(token))
		if err != nil {
			return err
		}
		rec, err := readSession(r, chat.SessionID(id.Value))
		out = rec.Session
		return err
	})
	return out, err
}

// SessionByID is Session by its name.
func (s *Store) SessionByID(ctx context.Context, id chat.SessionID) (out chat.Session, err error) {
	err = s.view(ctx, func(r database.Snapshot) error {
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
	case database.IsNotFound(err):
		rec = layout.SessionRecord{Session: n}
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
func (t *tx) addToken(rec *layout.SessionRecord, token chat.Hash) (bool, error) {
	if slices.Contains(rec.Tokens, token) {
		return false, nil
	}
	if _, err := t.Get(layout.SessionTokenKey(token)); err == nil {
		return false, fmt.Errorf("the token opens another session: %w", chat.ErrConflict)
	} else if !database.IsNotFound(err) {
		return false, err
	}
	rec.Tokens = append(rec.Tokens, token)
	for len(rec.Tokens) > chat.MaxTokens {
		t.Delete(layout.SessionTokenKey(rec.Tokens[0]))
		rec.Tokens = rec.Tokens[1:]
	}
	t.Put(layout.SessionTokenKey(token), database.Record{Value: []byte(rec.ID)})
	return true, nil
}

// dropSession deletes a session and all that opens it.
func (t *tx) dropSession(rec layout.SessionRecord) {
	for _, token := range rec.Tokens {
		t.Delete(layout.SessionTokenKey(token))
	}
	t.Delete(layout.SessionKey(rec.ID))
}

// putSession stores a session. An ended one and its tokens are forgotten after
// chat.EndedRetention.
func (t *tx) putSession(rec layout.SessionRecord) error {
	var expires uint64
	if !rec.Live() {
		expires = expiry(chat.EndedRetention)
		for _, token := range rec.Tokens {
			t.Put(layout.SessionTokenKey(token), database.Record{Value: []byte(rec.ID), Expires: expires})
		}
	}
	rec.Texts = make([]string, len(rec.Tokens))
	for i, token := range rec.Tokens {
		rec.Texts[i] = token.String()
	}
	return t.PutJSON(layout.SessionKey(rec.ID), rec, expires)
}

func readSession(r database.Reader, id chat.SessionID) (layout.SessionRecord, error) {
	stored, err := r.Get(layout.SessionKey(id))
	if err != nil {
		return layout.SessionRecord{}, err
	}
	return layout.DecodeSession(stored.Value)
}

// expiry is when a record that is to be kept so long from now is forgotten, a
// second later rather than earlier, since the engine counts whole ones.
func expiry(kept time.Duration) uint64 {
	return uint64(time.Now().Add(kept).Unix()) + 1
}

// newSessions finds a person's sessions stored since a snapshot.
type newSessions struct {
	db    *database.DB
	since uint64
}

// newSessions begins with a snapshot taken now.
func (s *Store) newSessions(ctx context.Context) (n newSessions, err error) {
	err = s.view(ctx, func(snap database.Snapshot) error {
		n = newSessions{snap.DB, snap.Txn.ReadTs()}
		return nil
	})
	return n, err
}

// of returns the sessions that a person has and that came or changed since. Call
// it in the writer.
func (n newSessions) of(t *tx, ref personRef) (out []layout.SessionRecord, err error) {
	if t.snap().DB != n.db {
		return nil, kv.ErrMoved
	}
	add := func(value []byte) {
		if rec, err := layout.DecodeSession(value); err == nil && rec.Site == ref.site && rec.Person == ref.key {
			out = append(out, rec)
		}
	}
	it := t.snap().Txn.NewIterator(engine.IteratorOptions{Prefix: []byte{layout.KindSession}, SinceTs: n.since})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if t.ChangedBefore(it.Item().Key()) {
			continue
		}
		if err := it.Item().Value(func(value []byte) error { add(value); return nil }); err != nil {
			return nil, err
		}
	}
	for key, r := range t.PutBefore() {
		if key[0] == layout.KindSession {
			add(r.Value)
		}
	}
	return slices.Clip(out), nil
}
