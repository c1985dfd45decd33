package badger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// listener passes on what is logged at info and above.
type listener struct{ said chan string }

func (l listener) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }
func (l listener) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l listener) WithGroup(string) slog.Handler                    { return l }
func (l listener) Handle(_ context.Context, r slog.Record) error {
	select {
	case l.said <- r.Message:
	default:
	}
	return nil
}

func (l listener) waitFor(t *testing.T, text string) {
	t.Helper()
	for said := range l.said {
		if strings.Contains(said, text) {
			return
		}
	}
}

// The disk goes away under a running store and comes back.
func TestHealsAfterDiskWasAway(t *testing.T) {
	l := listener{make(chan string, 1000)}
	dir := filepath.Join(t.TempDir(), "parley")
	s := mustOpen(t, Options{Path: dir, Logger: slog.New(l),
		Free: func(string) (uint64, error) { return 1 << 40, nil }})
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	missed := make(chan struct{}, 1)
	s.Subscribe(func(list []chat.Committed) {
		if len(list) == 0 {
			missed <- struct{}{}
		}
	})
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	// Open files still take what fits into them; then the engine needs a new one.
	text := strings.Repeat("\U0001F600", chat.MaxText)
	acknowledged := 1
	for n := 0; ; n++ {
		_, m, err := s.ChangeConversation(bg, id, says(fmt.Sprint("away-", n), text), time.Now())
		if err != nil {
			if !errors.Is(err, chat.ErrUnavailable) {
				t.Fatal(err)
			}
			break
		}
		acknowledged = int(m.Seq)
		if acknowledged > 5000 {
			t.Fatal("it writes on without its directory")
		}
	}
	if _, err := s.Messages(bg, id, chat.Range{Limit: 1}); !errors.Is(err, chat.ErrUnavailable) {
		t.Fatalf("reading a broken store: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a new directory was made in place of the old one: %v", err)
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	l.waitFor(t, "open again")
	select {
	case <-missed:
	default:
		t.Error("subscribers don't learn that they may have missed something")
	}
	ms, err := s.Messages(bg, id, chat.Range{Limit: 1 << 20})
	if err != nil || len(ms) < acknowledged {
		t.Fatalf("%d of %d acknowledged messages are there, %v", len(ms), acknowledged, err)
	}
	if n, err := s.Count(bg, nil, ""); err != nil || n.Unread != 1 {
		t.Errorf("%+v, %v", n, err)
	}
	if _, m, err := s.ChangeConversation(bg, id, says("after", "x"), time.Now()); err != nil || int(m.Seq) != len(ms)+1 {
		t.Fatalf("%+v, %v", m, err)
	}
}

// Close does not wait for a disk that is away, and nothing new is made in its
// place.
func TestCloseWhileDiskIsAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "parley")
	s := mustOpen(t, Options{Path: dir, Free: func(string) (uint64, error) { return 1 << 40, nil }})
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("\U0001F600", chat.MaxText)
	for n := 0; err == nil; n++ {
		_, _, err = s.ChangeConversation(bg, id, says(fmt.Sprint("away-", n), text), time.Now())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.kv.OpenAgain(); err == nil || !strings.Contains(err.Error(), "is its disk mounted?") {
		t.Errorf("opening what is away: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a new store was made where the old one is away: %v", err)
	}
}
