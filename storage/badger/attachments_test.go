package badger

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/logtest"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// countKind returns how many records of a kind there are.
func countKind(t *testing.T, s *Store, kind byte) (n int) {
	t.Helper()
	if err := s.view(bg, func(r database.Snapshot) error {
		database.EachKey(r.Txn, []byte{kind}, func([]byte) { n++ })
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// leftovers checks how many uploads and chunks there are.
func leftovers(t *testing.T, s *Store, uploads, chunks int) {
	t.Helper()
	if u, c := countKind(t, s, layout.KindUpload), countKind(t, s, layout.KindChunk); u != uploads || c != chunks {
		t.Errorf("%d uploads and %d chunks are there, want %d and %d", u, c, uploads, chunks)
	}
}

func uploadOf(id string) chat.Upload {
	return chat.Upload{ID: chat.AttachmentID(id), Conversation: "c1", Side: chat.Visitor, Name: id, Created: time.Now()}
}

func TestUploadLeavesNothing(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	file := bytes.Repeat([]byte("file"), 300<<10/4)
	cut := errors.New("cut off")
	for name, r := range map[string]io.Reader{
		"cut":   io.MultiReader(bytes.NewReader(file), iotest.ErrReader(cut)),
		"large": bytes.NewReader(make([]byte, chat.MaxAttachment+1)),
		"none":  bytes.NewReader(nil),
	} {
		if a, err := s.Upload(bg, uploadOf(name), r); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	leftovers(t, s, 0, 0)
	for _, id := range []string{"sent", "old"} {
		if _, err := s.Upload(bg, uploadOf(id), bytes.NewReader(file)); err != nil {
			t.Fatal(err)
		}
	}
	leftovers(t, s, 2, 6)
	ch := says("client-9", "x")
	ch.Message.Attachments = []chat.Attachment{{ID: "sent"}}
	if _, _, err := s.ChangeConversation(bg, "c1", ch, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.DropUploads(bg, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	leftovers(t, s, 0, 3)
}

// A disk that fills up in the middle leaves nothing to be sent, and what it
// leaves is gone once there is room and the time is over.
func TestUploadOnFullDisk(t *testing.T) {
	var d fakeDisk
	var log logtest.Buffer
	d.free.Store(1 << 30)
	s := mustOpen(t, d.options(t.TempDir(), &log))
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	file := io.MultiReader(bytes.NewReader(make([]byte, 300<<10)), readerFunc(func(p []byte) (int, error) {
		d.free.Store(10 << 20)
		return len(p), nil
	}))
	if _, err := s.Upload(bg, uploadOf("a"), file); !errors.Is(err, ErrFull) {
		t.Fatalf("on a full disk: %v", err)
	}
	d.free.Store(1 << 30)
	ch := says("client-9", "x")
	ch.Message.Attachments = []chat.Attachment{{ID: "a"}}
	if _, _, err := s.ChangeConversation(bg, "c1", ch, time.Now()); !errors.Is(err, chat.ErrNoUpload) {
		t.Errorf("sending half a file: %v", err)
	}
	if err := s.DropUploads(bg, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	leftovers(t, s, 0, 0)
}

// A record of an upload that can't be read stops neither erasing nor uploading
// nor forgetting what is old.
func TestUnreadableUpload(t *testing.T) {
	var d fakeDisk
	var log logtest.Buffer
	d.free.Store(1 << 30)
	s := mustOpen(t, d.options(t.TempDir(), &log))
	id, err := visit(t, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.change(bg, func(tx *tx) error {
		tx.Put(layout.UploadKey("0-broken"), database.Record{Value: []byte("{")})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Upload(bg, uploadOf("a"), bytes.NewReader([]byte("x"))); err != nil {
		t.Errorf("uploading: %v", err)
	}
	if _, err := s.Upload(bg, uploadOf("b"), bytes.NewReader([]byte("x"))); err != nil {
		t.Errorf("uploading: %v", err)
	}
	u := uploadOf("old")
	u.Created = time.Now().Add(-time.Hour)
	if _, err := s.Upload(bg, u, bytes.NewReader([]byte("x"))); err != nil {
		t.Errorf("uploading: %v", err)
	}
	if err := s.DropUploads(bg, time.Now().Add(-time.Minute)); err != nil {
		t.Errorf("forgetting: %v", err)
	}
	leftovers(t, s, 3, 2)
	if _, err := s.Erase(bg, chat.Subject{Conversation: id}); err != nil {
		t.Errorf("erasing: %v", err)
	}
	leftovers(t, s, 1, 0)
	if !strings.Contains(log.String(), "0-broken") {
		t.Errorf("the log does not tell:\n%s", log.String())
	}
}

// Files are refused long before messages are: a flood of them must not be what
// fills the disk.
func TestUploadsLeaveRoomForMessages(t *testing.T) {
	var d fakeDisk
	var log logtest.Buffer
	d.free.Store(1 << 30)
	s := mustOpen(t, d.options(t.TempDir(), &log))
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	d.free.Store(4*64<<20 - 1)
	if _, err := s.Upload(bg, uploadOf("a"), bytes.NewReader([]byte("x"))); !errors.Is(err, ErrFull) {
		t.Errorf("a file: %v", err)
	}
	if _, err := visit(t, s, 2); err != nil {
		t.Errorf("a message: %v", err)
	}
	d.free.Store(4 * 64 << 20)
	if _, err := s.Upload(bg, uploadOf("a"), bytes.NewReader([]byte("x"))); err != nil {
		t.Errorf("a file, with room: %v", err)
	}
}

// All files that wait for their messages share one bound, each at least a
// chunk, and those under way as if they were of the largest size. Visitors
// leave some of it to agents.
func TestUnsentFilesShareTheirRoom(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	for n := range 2 {
		if _, err := visit(t, s, n+1); err != nil {
			t.Fatal(err)
		}
	}
	s.unsent.room = (chat.MaxAttachment+2*layout.ChunkSize)*agentShare/(agentShare-1) + 1 // a visitor's part is what is in the brackets
	inside := make(chan error, 1)
	asked := false
	_, err := s.Upload(bg, uploadOf("a"), readerFunc(func(p []byte) (int, error) {
		if asked {
			return 0, io.EOF
		}
		asked = true
		_, err := s.Upload(bg, uploadOf("meanwhile"), bytes.NewReader([]byte("x")))
		inside <- err
		return 1, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := <-inside; !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("beside one under way: %v", err)
	}
	u := uploadOf("b")
	u.Conversation = "c2"
	for _, id := range []chat.AttachmentID{"b", "c"} {
		u.ID = id
		if _, err := s.Upload(bg, u, bytes.NewReader([]byte("x"))); err != nil {
			t.Fatal(err)
		}
	}
	u.ID = "d"
	if _, err := s.Upload(bg, u, bytes.NewReader([]byte("x"))); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("one too many: %v", err)
	}
	byAgent := u
	byAgent.ID, byAgent.Side = "by agent", chat.Agent
	if _, err := s.Upload(bg, byAgent, bytes.NewReader([]byte("x"))); err != nil {
		t.Errorf("an agent's, where visitors have filled their part: %v", err)
	}
	if err := s.DropUploads(bg, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Upload(bg, u, bytes.NewReader([]byte("x"))); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A file whose content is damaged or gone is told of, and never cut short.
func TestAttachmentGone(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Upload(bg, uploadOf("a"), bytes.NewReader(make([]byte, 300<<10))); err != nil {
		t.Fatal(err)
	}
	ch := says("client-9", "x")
	ch.Message.Attachments = []chat.Attachment{{ID: "a"}}
	_, m, err := s.ChangeConversation(bg, "c1", ch, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, r, err := s.Attachment(bg, "c1", m.Seq, "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, layout.ChunkSize)); err != nil {
		t.Fatal(err)
	}
	// As while a conversation is being deleted: its record goes first.
	if err := s.change(bg, func(tx *tx) error {
		tx.Delete(layout.ConversationKey("c1"))
		return tx.dropChunks("a")
	}); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("%d bytes more, %v", n, err)
	}
}

// A chunk that has come to nothing leaves no hole in what is read.
func TestAttachmentWithAHole(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	seq, err := sendFile(s, "a", "c1", make([]byte, 300<<10))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.change(bg, func(tx *tx) error { tx.Put(layout.ChunkKey("a", 1), database.Record{}); return nil }); err != nil {
		t.Fatal(err)
	}
	_, r, err := s.Attachment(bg, "c1", seq, "a")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); n != layout.ChunkSize || !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// BenchmarkUpload is the cost of a file of 1 MiB.
func BenchmarkUpload(b *testing.B) {
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := benchStore(b)
			ids := openMany(b, s, 1)
			file := make([]byte, 1<<20)
			b.SetBytes(int64(len(file)))
			spread(b, writers, func(n int) error {
				u := uploadOf(fmt.Sprint("file-", n))
				u.Conversation = ids[0]
				if _, err := s.Upload(bg, u, bytes.NewReader(file)); err != nil {
					return err
				}
				s.dropBroken(bg, u.ID) // what nobody sends is bounded
				return nil
			})
		})
	}
}

// BenchmarkDownload is the cost of reading one.
func BenchmarkDownload(b *testing.B) {
	s := benchStore(b)
	ids := openMany(b, s, 1)
	file := make([]byte, 1<<20)
	u := uploadOf("a")
	u.Conversation = ids[0]
	if _, err := s.Upload(bg, u, bytes.NewReader(file)); err != nil {
		b.Fatal(err)
	}
	ch := said(1)
	ch.Message.Attachments = []chat.Attachment{{ID: "a"}}
	if _, _, err := s.ChangeConversation(bg, ids[0], ch, time.Now()); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		_, r, err := s.Attachment(bg, ids[0], 1, "a")
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(file)) {
			b.Fatal(n, err)
		}
	}
}
