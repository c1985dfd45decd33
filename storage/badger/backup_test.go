package badger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/backup"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// backedUp returns a store with a bit of everything and a backup of it.
func backedUp(t *testing.T, o Options) (*Store, []byte) {
	t.Helper()
	s := mustOpen(t, o)
	erasable(t, s)
	var b bytes.Buffer
	if err := s.Backup(bg, &b); err != nil {
		t.Fatal(err)
	}
	return s, b.Bytes()
}

// dump returns all records of a store.
func dump(t *testing.T, s *Store) map[string]database.Record {
	t.Helper()
	all := map[string]database.Record{}
	if err := s.view(bg, func(snap database.Snapshot) error {
		database.EachKey(snap.Txn, nil, func(key []byte) {
			r, err := snap.Get(key)
			if err != nil {
				t.Fatal(err)
			}
			all[string(key)] = r
		})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestBackupAndRestore(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": key1} {
		t.Run(name, func(t *testing.T) {
			s, text := backedUp(t, Options{Path: t.TempDir(), EncryptionKey: key})
			if sealed := !bytes.Contains(text, []byte(secretText)); sealed != (key != nil) {
				t.Errorf("encrypted: %t", sealed)
			}
			info, err := backup.Verify(bytes.NewReader(text))
			if err != nil || info.Records < 600 || info.Encrypted != (key != nil) {
				t.Fatalf("%+v, %v", info, err)
			}
			o := Options{Path: filepath.Join(t.TempDir(), "not", "there"), EncryptionKey: key}
			restored, err := Restore(bg, o, bytes.NewReader(text))
			if err != nil || restored != info {
				t.Fatalf("%+v, %v", restored, err)
			}
			got, want := dump(t, mustOpen(t, o)), dump(t, s)
			for key := range want {
				if layout.IsOfSession([]byte(key)) {
					delete(want, key)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%d records of %d", len(got), len(want))
			}
			for key, r := range want {
				if g := got[key]; !bytes.Equal(g.Value, r.Value) || g.Meta != r.Meta || g.Expires != r.Expires {
					t.Fatalf("%q: %+v, want %+v", key, g, r)
				}
			}
			if _, err := Restore(bg, o, bytes.NewReader(text)); err == nil || !strings.Contains(err.Error(), "a server is using") {
				t.Errorf("over one in use: %v", err)
			}
			full := t.TempDir()
			if err := os.WriteFile(filepath.Join(full, "notes.txt"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Restore(bg, Options{Path: full, EncryptionKey: key}, bytes.NewReader(text)); err == nil || !strings.Contains(err.Error(), "is not empty") {
				t.Errorf("over another: %v", err)
			}
		})
	}
}

// Who has signed out since a backup was made stays so when it is restored, and
// so do agents: no session comes back.
func TestRestoreEndsSessions(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	token, agent := chat.HashOf("token"), chat.HashOf("agent")
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.StartSession(bg, chat.Session{ID: "s1", Site: "shop", Person: "id:1"}, token),
		s.StartAgentSession(bg, chat.AgentSession{Token: agent})); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Backup(bg, &b); err != nil {
		t.Fatal(err)
	}
	o := Options{Path: t.TempDir()}
	if _, err := Restore(bg, o, &b); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, o)
	if _, err := s.Session(bg, token); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the token: %v", err)
	}
	if _, err := s.SessionByID(bg, "s1"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the session: %v", err)
	}
	if _, err := s.AgentSession(bg, agent); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the agent's session: %v", err)
	}
	if ms, err := s.Messages(bg, "c1", chat.Range{Limit: 10}); err != nil || len(ms) != 1 {
		t.Errorf("the chat: %v, %v", ms, err)
	}
}

// A backup whose checksum is right may still have records that were never the
// store's. The engine must not see them.
func TestRestoreRefusesRecords(t *testing.T) {
	for name, key := range map[string]string{
		"no key":                  "",
		"a key too long":          strings.Repeat("k", backup.MaxKey+1),
		"one of the engine's own": "!badger!head",
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w, err := backup.NewWriter(&b, nil, layout.SchemaVersion)
			if err == nil {
				err = w.WriteBlock(backup.AppendRecord(nil, backup.Record{Key: []byte(key), Value: []byte("value")}), 1)
			}
			if err == nil {
				err = w.Finish()
			}
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if _, err := Restore(bg, Options{Path: dir}, &b); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("%v", err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
		})
	}
}

