package badger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

var (
	bg   = context.Background()
	key1 = []byte("0123456789abcdef")
	key2 = []byte("fedcba9876543210")
)

func mustOpen(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(bg, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// refused checks that a store does not open, and says what we expect it to.
func refused(t *testing.T, o Options, want ...string) error {
	t.Helper()
	s, err := Open(bg, o)
	if err == nil {
		s.Close()
		t.Fatal("it opened")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	return err
}

// visit opens a conversation and says something in it.
func visit(t *testing.T, s *Store, n int) (chat.ConversationID, error) {
	t.Helper()
	o := chat.Owner{Site: "shop", Person: fmt.Sprint("id:", n)}
	c, err := s.OpenConversation(bg, o, chat.Conversation{ID: chat.ConversationID(fmt.Sprint("c", n)), Site: o.Site, Person: o.Person, Status: chat.Open})
	if err != nil {
		return "", err
	}
	_, _, err = s.ChangeConversation(bg, c.ID, says(fmt.Sprint("client-", n), "hello"), time.Now())
	return c.ID, err
}

func says(clientID, text string) chat.Change {
	return chat.Change{Message: &chat.Draft{ClientID: clientID, Text: text, Author: chat.Author{Side: chat.Visitor}}}
}

func TestOpenMakesAPrivateDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "parley")
	mustOpen(t, Options{Path: path})
	for dir := path; filepath.Base(dir) != "a"; dir = filepath.Dir(dir) {
		fi, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v", dir, fi.Mode())
		}
	}
}

func TestOpenRefusals(t *testing.T) {
	refused(t, Options{}, "no path")
	refused(t, Options{Path: t.TempDir(), EncryptionKey: []byte("short")}, "5 bytes", "16, 24 or 32")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, Options{Path: file}, "creating the directory", file)
	refused(t, Options{Path: filepath.Join(file, "below")}, "creating the directory", file)
	cancelled, cancel := context.WithCancel(bg)
	cancel()
	if _, err := Open(cancelled, Options{Path: t.TempDir()}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
}

func TestOpenUnwritable(t *testing.T) {
	// Permissions don't bind root, so a child gives its rights up.
	if os.Getuid() == 0 {
		dir := t.TempDir()
		child(t, "TestOpenUnwritableChild", 65534, "PARLEY_TEST_DIR="+unwritable(t, dir))
		return
	}
	refused(t, Options{Path: unwritable(t, t.TempDir())}, "can't be written")
}

