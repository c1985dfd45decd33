package badger

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// policy has everything expire that is older than a day.
var policy = chat.Expiry{Now: time.Now(), Retention: 24 * time.Hour,
	Lives: func(string) chat.Lives { return chat.Lives{Session: 24 * time.Hour, TabSecret: 24 * time.Hour} }}

// What is too old is looked for, and deleted, a few at a time, so that a first
// Expire of a big store takes no more memory than any other.
func TestExpireInSteps(t *testing.T) {
	const many = 2*lookAtOnce + 7
	waiting := 0 // of those that were found, by the most that came at once
	found := 0
	s := mustOpen(t, Options{Path: t.TempDir(), Free: func(string) (uint64, error) { // asked for before each commit
		waiting, found = max(waiting, found), 0
		return 1 << 40, nil
	}})
	old := policy.Now.Add(-48 * time.Hour)
	for from := range many {
		if from%lookAtOnce > 0 {
			continue
		}
		if err := s.change(bg, func(t *tx) error {
			for n := from; n < min(from+lookAtOnce, many); n++ {
				id := chat.SessionID(fmt.Sprintf("%06d", n))
				if err := t.startSession(chat.Session{ID: id, Site: "shop", Created: old}, chat.HashOf(string(id))); err != nil {
					return err
				}
				if err := t.putTabSecret(chat.TabSecret{Hash: chat.HashOf(fmt.Sprint("mark", n)), Site: "shop", Created: old}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	counting := policy
	counting.Lives = func(string) chat.Lives { found++; return chat.Lives{} }
	waiting, found = 0, 0
	done, err := s.Expire(bg, counting)
	if err != nil || done.Sessions != many || done.TabSecrets != many {
		t.Fatalf("%d sessions and %d tab secrets of %d, %v", done.Sessions, done.TabSecrets, many, err)
	}
	if most := lookAtOnce + expireAtOnce; waiting > most {
		t.Errorf("%d were found before one was deleted, want at most %d", waiting, most)
	}
}

// One Expire deletes so many conversations at most, the next one the others.
func TestExpireAtMost(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	for n := range 7 {
		if _, err := visit(t, s, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.change(bg, func(t *tx) error { // which stops nothing
		t.Put(layout.ConversationKey("c0-damaged"), database.Record{Value: []byte("x")})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	later := policy
	later.Now = time.Now().Add(48 * time.Hour)
	for _, want := range []int{3, 3, 1, 0} {
		done, err := s.expire(bg, later, 3)
		if err != nil || len(done.Conversations) != want || done.Messages != want {
			t.Fatalf("%d conversations, %d messages, %v; want %d", len(done.Conversations), done.Messages, err, want)
		}
	}
}
