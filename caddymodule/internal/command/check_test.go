package command_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/caddytest"
	"github.com/parley-chat/parley/storage/badger"
)

func TestCommandCheckAtTheServer(t *testing.T) {
	w, admin := administered(t, "")
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "hello"})
	caddytest.Done(t, caddytest.Run(t, "", "check", "--address", admin), "nothing is damaged")
	caddytest.Done(t, caddytest.Run(t, "", "check", "--json", "--address", admin), `"records":`)
	caddytest.Ended(t, caddytest.Run(t, "", "check", "--path", filepath.Join(w.Dir, "store")), 1, "a server is using")
	caddytest.Ended(t, caddytest.Run(t, "", "check", "--accept", "--path", filepath.Join(w.Dir, "store")), 1, "stop it first")
}

// A store that is damaged does not open: the site is served without a chat, the
// log and the command say what is damaged and what to do, and a server that
// waits takes up what the command goes on with.
func TestCommandCheckOfADamagedStore(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	dir := filepath.Join(w.Dir, "store")
	filled(t, badger.Options{Path: dir}, time.Now())
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	content, err := os.ReadFile(tables[0])
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(content), "said by 7")
	if at < 0 {
		t.Fatal("the text is not in the table")
	}
	content[at] ^= 1
	if err := os.WriteFile(tables[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	admin := caddytest.FreeAddress(t)
	w.Load(strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "admin off", "admin "+admin, 1))
	caddytest.Eventually(t, "the log says it", func() bool { return w.Logged("the chat is unavailable", "the store is damaged", "chat restore") > 0 })
	caddytest.Ended(t, caddytest.Run(t, "", "check", "--address", admin), 4, filepath.Base(tables[0])+" at ", "checksum is wrong", "damaged: 1 place.", "chat restore")
	caddytest.Ended(t, caddytest.Run(t, "", "backup", "--address", admin, filepath.Join(w.Dir, "backup")), 1, "the store is damaged", "chat check --path "+dir+"`")
	caddytest.Ended(t, caddytest.Run(t, "", "stats", "--path", dir), 1, "the store is damaged", "chat restore")
	caddytest.Ended(t, caddytest.Run(t, "", "check", "--path", dir), 4, filepath.Base(tables[0]), "checksum", "chat restore", "--accept")
	if now, err := os.ReadFile(tables[0]); err != nil || string(now) != string(content) {
		t.Errorf("checking has changed the file, %v", err)
	}
	accepted := caddytest.Ended(t, caddytest.Run(t, "", "check", "--accept", "--path", dir), 4, filepath.Base(tables[0]), "The damaged files are in", "Kept ",
		"are gone without a trace", "Done; the exit status is 4 because something was damaged.")
	if strings.Contains(strings.ToLower(accepted.Err), "error") {
		t.Errorf("what was done reads like a failure: %s", accepted.Err)
	}
	caddytest.Eventually(t, "the server takes it up", func() bool { return w.Logged("the chat is available again") > 0 })
	caddytest.Done(t, caddytest.Run(t, "", "check", "--address", admin), "nothing is damaged")
}

// A table and the list of them are deleted under the server: each is told once,
// and a backup has everything.
func TestCommandBackupOfDeletedFiles(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	dir := filepath.Join(w.Dir, "store")
	filled(t, badger.Options{Path: dir}, time.Now())
	admin := caddytest.FreeAddress(t)
	w.Load(strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "admin off", "admin "+admin, 1))
	caddytest.Done(t, caddytest.Run(t, "", "check", "--address", admin), "nothing is damaged")
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	for _, name := range []string{tables[0], filepath.Join(dir, "MANIFEST")} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	found := caddytest.Ended(t, caddytest.Run(t, "", "check", "--address", admin), 4, filepath.Base(tables[0])+": it was deleted", "MANIFEST: it was deleted", "damaged: 2 places.")
	if strings.Contains(found.Err, "checking: ") {
		t.Errorf("it reads like a failure: %s", found.Err)
	}
	backup := filepath.Join(w.Dir, "backup")
	caddytest.Done(t, caddytest.Run(t, "", "backup", "--address", admin, backup), "backed up")
	caddytest.Done(t, caddytest.Run(t, "", "restore", "--path", filepath.Join(w.Dir, "again"), backup), "restored")
	if n := w.Logged("the store is damaged", "stacktrace"); n > 0 {
		t.Errorf("%d lines have a stack trace", n)
	}
	if w.Logged("refusing to store anything new until the server is restarted") == 0 {
		t.Error("the log does not say what to do")
	}
}

// Sound stores are left as they are.
func TestCommandCheckAcceptOfASoundStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	filled(t, badger.Options{Path: dir}, time.Now())
	caddytest.Done(t, caddytest.Run(t, "", "check", "--path", dir), "nothing is damaged: read")
	caddytest.Done(t, caddytest.Run(t, "", "check", "--accept", "--path", dir), "nothing was changed")
	caddytest.Ended(t, caddytest.Run(t, "", "check", "--path", filepath.Join(t.TempDir(), "none")), 1)
	s, err := badger.Open(context.Background(), badger.Options{Path: dir, MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Messages(context.Background(), "c7", chat.Range{Limit: 10})
	if err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if err := errors.Join(s.Close()); err != nil {
		t.Fatal(err)
	}
}