func TestRestoreRefuses(t *testing.T) {
	_, sealed := backedUp(t, Options{Path: t.TempDir(), EncryptionKey: key1})
	_, plain := backedUp(t, Options{Path: t.TempDir()})
	flipped := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	newer := bytes.Replace(plain, []byte(fmt.Sprintf(`"schema":%d`, layout.SchemaVersion)), []byte(fmt.Sprintf(`"schema":%d`, layout.SchemaVersion+1)), 1)
	for name, c := range map[string]struct {
		backup []byte
		key    []byte
		want   string
	}{
		"nothing":           {nil, nil, "not a Parley backup"},
		"another file":      {bytes.Repeat([]byte("x"), 1000), nil, "not a Parley backup"},
		"header only":       {plain[:40], nil, "incomplete or damaged"},
		"half":              {plain[:len(plain)/2], nil, "incomplete or damaged"},
		"without trailer":   {plain[:bytes.LastIndexByte(plain[:len(plain)-1], '{')], nil, "incomplete or damaged"},
		"one byte less":     {plain[:len(plain)-1], nil, "incomplete or damaged"},
		"one byte more":     {append(bytes.Clone(plain), '\n'), nil, "incomplete or damaged"},
		"a bit of the text": {flipped(plain, bytes.Index(plain, []byte(secretText))), nil, "incomplete or damaged"},
		"a bit, encrypted":  {flipped(sealed, len(sealed)/2), key1, "incomplete or damaged"},
		"wrong key":         {sealed, key2, "key does not fit the backup"},
		"no key":            {sealed, nil, "give the encryption key"},
		"a key too many":    {plain, key1, "without an encryption key"},
		"newer":             {newer, nil, "newer version of Parley"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := Restore(bg, Options{Path: dir, EncryptionKey: c.key}, bytes.NewReader(c.backup))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
			absent := filepath.Join(dir, "absent")
			if _, err := Restore(bg, Options{Path: absent, EncryptionKey: c.key}, bytes.NewReader(c.backup)); err == nil {
				t.Error("it is restored")
			}
			if _, err := os.Stat(absent); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the directory is left: %v", err)
			}
		})
	}
}

// Each place at which a backup may end too soon is one where that is noticed.
func TestBackupCutAnywhere(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Backup(bg, &b); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		if _, err := backup.Verify(bytes.NewReader(b.Bytes()[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes pass", n, b.Len())
		}
	}
}

// A restore that was killed is no store to begin a new history in.
func TestInterruptedRestore(t *testing.T) {
	dir := t.TempDir()
	_, backup := backedUp(t, Options{Path: t.TempDir()})
	if err := os.Mkdir(filepath.Join(dir, "restoring-20260301T120000"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, Options{Path: dir}, "is being restored", "restoring-20260301T120000")
	if _, err := Restore(bg, Options{Path: dir}, bytes.NewReader(backup)); err != nil {
		t.Fatal(err)
	}
	checkVisits(t, mustOpen(t, Options{Path: dir, MustExist: true}), 200)
	refused(t, Options{Path: t.TempDir(), MustExist: true}, "there is no store of Parley")
}

// One that was killed before it named what it had restored leaves that alone.
func TestRestoreInterruptedAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	_, backup := backedUp(t, Options{Path: t.TempDir()})
	if _, err := Restore(bg, Options{Path: dir}, bytes.NewReader(backup)); err != nil {
		t.Fatal(err)
	}
	current := filepath.Join(dir, directory.CurrentFile)
	if err := os.Rename(current, current+".next"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		refused(t, Options{Path: dir}, "data-000001", "no file CURRENT", "empty "+dir+" and restore it again")
	}
	if err := os.Rename(current+".next", current); err != nil {
		t.Fatal(err)
	}
	checkVisits(t, mustOpen(t, Options{Path: dir, MustExist: true}), 200)
}

// A backup is of one moment, whatever is written meanwhile: messages and the
// state of their conversation belong together.
func TestBackupWhileInUse(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	var stop atomic.Bool
	var wg sync.WaitGroup
	for w := range 8 {
		id, err := visit(t, s, w)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if _, _, err := s.ChangeConversation(bg, id, says(fmt.Sprintf("client-w-%d", n), "hello"), time.Now()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var backups [3]bytes.Buffer
	for i := range backups {
		if err := s.Backup(bg, &backups[i]); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	wg.Wait()
	for i := range backups {
		o := Options{Path: t.TempDir()}
		if _, err := Restore(bg, o, &backups[i]); err != nil {
			t.Fatal(err)
		}
		restored := mustOpen(t, o)
		for w := range 8 {
			c, err := restored.Conversation(bg, chat.ConversationID(fmt.Sprint("c", w)))
			if err != nil {
				t.Fatal(err)
			}
			ms, err := restored.Messages(bg, c.ID, chat.Range{Limit: 1 << 20})
			if err != nil || len(ms) != int(c.Last) || left(t, restored, layout.KindMessage) != left(t, restored, layout.KindClientID) {
				t.Fatalf("%d messages of %d, %v", len(ms), c.Last, err)
			}
		}
	}
}

// stuck is a network that takes nothing.
type stuck struct{ begun, end chan struct{} }

func (w *stuck) Write([]byte) (int, error) {
	close(w.begun)
	<-w.end
	return 0, errors.New("the connection is gone")
}

// The server stops while somebody fetches a backup and does not go on.
func TestCloseDuringBackup(t *testing.T) {
	s := mustOpen(t, Options{Path: t.TempDir()})
	erasable(t, s)
	w, done := &stuck{make(chan struct{}), make(chan struct{})}, make(chan error, 1)
	go func() { done <- s.Backup(bg, w) }()
	<-w.begun
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	close(w.end)
	if err := <-done; err == nil {
		t.Error("the backup is said to be whole")
	}
}
