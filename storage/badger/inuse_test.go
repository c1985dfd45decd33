package badger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/logtest"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// bringBack sends files, erases all but the last, and cleans the value log at
// the moment in which the engine takes some of what is erased for live: it
// copies chunks to the top, and then forgets that they were deleted. It returns
// the conversation that stays.
func bringBack(t *testing.T, s *Store, content []byte) chat.ConversationID {
	t.Helper()
	files := 2*directory.ValueLogFileSize/len(content) + 2
	var now, later []chat.ConversationID
	for n := range files {
		id, err := visit(t, s, n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sendFile(s, fmt.Sprint("file-", n), id, content); err != nil {
			t.Fatal(err)
		}
		if n%10 > 0 {
			now = append(now, id)
		} else {
			later = append(later, id)
		}
	}
	stays, later := later[len(later)-1], later[:len(later)-1]
	erase := func(ids []chat.ConversationID) {
		for _, id := range ids {
			if _, err := s.Erase(bg, chat.Subject{Conversation: id}); err != nil {
				t.Fatal(err)
			}
		}
	}
	erase(now)
	overwrite(t, s) // merges, so that the engine knows what is deleted
	erase(later)
	overwriteUnmerged(t, s, 20)
	awaitTables(t, s) // the deletions leave the log, and are not merged yet
	for s.kv.CollectOnce() {
	}
	if err := s.kv.Current().Flatten(2); err != nil {
		t.Fatal(err)
	}
	return stays
}

// What the engine brings back by itself of erased files is neither in a backup
// nor in the files of a compaction.
func TestErasedFilesThatComeBack(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	content := []byte(strings.Repeat(secretText+"\n", 1<<20/(len(secretText)+1)))
	id := bringBack(t, s, content)
	own := (len(content) + layout.ChunkSize - 1) / layout.ChunkSize
	if n := countKind(t, s, layout.KindChunk); n <= own {
		t.Fatalf("%d chunks are there, %d of them rightly: nothing came back", n, own)
	} else {
		t.Logf("%d chunks came back", n-own)
	}
	var backup bytes.Buffer
	if err := s.Backup(bg, &backup); err != nil {
		t.Fatal(err)
	}
	restored := t.TempDir()
	if _, err := Restore(context.Background(), Options{Path: restored}, &backup); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Compact(bg, quiet); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Store{"compacted": s, "restored": mustOpen(t, Options{Path: restored})} {
		if n := countKind(t, s, layout.KindChunk); n != own {
			t.Errorf("%s: %d chunks, want %d", name, n, own)
		}
		ms, err := s.Messages(bg, id, chat.Range{Backwards: true, Limit: 1})
		if err != nil || len(ms) != 1 || len(ms[0].Attachments) != 1 {
			t.Fatalf("%s: %+v, %v", name, ms, err)
		}
		_, r, err := s.Attachment(bg, id, ms[0].Seq, ms[0].Attachments[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, content) {
			t.Errorf("%s: the file that stays has %d bytes, %v", name, len(b), err)
		}
	}
}

// Where a message can't be read, a file that nothing else names may be its: no
// compaction takes it away, and none counts as the one that erased for good.
func TestUnreadableMessageKeepsFiles(t *testing.T) {
	var log logtest.Buffer
	s := mustOpen(t, Options{Path: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	who := erasable(t, s)
	if _, err := s.Erase(bg, who); err != nil {
		t.Fatal(err)
	}
	if err := s.change(bg, func(tx *tx) error {
		tx.Put(layout.MessageKey("c0", 1), database.Record{Value: []byte{layout.FilesAttached}})
		tx.Put(layout.ChunkKey("its file", 0), database.Record{Value: []byte("content")})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Compact(bg, quiet); err != nil {
		t.Fatal(err)
	}
	st, err := s.Stats(bg)
	if n := countKind(t, s, layout.KindChunk); n != 1 || err != nil || !st.Uncompacted() || !strings.Contains(log.String(), "c0") {
		t.Errorf("%d chunks, %+v, %v; the log:\n%s", n, st, err, log.String())
	}
	if _, err := s.Erase(bg, chat.Subject{Conversation: "c0"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Compact(bg, quiet); err != nil {
		t.Fatal(err)
	}
	st, err = s.Stats(bg)
	if n := countKind(t, s, layout.KindChunk); n != 0 || err != nil || st.Uncompacted() {
		t.Errorf("without the message: %d chunks, %+v, %v", n, st, err)
	}
}
