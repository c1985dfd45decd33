package badger

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// Rounds of killing, and what the child does until it is killed.
const (
	crashRounds        = 6
	crashWriters       = 16
	crashConversations = 4
)

// TestKill has a process write, claim and compact, kills it at some moment and looks
// what is there, several times over the same store.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	t.Parallel()
	dir := t.TempDir()
	acknowledged := make(map[string]string) // what it was, and what was said of it
	for round := range crashRounds {
		for line := range killed(t, dir, round) {
			what, said, ok := strings.Cut(line, " is ")
			if !ok {
				t.Fatalf("the child said %q", line)
			}
			acknowledged[what] = said
		}
		s := mustOpen(t, Options{Path: dir})
		checkMessages(t, s, acknowledged)
		checkClaims(t, s, acknowledged)
		checkFiles(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d rounds, %d acknowledgements", crashRounds, len(acknowledged))
}

// killed returns what the child acknowledged before it was killed.
func killed(t *testing.T, dir string, round int) map[string]bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), "PARLEY_TEST_CRASH="+dir, fmt.Sprint("PARLEY_TEST_ROUND=", round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(map[string]bool)
	enough := 50 + rand.IntN(2000)
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadString('\n')
		if err != nil { // a line cut short was not said
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			break
		}
		lines[strings.TrimSuffix(line, "\n")] = true
		if len(lines) == enough {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(lines) < enough {
		t.Fatalf("the child ended by itself after %d lines", len(lines))
	}
	return lines
}

func checkMessages(t *testing.T, s *Store, acknowledged map[string]string) {
	t.Helper()
	found := make(map[string]bool)
	for i := range crashConversations {
		id := crashID(i)
		c, err := s.Conversation(bg, id)
		if err != nil {
			t.Fatal(err)
		}
		ms, err := s.Messages(bg, id, chat.Range{Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if int(c.Last) != len(ms) || c.AgentUnread != len(ms) {
			t.Fatalf("%s has %d messages and says %d, %d unread", id, len(ms), c.Last, c.AgentUnread)
		}
		for n, m := range ms {
			what := fmt.Sprintf("message %s", m.ClientID)
			if m.Seq != chat.Seq(n+1) || found[what] {
				t.Fatalf("%s is %d in %s at %d (twice: %t)", what, m.Seq, id, n+1, found[what])
			}
			found[what] = true
			if said, ok := acknowledged[what]; ok && said != fmt.Sprintf("%d of %s", m.Seq, id) {
				t.Fatalf("%s is %d of %s and was acknowledged as %s", what, m.Seq, id, said)
			}
		}
	}
	for what := range acknowledged {
		if strings.HasPrefix(what, "message ") && !found[what] {
			t.Fatalf("%s was acknowledged and is lost", what)
		}
	}
}

// checkClaims checks that each claim was made as a whole or not at all.
func checkClaims(t *testing.T, s *Store, acknowledged map[string]string) {
	t.Helper()
	for what := range acknowledged {
		secret, ok := strings.CutPrefix(what, "mark ")
		if !ok {
			continue
		}
		mark := chat.HashOf(secret)
		m, err := s.TabSecret(bg, mark)
		if err != nil {
			t.Fatal(err)
		}
		_, claimed := acknowledged["claim "+secret]
		if claimed && m.Merged.IsZero() {
			t.Fatalf("the claim of %s was acknowledged and is lost", secret)
		}
		id := chat.ConversationID("anon-" + secret)
		kept, err := s.Messages(bg, id, chat.Range{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		taken, err := s.Messages(bg, chat.ConversationID("own-"+secret), chat.Range{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.ConversationOf(bg, chat.Owner{Site: "shop", TabSecret: &mark})
		before := m.Merged.IsZero() && err == nil && len(kept) == 3 && len(taken) == 0
		after := !m.Merged.IsZero() && errors.Is(err, chat.ErrNotFound) && len(kept) == 0 && len(taken) == 3
		if !before && !after {
			t.Fatalf("%s: claimed %v, %v, %d kept, %d taken", secret, m.Merged, err, len(kept), len(taken))
		}
	}
}

// crashFile is the content of a file, by the client id of its message.
func crashFile(client string) []byte {
	return bytes.Repeat([]byte(client), 1+(300<<10+len(client)*1000)/len(client))
}

// checkFiles checks that the files of all messages are there, whole, and that
// there is nothing but those and uploads that can still be sent or dropped.
func checkFiles(t *testing.T, s *Store) {
	t.Helper()
	known := make(map[string]bool)
	for i := range crashConversations {
		id := crashID(i)
		ms, err := s.Messages(bg, id, chat.Range{Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			if with := strings.HasPrefix(m.ClientID, "file-"); with != (len(m.Attachments) == 1) {
				t.Fatalf("message %s has %d files", m.ClientID, len(m.Attachments))
			}
			for _, a := range m.Attachments {
				known[string(a.ID)] = true
				_, r, err := s.Attachment(bg, id, m.Seq, a.ID)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, crashFile(m.ClientID)) {
					t.Fatalf("the file of message %s has %d bytes, %v", m.ClientID, len(got), err)
				}
			}
		}
	}
	if err := s.view(bg, func(r database.Snapshot) error {
		database.EachUpload(r, func(rec layout.UploadRecord) { known[string(rec.ID)] = true },
			func(id chat.AttachmentID, err error) { t.Errorf("upload %s: %v", id, err) })
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.view(bg, func(r database.Snapshot) error {
		database.EachKey(r.Txn, []byte{layout.KindChunk}, func(key []byte) {
			n, used := binary.Uvarint(key[1:])
			if id := string(key[1+used:][:n]); !known[id] {
				t.Errorf("a chunk of %s is nobody's", id)
			}
		})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// sendFile uploads a file and sends it.
func sendFile(s *Store, client string, id chat.ConversationID, content []byte) (chat.Seq, error) {
	a, err := s.Upload(bg, chat.Upload{ID: chat.AttachmentID(client), Conversation: id, Side: chat.Visitor,
		Name: client, Created: time.Now()}, bytes.NewReader(content))
	if err != nil {
		return 0, err
	}
	ch := says(client, "")
	ch.Message.Attachments = []chat.Attachment{a}
	_, m, err := s.ChangeConversation(bg, id, ch, time.Now())
	if err != nil {
		return 0, err
	}
	return m.Seq, nil
}

func crashID(n int) chat.ConversationID { return chat.ConversationID(fmt.Sprint("crash-", n)) }

// TestKillChild is the process that is killed.
func TestKillChild(t *testing.T) {
	dir, round := os.Getenv("PARLEY_TEST_CRASH"), os.Getenv("PARLEY_TEST_ROUND")
	if dir == "" {
		return // only as a child of the test above
	}
	s, err := Open(bg, Options{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	say := func(format string, args ...any) { // one write: not torn by the others'
		fmt.Fprintf(os.Stdout, format+"\n", args...)
	}
	for i := range crashConversations {
		o := chat.Owner{Site: "shop", Person: string(crashID(i))}
		if _, err := s.OpenConversation(bg, o, chat.Conversation{ID: crashID(i), Site: "shop", Person: o.Person, Status: chat.Open}); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for w := range crashWriters {
		wg.Go(func() {
			id := crashID(w % crashConversations)
			for i := 0; ; i++ {
				client := fmt.Sprintf("client-%s-%d-%d", round, w, i)
				_, m, err := s.ChangeConversation(bg, id, says(client, strings.Repeat(client, 1+i%200)), time.Now())
				if err != nil {
					t.Error(err)
					return
				}
				say("message %s is %d of %s", client, m.Seq, id)
			}
		})
	}
	wg.Go(func() { // killed in the middle of it, or of exchanging the files
		for {
			if _, err := s.Compact(bg, quiet); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for w := range 2 {
		wg.Go(func() {
			for i := 0; ; i++ {
				client, id := fmt.Sprintf("file-%s-%d-%d", round, w, i), crashID(w)
				seq, err := sendFile(s, client, id, crashFile(client))
				if err != nil {
					t.Error(err)
					return
				}
				say("message %s is %d of %s", client, seq, id)
			}
		})
	}
	wg.Go(func() {
		for i := 0; ; i++ {
			if err := claimOne(s, fmt.Sprintf("%s-%d", round, i), say); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Wait()
}

func claimOne(s *Store, secret string, say func(string, ...any)) error {
	mark, now := chat.HashOf(secret), time.Now()
	byMark := chat.Owner{Site: "shop", TabSecret: &mark}
	p := chat.Person{Site: "shop", Key: "id:" + secret}
	if err := s.StartTabSecret(bg, chat.TabSecret{Hash: mark, Site: "shop", Session: "s", Created: now}); err != nil {
		return err
	}
	anon, err := s.OpenConversation(bg, byMark, chat.Conversation{ID: chat.ConversationID("anon-" + secret), Site: "shop", Status: chat.Open})
	if err != nil {
		return err
	}
	own := chat.Conversation{ID: chat.ConversationID("own-" + secret), Site: "shop", Person: p.Key, Status: chat.Open}
	if _, err := s.OpenConversation(bg, chat.Owner{Site: "shop", Person: p.Key}, own); err != nil {
		return err
	}
	for i := range 3 {
		if _, _, err := s.ChangeConversation(bg, anon.ID, says(fmt.Sprint("client-", i), "hello"), now); err != nil {
			return err
		}
	}
	say("mark %s is used", secret)
	if _, _, err := s.MergeConversation(bg, mark, p, now); err != nil {
		return err
	}
	say("claim %s is made", secret)
	return nil
}
