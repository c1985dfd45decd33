package badger

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/logtest"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// A claim too big for one transaction is cut off after each of its
// transactions: what a crash there leaves must be the state before it or after
// it, and fit to go on from.
func TestClaimCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	const messages = 120
	var images []string
	taking := false
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir, Free: func(string) (uint64, error) { // asked for before each commit
		if taking {
			images = append(images, copyStore(t, dir))
		}
		return 1 << 40, nil
	}})
	secret := chat.HashOf("mark")
	p := chat.Person{Site: "shop", Key: "id:1"}
	prepareClaim(t, s, secret, messages)
	taking = true
	if _, c, err := s.MergeConversation(bg, secret, p, time.Now()); err != nil || c.Last != messages+2 {
		t.Fatalf("%+v, %v", c, err)
	}
	taking = false
	images = append(images, copyStore(t, dir))
	if len(images) < 5 {
		t.Fatalf("the claim took %d transactions; it should take several stages", len(images))
	}
	undone := 0
	for i, image := range images {
		t.Run(fmt.Sprint("after-", i), func(t *testing.T) {
			s := mustOpen(t, Options{Path: image})
			m, err := s.TabSecret(bg, secret)
			if err != nil {
				t.Fatal(err)
			}
			if m.Merged.IsZero() {
				undone++
				checkUnclaimed(t, s, secret, messages)
			} else {
				checkClaimedAll(t, s, messages)
			}
			checkNothingLeft(t, s, 0)
			if m.Merged.IsZero() {
				// Something else is said first, in the place of the leftovers.
				if _, m, err := s.ChangeConversation(bg, "own", says("anon-client-7", "not the copy"), time.Now()); err != nil || m.Seq != 3 || m.Text != "not the copy" {
					t.Fatalf("%+v, %v", m, err)
				}
				if _, c, err := s.MergeConversation(bg, secret, p, time.Now()); err != nil || c.Last != messages+3 {
					t.Fatalf("claimed again: %+v, %v", c, err)
				}
				checkNothingLeft(t, s, 0)
			}
		})
	}
	if undone == 0 || undone == len(images) {
		t.Errorf("%d of %d images are from before the claim", undone, len(images))
	}
}

