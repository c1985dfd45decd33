package badger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/logtest"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

func quiet(chat.Progress) {}

// secretText is what must not be in any file; in two parts, so that it is not
// in those of the test itself.
var secretText = "the erased person's " + fmt.Sprint(4711) + " words"

// erasable makes a person with a text, a file and a profile, and others.
func erasable(t *testing.T, s *Store) chat.Subject {
	t.Helper()
	p := chat.Profile{ID: "erased", Email: "erased@example.com", Firstname: "name of " + secretText}
	if _, err := s.SignIn(bg, chat.Session{ID: "s-1", Site: "shop", Person: "id:erased"}, chat.HashOf("token"), p); err != nil {
		t.Fatal(err)
	}
	owner := chat.Owner{Site: "shop", Person: "id:erased"}
	c, err := s.OpenConversation(bg, owner, chat.Conversation{ID: "c-erased", Site: "shop", Person: "id:erased", Profile: p, Status: chat.Open})
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Repeat(secretText+"\n", 20000)
	a, err := s.Upload(bg, chat.Upload{ID: "f-1", Conversation: c.ID, Side: chat.Visitor, Name: secretText, Type: "text/plain"}, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	ch := says("client-secret", secretText)
	ch.Message.Attachments = []chat.Attachment{a}
	if _, _, err := s.ChangeConversation(bg, c.ID, ch, time.Now()); err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		if _, err := visit(t, s, n); err != nil {
			t.Fatal(err)
		}
	}
	return chat.Subject{Site: "shop", ID: "erased"}
}

