package badger

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// left counts the records that there are of a kind.
func left(t *testing.T, s *Store, kind byte) (n int) {
	t.Helper()
	if err := s.view(bg, func(snap database.Snapshot) error {
		database.EachKey(snap.Txn, []byte{kind}, func([]byte) { n++ })
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// What an interrupted deletion left can't be read, and goes after the start.
func TestInterruptedDeletion(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2000 / 100 {
		done := make(chan error)
		for i := range 100 {
			go func() {
				_, _, err := s.ChangeConversation(bg, id, says(fmt.Sprintf("client-%d-%d", n, i), "hello"), time.Now())
				done <- err
			}()
		}
		for range 100 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	}
	// As far as a deletion comes in its first transaction.
	if err := s.change(bg, func(t *tx) error { return t.dropConversation(id, true) }); err != nil {
		t.Fatal(err)
	}
	if ms, err := s.Messages(bg, id, chat.Range{Limit: 10}); err != nil || len(ms) != 0 {
		t.Fatalf("%d messages, %v", len(ms), err)
	}
	if left(t, s, layout.KindMessage) < 2000 {
		t.Fatal("the test shows nothing")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, Options{Path: dir})
	for end := time.Now().Add(time.Minute); left(t, s, layout.KindTombstone) > 0; {
		if time.Now().After(end) {
			t.Fatal("it was not finished")
		}
		time.Sleep(time.Millisecond) // between two looks; nothing depends on it
	}
	if n := left(t, s, layout.KindMessage) + left(t, s, layout.KindClientID); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

// A conversation whose claim was interrupted can be deleted like any other:
// the next start stumbles over nothing.
func TestDeletionOfAnInterruptedClaim(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.change(bg, func(t *tx) error { t.Put(layout.TruncationKey(id), database.Record{}); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(bg, chat.Subject{Conversation: id}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, Options{Path: dir})
}

// What an interrupted merge has copied has files that are another's.
func TestDeletionLeavesTheFilesOfCopies(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Upload(bg, chat.Upload{ID: "f-1", Conversation: id, Side: chat.Visitor, Name: "a", Type: "text/plain"}, strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	ch := says("client-file", "see")
	ch.Message.Attachments = []chat.Attachment{a}
	_, m, err := s.ChangeConversation(bg, id, ch, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	other, err := visit(t, s, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.change(bg, func(t *tx) error {
		t.Put(layout.MessageKey(other, 9), database.Record{Value: layout.EncodeMessage(m)})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(bg, chat.Subject{Conversation: other}); err != nil {
		t.Fatal(err)
	}
	_, r, err := s.Attachment(bg, id, m.Seq, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "content" {
		t.Fatalf("%q, %v", b, err)
	}
}
