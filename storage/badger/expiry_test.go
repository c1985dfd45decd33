package badger

import (
	"errors"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// expires returns when a record is forgotten; zero for never.
func expires(t *testing.T, s *Store, key []byte) (at time.Time) {
	t.Helper()
	if err := s.view(bg, func(r database.Snapshot) error {
		stored, err := r.Get(key)
		if err == nil && stored.Expires > 0 {
			at = time.Unix(int64(stored.Expires), 0)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return at
}

func TestExpiry(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	before := time.Now()
	within := func(what string, at time.Time, kept time.Duration) {
		t.Helper()
		if at.Before(before.Add(kept)) || at.After(time.Now().Add(kept+2*time.Second)) {
			t.Errorf("%s is forgotten %v from now, want %v", what, at.Sub(before), kept)
		}
	}
	token, agent := chat.HashOf("token"), chat.HashOf("agent")
	if err := s.StartSession(bg, chat.Session{ID: "s1", Site: "shop"}, token); err != nil {
		t.Fatal(err)
	}
	if err := s.StartAgentSession(bg, chat.AgentSession{Token: agent}); err != nil {
		t.Fatal(err)
	}
	for _, key := range [][]byte{layout.SessionKey("s1"), layout.SessionTokenKey(token)} {
		if at := expires(t, s, key); !at.IsZero() {
			t.Errorf("a live session is forgotten at %v", at)
		}
	}
	// By whatever clock it is said to have ended.
	end := chat.SessionChange{End: &chat.SessionEnd{At: time.Unix(1, 0), Ending: chat.EndedByTime}}
	if _, err := s.ChangeSession(bg, "s1", end); err != nil {
		t.Fatal(err)
	}
	within("an ended session", expires(t, s, layout.SessionKey("s1")), chat.EndedRetention)
	within("its token", expires(t, s, layout.SessionTokenKey(token)), chat.EndedRetention)
	within("an agent's session", expires(t, s, layout.AgentSessionKey(agent)), chat.AgentLife)
	if err := s.TouchAgentSession(bg, agent, time.Now()); err != nil {
		t.Fatal(err)
	}
	within("an agent's session that was in contact", expires(t, s, layout.AgentSessionKey(agent)), chat.AgentLife)
}

// What is over its time is not found.
func TestExpired(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	token := chat.HashOf("token")
	put := func(at time.Time) {
		t.Helper()
		if err := s.change(bg, func(t *tx) error {
			t.Put(layout.SessionTokenKey(token), database.Record{Value: []byte("s1"), Expires: uint64(at.Unix())})
			return t.PutJSON(layout.SessionKey("s1"), layout.SessionRecord{Session: chat.Session{ID: "s1"}}, uint64(at.Unix()))
		}); err != nil {
			t.Fatal(err)
		}
	}
	put(time.Now().Add(time.Hour))
	if _, err := s.Session(bg, token); err != nil {
		t.Error(err)
	}
	put(time.Now().Add(-time.Second))
	if _, err := s.Session(bg, token); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("by token: %v", err)
	}
	if _, err := s.SessionByID(bg, "s1"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("by name: %v", err)
	}
}

// A job that panics fails alone.
func TestPanicFailsOneCall(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	err := s.change(bg, func(t *tx) error {
		t.Put([]byte("half"), database.Record{})
		panic("a bug")
	})
	if !errors.Is(err, chat.ErrUnavailable) {
		t.Error(err)
	}
	if err := s.view(bg, func(r database.Snapshot) error { _, err := r.Get([]byte("half")); return err }); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("its changes: %v", err)
	}
	tooBig := func(*kv.Tx) error { return kv.ErrTooBig }
	if err := s.kv.ChangeInStages(bg, tooBig, func(*kv.Writer) error { panic("a bug") }); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("in stages: %v", err)
	}
	if err := s.view(bg, func(database.Snapshot) error { panic("a bug") }); !errors.Is(err, chat.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := visit(t, s, 1); err != nil {
		t.Error(err)
	}
}