// A claim that fails half-way leaves its copies until the next start. Nobody
// sees them meanwhile, by number or by client id.
func TestClaimFailsHalfway(t *testing.T) {
	const messages = 120
	var d fakeDisk
	var log logtest.Buffer
	d.free.Store(1 << 30)
	o := d.options(t.TempDir(), &log)
	commits := -1000
	o.Free = func(string) (uint64, error) { // asked for before each commit
		if commits++; commits == 4 {
			d.free.Store(0)
		}
		return d.free.Load(), nil
	}
	s := mustOpen(t, o)
	secret, p := chat.HashOf("mark"), chat.Person{Site: "shop", Key: "id:1"}
	prepareClaim(t, s, secret, messages)
	commits = 0
	if _, _, err := s.MergeConversation(bg, secret, p, time.Now()); !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	checkUnclaimed(t, s, secret, messages)
	d.free.Store(1 << 30)
	for i, client := range []string{"anon-client-7", "anon-client-0", "other-client"} {
		_, m, err := s.ChangeConversation(bg, "own", says(client, "not the copy"), time.Now())
		if err != nil || m.Seq != chat.Seq(3+i) || m.Text != "not the copy" {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	if c, _, err := s.ChangeConversation(bg, "own", chat.Change{ReadBy: chat.Agent, Reader: "anna@example.com", Read: 1}, time.Now()); err != nil || c.Readers["anna@example.com"].Unread != 4 {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, o)
	// Two copies were overwritten by other messages, and their client ids lead
	// to those now, which sent does not believe.
	checkNothingLeft(t, s, 2)
	if _, c, err := s.MergeConversation(bg, secret, p, time.Now()); err != nil || c.Last != messages+5 || c.Readers["anna@example.com"].Unread != messages+4 {
		t.Fatalf("claimed again: %+v, %v", c, err)
	}
	checkNothingLeft(t, s, 0)
}

// A conversation that can't be read stays to be tidied up. It keeps neither the
// store from opening nor the others from being tidied.
func TestUnreadableConversationIsLeft(t *testing.T) {
	var log logtest.Buffer
	o := Options{Path: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&log, nil))}
	s := mustOpen(t, o)
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.change(bg, func(tx *tx) error {
		tx.Put(layout.ConversationKey("broken"), database.Record{Value: []byte("{")})
		tx.Put(layout.TruncationKey("broken"), database.Record{})
		tx.Put(layout.TruncationKey("c1"), database.Record{})
		tx.putMessage("c1", &chat.Message{Seq: 2, Text: "a copy", Author: chat.Author{Side: chat.Visitor}})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, o)
	if owed, messages := countKind(t, s, layout.KindTruncation), countKind(t, s, layout.KindMessage); owed != 1 || messages != 1 {
		t.Errorf("%d to tidy up, %d messages, want 1 and 1", owed, messages)
	}
	if !strings.Contains(log.String(), "tidying up after an interrupted merge") || !strings.Contains(log.String(), "broken") {
		t.Errorf("the log does not tell:\n%s", log.String())
	}
	if _, err := visit(t, s, 2); err != nil {
		t.Error(err)
	}
}

// prepareClaim makes a person's conversation of two messages and an anonymous
// one of many long ones.
func prepareClaim(t *testing.T, s *Store, secret chat.Hash, messages int) {
	t.Helper()
	if err := s.StartTabSecret(bg, chat.TabSecret{Hash: secret, Site: "shop", Session: "s"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		owner    chat.Owner
		id       chat.ConversationID
		messages int
		text     string
	}{
		{chat.Owner{Site: "shop", Person: "id:1"}, "own", 2, "short"},
		{chat.Owner{Site: "shop", TabSecret: &secret}, "anon", messages, strings.Repeat("\U0001F600", chat.MaxText)},
	} {
		if _, err := s.OpenConversation(bg, c.owner, chat.Conversation{ID: c.id, Site: "shop", Person: c.owner.Person, Status: chat.Open}); err != nil {
			t.Fatal(err)
		}
		for i := range c.messages {
			if _, _, err := s.ChangeConversation(bg, c.id, says(fmt.Sprintf("%s-client-%d", c.id, i), c.text), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func checkUnclaimed(t *testing.T, s *Store, secret chat.Hash, messages int) {
	t.Helper()
	c, err := s.ConversationOf(bg, chat.Owner{Site: "shop", TabSecret: &secret})
	if err != nil || int(c.Last) != messages {
		t.Fatalf("the anonymous conversation: %+v, %v", c, err)
	}
	for id, n := range map[chat.ConversationID]int{"anon": messages, "own": 2} {
		if ms, err := s.Messages(bg, id, chat.Range{Limit: 1000}); err != nil || len(ms) != n {
			t.Fatalf("%s has %d messages, %v", id, len(ms), err)
		}
	}
}

func checkClaimedAll(t *testing.T, s *Store, messages int) {
	t.Helper()
	for id, n := range map[chat.ConversationID]int{"anon": 0, "own": messages + 2} {
		if ms, err := s.Messages(bg, id, chat.Range{Limit: 1000}); err != nil || len(ms) != n {
			t.Fatalf("%s has %d messages, %v", id, len(ms), err)
		}
	}
	if _, m, err := s.ChangeConversation(bg, "anon", says("anon-client-7", "again"), time.Now()); err != nil || m.Seq != 10 {
		t.Fatalf("sent again: %+v, %v", m, err)
	}
}

// checkNothingLeft checks that each message on disk is one that can be seen,
// that each client id leads to one, but for so many stale ones, and that no
// trimming is owed.
func checkNothingLeft(t *testing.T, s *Store, stale int) {
	t.Helper()
	if err := s.view(bg, func(r database.Snapshot) error {
		counts := make(map[byte]int)
		database.EachKey(r.Txn, nil, func(key []byte) { counts[key[0]]++ })
		seen, names := 0, make(map[string]bool)
		for _, id := range []chat.ConversationID{"anon", "own"} {
			c, err := database.ReadConversation(r, id)
			if err != nil {
				return err
			}
			seen += int(c.Last)
			ms, err := readMessages(r, id, 1, c.Last)
			if err != nil {
				return err
			}
			for _, m := range ms {
				names[fmt.Sprint(id, m.Author.Side, m.ClientID)] = true
			}
		}
		if counts[layout.KindMessage] != seen || counts[layout.KindClientID] != len(names)+stale || counts[layout.KindTruncation] != 0 {
			t.Errorf("%d messages are seen, by %d client ids; on disk are %d, %d client ids, %d to trim",
				seen, len(names), counts[layout.KindMessage], counts[layout.KindClientID], counts[layout.KindTruncation])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// copyStore copies the files of an open store as a crash would leave them.
func copyStore(t *testing.T, dir string) string {
	to := t.TempDir()
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != "LOCK" {
			err = errors.Join(err, copySparse(filepath.Join(dir, e.Name()), filepath.Join(to, e.Name())))
		}
	}
	if err != nil {
		t.Error(err)
	}
	return to
}

// copySparse copies a file and leaves out what is all zeros in it.
func copySparse(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	block, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	var size int64
	for {
		n, err := io.ReadFull(in, block)
		if n > 0 && !bytes.Equal(block[:n], zeros[:n]) {
			if _, err := out.WriteAt(block[:n], size); err != nil {
				return err
			}
		}
		size += int64(n)
		if err != nil {
			return errors.Join(out.Truncate(size), out.Close())
		}
	}
}