func TestEraseAndCompactLeaveNoTrace(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	who := erasable(t, s)
	if !contains(t, dir, secretText) {
		t.Fatal("the test looks in the wrong place")
	}
	if _, err := s.Erase(bg, who); err != nil {
		t.Fatal(err)
	}
	var last chat.Progress
	out, err := s.Compact(bg, func(p chat.Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{secretText, "erased@example.com", "c-erased"} {
		if contains(t, dir, text) {
			t.Errorf("the files still have %q", text)
		}
	}
	if !contains(t, dir, "client-1") {
		t.Error("the files have nothing of others either")
	}
	if out.Records < 600 || out.BytesAfter == 0 || out.BytesAfter >= out.BytesBefore || last.Done != last.Total || last.Total == 0 {
		t.Errorf("%+v, %+v", out, last)
	}
	st, err := s.Stats(bg)
	if err != nil || st.Uncompacted() || st.Compacted.IsZero() || st.Conversations != 200 {
		t.Errorf("%+v, %v", st, err)
	}
	// What came before it is gone, and what comes after is where it belongs.
	if directory.Exists(dir) || !directory.Exists(filepath.Join(dir, "data-000001")) {
		t.Error("the old files are there, or the new ones are not")
	}
	if _, err := visit(t, s, 500); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, Options{Path: dir})
	checkVisits(t, s, 200)
	if _, err := s.Conversation(bg, "c500"); err != nil {
		t.Error(err)
	}
}

// What is erased after a compaction has begun to read is in the new files, too:
// they may not pass for clean.
func TestEraseDuringCompact(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	for name, c := range map[string]struct {
		before, during func(*testing.T, *Store, chat.Subject)
	}{
		"erased meanwhile": {
			before: func(*testing.T, *Store, chat.Subject) {},
			during: func(t *testing.T, s *Store, who chat.Subject) {
				if _, err := s.Erase(bg, who); err != nil {
					t.Error(err)
				}
			},
		},
		"being erased already": {
			before: eraseUnswept,
			during: func(t *testing.T, s *Store, _ chat.Subject) {
				if err := s.purgeAll(bg); err != nil {
					t.Error(err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := mustOpen(t, Options{Path: dir})
			who := erasable(t, s)
			c.before(t, s, who)
			var once sync.Once // it first reports when it has its snapshot
			if _, err := s.Compact(bg, func(chat.Progress) { once.Do(func() { c.during(t, s, who) }) }); err != nil {
				t.Fatal(err)
			}
			if !contains(t, dir, secretText) {
				t.Fatal("the test erases at the wrong time")
			}
			if st, err := s.Stats(bg); err != nil || !st.Uncompacted() {
				t.Errorf("the files have what was erased: %+v, %v", st, err)
			}
			if _, err := s.Compact(bg, quiet); err != nil {
				t.Fatal(err)
			}
			if contains(t, dir, secretText) {
				t.Error("the files still have it")
			}
			if st, err := s.Stats(bg); err != nil || st.Uncompacted() {
				t.Errorf("the files are clean: %+v, %v", st, err)
			}
		})
	}
}

// eraseUnswept erases as far as nobody finds anything any more, as Erase does
// before it deletes the rest.
func eraseUnswept(t *testing.T, s *Store, who chat.Subject) {
	t.Helper()
	since, err := s.newSessions(bg)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.PersonalData(bg, who)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if err := s.erasePersonalData(bg, found[0], since); err != nil {
		t.Fatal(err)
	}
}

func checkVisits(t *testing.T, s *Store, n int) {
	t.Helper()
	for i := range n {
		ms, err := s.Messages(bg, chat.ConversationID(fmt.Sprint("c", i)), chat.Range{Limit: 10})
		if err != nil || len(ms) != 1 {
			t.Fatalf("conversation %d: %d messages, %v", i, len(ms), err)
		}
	}
}

// A clock that was set back since the last compaction makes nobody pass for
// gone from the files who was erased after it.
func TestEraseWithTheClockSetBack(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	who := erasable(t, s)
	ahead := time.Now().Add(24 * time.Hour)
	if err := s.change(bg, func(t *tx) error {
		t.Put(layout.CompactedKey, database.TimeRecord(ahead)) // by the clock as it was then
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(bg, who); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Stats(bg); err != nil || !st.Uncompacted() {
		t.Errorf("erased %v, compacted %v, %v: no compaction is due", st.Erased, st.Compacted, err)
	}
	if _, err := s.Compact(bg, quiet); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Stats(bg); err != nil || st.Uncompacted() {
		t.Errorf("erased %v, compacted %v, %v: a compaction is due after one", st.Erased, st.Compacted, err)
	}
}

func TestCompactEncrypted(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	dir := t.TempDir()
	o := Options{Path: dir, EncryptionKey: key1}
	s := mustOpen(t, o)
	who := erasable(t, s)
	if _, err := s.Erase(bg, who); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Compact(bg, quiet); err != nil {
			t.Fatal(err)
		}
	}
	if contains(t, dir, "client-1") {
		t.Error("the new files are not encrypted")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, Options{Path: dir, EncryptionKey: key2}, "encryption key does not fit")
	checkVisits(t, mustOpen(t, o), 200)
}

// Whoever writes, reads, uploads, erases and backs up meanwhile notices
// nothing, and nothing that was acknowledged is lost or comes back.
func TestCompactWhileInUse(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	const writers = 8
	var stop atomic.Bool
	var wg sync.WaitGroup
	said := make([]int, writers)
	file := bytes.Repeat([]byte("file"), 100<<10)
	for w := range writers {
		id := chat.ConversationID(fmt.Sprint("busy-", w))
		if _, err := s.OpenConversation(bg, chat.Owner{Site: "shop", Person: string(id)}, chat.Conversation{ID: id, Site: "shop", Person: string(id)}); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for !stop.Load() {
				ch := says(fmt.Sprintf("client-%d", said[w]), strings.Repeat("text ", said[w]%500))
				if said[w]%50 == 0 {
					a, err := s.Upload(bg, chat.Upload{ID: chat.AttachmentID(fmt.Sprintf("f-%d-%d", w, said[w])), Conversation: id, Side: chat.Visitor}, bytes.NewReader(file))
					if err != nil {
						t.Error(err)
						return
					}
					ch.Message.Attachments = []chat.Attachment{a}
				}
				if _, m, err := s.ChangeConversation(bg, id, ch, time.Now()); err != nil || int(m.Seq) != said[w]+1 {
					t.Errorf("%+v, %v", m, err)
					return
				}
				said[w]++
				if ms, err := s.Messages(bg, id, chat.Range{Backwards: true, Limit: 1}); err != nil || len(ms) != 1 || int(ms[0].Seq) != said[w] {
					t.Errorf("read back: %+v, %v", ms, err)
					return
				}
			}
		})
	}
	erased := 0
	wg.Go(func() {
		for ; !stop.Load(); erased++ {
			id, err := visit(t, s, 1000+erased)
			if err == nil {
				_, err = s.Erase(bg, chat.Subject{Conversation: id})
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 4 {
		if out, err := s.Compact(bg, quiet); err != nil {
			t.Error(err)
		} else {
			t.Logf("%d records, writers waited for %s", out.Records, out.Paused)
		}
	}
	stop.Store(true)
	wg.Wait()
	for range 2 {
		for w := range writers {
			checkBusy(t, s, w, said[w], file)
		}
		for n := range erased {
			if _, err := s.Conversation(bg, chat.ConversationID(fmt.Sprint("c", 1000+n))); !errors.Is(err, chat.ErrNotFound) {
				t.Fatalf("an erased one: %v", err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, Options{Path: dir})
	}
	t.Logf("%d messages in the first of %d conversations, %d erased meanwhile", said[0], writers, erased)
}

func checkBusy(t *testing.T, s *Store, w, n int, file []byte) {
	t.Helper()
	id := chat.ConversationID(fmt.Sprint("busy-", w))
	ms, err := s.Messages(bg, id, chat.Range{Limit: 1 << 20})
	if err != nil || len(ms) != n {
		t.Fatalf("%s: %d messages of %d, %v", id, len(ms), n, err)
	}
	for i, m := range ms {
		if m.ClientID != fmt.Sprintf("client-%d", i) || len(m.Attachments) != len(ms[i/50*50].Attachments)*(1-min(i%50, 1)) {
			t.Fatalf("%s: message %d is %+v", id, i, m)
		}
		for _, a := range m.Attachments {
			_, r, err := s.Attachment(bg, id, m.Seq, a.ID)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, file) {
				t.Fatalf("the file of message %d: %d bytes, %v", m.Seq, len(b), err)
			}
		}
	}
}

func TestCompactNeedsRoom(t *testing.T) {
	var d fakeDisk
	var log logtest.Buffer
	d.free.Store(1 << 40)
	dir := t.TempDir()
	s := mustOpen(t, d.options(dir, &log))
	erasable(t, s)
	d.free.Store(64<<20 + 1000) // the reserve, and next to nothing
	if _, err := s.Compact(bg, quiet); !errors.Is(err, ErrFull) || !errors.Is(err, chat.ErrUnavailable) {
		t.Fatalf("without room: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data-000001")); err == nil {
		t.Error("it began all the same")
	}
	d.free.Store(1 << 40)
	if _, err := s.Compact(bg, quiet); err != nil {
		t.Fatal(err)
	}
	checkVisits(t, s, 200)
}

// One that is cancelled, or meets the end of the store, leaves all as it was.
func TestCompactCancelled(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	erasable(t, s)
	ctx, cancel := context.WithCancel(bg)
	if _, err := s.Compact(ctx, func(chat.Progress) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "data-*")); len(left) > 0 || !directory.Exists(dir) {
		t.Errorf("%v is left", left)
	}
	closed := make(chan error, 1)
	var once sync.Once
	_, err := s.Compact(bg, func(chat.Progress) {
		once.Do(func() {
			if _, err := s.Compact(bg, quiet); !errors.Is(err, chat.ErrBusy) {
				t.Errorf("two at once: %v", err)
			}
			go func() { closed <- s.Close() }()
			<-s.kv.Stop
		})
	})
	if !errors.Is(err, chat.ErrUnavailable) {
		t.Fatalf("while closing: %v", err)
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	checkVisits(t, mustOpen(t, Options{Path: dir}), 200)
}

// copyInside copies a store's files to where a compaction puts them.
func copyInside(t *testing.T, dir string) {
	t.Helper()
	other := filepath.Join(t.TempDir(), "copy")
	if err := errors.Join(os.CopyFS(other, os.DirFS(dir)), os.Rename(other, filepath.Join(dir, "data-000001"))); err != nil {
		t.Fatal(err)
	}
}

// What a crash leaves of files that don't count (yet, or any more) is deleted.
func TestStaleFilesAreDeleted(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	erasable(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// Before the exchange: the new ones are unfinished.
	copyInside(t, dir)
	if err := os.WriteFile(filepath.Join(dir, directory.CurrentFile+".next"), []byte("data-0"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, Options{Path: dir})
	checkVisits(t, s, 200)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*-00000*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	// After it: the old ones are still there.
	copyInside(t, dir)
	if err := directory.MakeCurrent(dir, filepath.Join(dir, "data-000001")); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, Options{Path: dir})
	checkVisits(t, s, 200)
	if directory.Exists(dir) {
		t.Error("the old files are left")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// Nothing begins anew where what counts is gone.
	if err := os.RemoveAll(filepath.Join(dir, "data-000001")); err != nil {
		t.Fatal(err)
	}
	refused(t, Options{Path: dir}, "MANIFEST: it is missing", "data-000001")
}