func unwritable(t *testing.T, dir string) string {
	t.Helper()
	for d := dir; d != filepath.Dir(d) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOpenUnwritableChild(t *testing.T) {
	dir := os.Getenv("PARLEY_TEST_DIR")
	if dir == "" {
		return // only as a child of the test above
	}
	refused(t, Options{Path: dir}, "can't be written")
	refused(t, Options{Path: filepath.Join(dir, "below")}, "creating the directory")
}

func TestOpenTwice(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	if err := refused(t, Options{Path: dir}, "another server is using this directory", dir); !errors.Is(err, ErrInUse) {
		t.Errorf("%v is not ErrInUse", err)
	}
	child(t, "TestOpenTwiceChild", 0, "PARLEY_TEST_DIR="+dir)
	if _, err := visit(t, s, 1); err != nil { // the attempts have done no harm
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, Options{Path: dir})
}

func TestOpenTwiceChild(t *testing.T) {
	if dir := os.Getenv("PARLEY_TEST_DIR"); dir != "" {
		refused(t, Options{Path: dir}, "another server is using this directory", dir)
	}
}

// child runs one test of this binary in a process of its own, as a user.
func child(t *testing.T, test string, uid uint32, env ...string) {
	t.Helper()
	cmd := exec.Command(readableBinary(t, uid), "-test.run=^"+test+"$", "-test.count=1", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	asUser(cmd, uid)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+test) {
		t.Fatalf("%s: %v\n%s", test, err, out)
	}
}

// readableBinary returns this test's binary where the user can run it.
func readableBinary(t *testing.T, uid uint32) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if uid == 0 {
		return self
	}
	dir, err := os.MkdirTemp("", "parley-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(path, text, 0o755), os.Chmod(dir, 0o755), os.Chmod(path, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEncryption(t *testing.T) {
	plain, sealed := t.TempDir(), t.TempDir()
	secret := "a text that nobody else may read"
	for _, o := range []Options{{Path: plain}, {Path: sealed, EncryptionKey: key1}} {
		s := mustOpen(t, o)
		id, err := visit(t, s, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.ChangeConversation(bg, id, says("client-9", secret), time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !contains(t, plain, secret) || contains(t, sealed, secret) {
		t.Error("the encrypted files must not hold the text, and the plain ones show that we look in the right place")
	}
	for _, o := range []Options{{Path: sealed, EncryptionKey: key2}, {Path: sealed}, {Path: plain, EncryptionKey: key1}} {
		refused(t, o, "encryption key does not fit", o.Path)
	}
	for _, o := range []Options{{Path: plain}, {Path: sealed, EncryptionKey: key1}} {
		s := mustOpen(t, o)
		ms, err := s.Messages(bg, "c1", chat.Range{After: 1, Limit: 1})
		if err != nil || len(ms) != 1 || ms[0].Text != secret {
			t.Errorf("%v, %v", ms, err)
		}
	}
}

// contains looks through the files of a directory, also of a store that is open
// and renames and removes files meanwhile.
func contains(t *testing.T, dir, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return disk.UnlessRemoved(err)
		}
		content, err := os.ReadFile(path)
		found = found || strings.Contains(string(content), text)
		return disk.UnlessRemoved(err)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// rawChange changes a closed store's records behind its back.
func rawChange(t *testing.T, dir string, change func(*engine.Txn) error) {
	t.Helper()
	db, err := engine.Open(database.EngineOptions(&Options{Logger: discard}, dir, nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestSchema(t *testing.T) {
	dir := t.TempDir()
	if err := mustOpen(t, Options{Path: dir}).Close(); err != nil {
		t.Fatal(err)
	}
	set := func(version string) {
		t.Helper()
		rawChange(t, dir, func(txn *engine.Txn) error { return txn.Set(layout.SchemaKey, []byte(version)) })
	}
	set(strconv.Itoa(layout.SchemaVersion + 1))
	refused(t, Options{Path: dir}, "newer version of Parley", fmt.Sprint("schema version ", layout.SchemaVersion+1), fmt.Sprint("up to ", layout.SchemaVersion))
	set("x")
	refused(t, Options{Path: dir}, "unknown schema version")
	set("1")
	mustOpen(t, Options{Path: dir})

	foreign := t.TempDir()
	rawChange(t, foreign, func(txn *engine.Txn) error { return txn.Set([]byte("key"), []byte("of another program")) })
	refused(t, Options{Path: foreign}, "none of Parley's")
}

// A record that can't be read is told of and does not take the rest with it.
func TestDamagedRecord(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	for n := range 3 {
		if _, err := visit(t, s, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rawChange(t, dir, func(txn *engine.Txn) error {
		return errors.Join(txn.Set(layout.ConversationKey("c1"), []byte("damaged!{")),
			txn.Set(layout.MessageKey("c2", 1), []byte{layout.PlainMessage, 'v', 0, 0, 0, 0, 0, 0, 0, 0, 200, 1}))
	})
	s = mustOpen(t, Options{Path: dir})
	cs, _, err := s.Inbox(bg, chat.Filter{}, "", 10)
	if err != nil || len(cs) != 2 {
		t.Errorf("%d listed, %v", len(cs), err)
	}
	if _, err := s.Conversation(bg, "c1"); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("the damaged conversation: %v", err)
	}
	if _, err := s.Messages(bg, "c2", chat.Range{Limit: 1}); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("the damaged message: %v", err)
	}
	if _, err := visit(t, s, 5); err != nil {
		t.Error(err)
	}
}
