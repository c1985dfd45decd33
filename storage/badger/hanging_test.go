package badger

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// holder is a log that holds the engine up where it says that it is about to
// write a commit, as a disk does that hangs in that very moment.
type holder struct {
	armed   chan struct{}
	reached chan struct{}
	release chan struct{}
}

func (h holder) Enabled(context.Context, slog.Level) bool { return true }
func (h holder) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h holder) WithGroup(string) slog.Handler            { return h }
func (h holder) Handle(_ context.Context, r slog.Record) error {
	says := false
	r.Attrs(func(a slog.Attr) bool {
		says = says || strings.HasPrefix(a.Value.String(), database.AboutToWriteLog)
		return true
	})
	if !says {
		return nil
	}
	select {
	case <-h.armed:
		h.reached <- struct{}{}
		<-h.release
	default:
	}
	return nil
}

// Nor must they wait for the value log to be cleaned, where somebody else, a
// compaction say, waits to replace the engine.
func TestCleaningHoldsUpNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	h := holder{make(chan struct{}, 1), make(chan struct{}), make(chan struct{})}
	s := mustOpen(t, Options{Path: t.TempDir(), Logger: slog.New(h)})
	for n := range uint64(2 * directory.ValueLogFileSize / layout.ChunkSize) {
		if err := s.change(bg, func(t *tx) error {
			t.Put(layout.ChunkKey("file", n), database.Record{Value: make([]byte, layout.ChunkSize)})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range uint64(2*directory.ValueLogFileSize/layout.ChunkSize) - 1 {
		if err := s.change(bg, func(t *tx) error {
			if n%10 > 0 {
				t.Delete(layout.ChunkKey("file", n))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	cleaned := make(chan bool, 1)
	for reached := false; !reached; {
		overwrite(t, s) // the engine learns of what is deleted when it merges, which may be later
		h.armed <- struct{}{}
		go func() { cleaned <- s.kv.CollectOnce() }()
		select {
		case <-h.reached:
			reached = true
		case <-cleaned: // nothing yet
			<-h.armed
		}
	}
	if s.kv.Using.TryLock() {
		s.kv.Using.Unlock()
	} else {
		t.Error("whoever replaces the engine waits for the cleaning, and everybody behind")
	}
	close(h.release)
	if !<-cleaned {
		t.Error("the value log was not cleaned")
	}
}

// Who reads must not wait for a commit that is under way: the disk may hang.
func TestReadWhileCommitHangs(t *testing.T) {
	h := holder{make(chan struct{}, 1), make(chan struct{}), make(chan struct{})}
	s := mustOpen(t, Options{Path: t.TempDir(), Logger: slog.New(h)})
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	h.armed <- struct{}{}
	written := make(chan error, 1)
	go func() {
		_, _, err := s.ChangeConversation(bg, id, says("held up", "more"), time.Now())
		written <- err
	}()
	<-h.reached
	read := make(chan []chat.Message, 1)
	go func() {
		ms, err := s.Messages(bg, id, chat.Range{Limit: 10})
		if err != nil {
			t.Error(err)
		}
		read <- ms
	}()
	select {
	case ms := <-read:
		if len(ms) != 1 {
			t.Errorf("%d messages while the second is being written", len(ms))
		}
	case <-time.After(time.Minute):
		t.Error("a read waits for the write")
	}
	close(h.release)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if ms, err := s.Messages(bg, id, chat.Range{Limit: 10}); err != nil || len(ms) != 2 {
		t.Errorf("afterwards: %d messages, %v", len(ms), err)
	}
}
