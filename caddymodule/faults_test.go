package caddymodule_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger"
)

// unavailable checks that the site is served with its tag while the chat says
// that it can't be used, and that logins and logouts go through.
func (w *world) unavailable() {
	w.t.Helper()
	b := w.browser()
	for _, path := range []string{"/in?as=mia", "/", "/out"} {
		resp, body := b.visit(path)
		if resp.StatusCode != 200 || !strings.Contains(body, "<title>Shop") || !strings.Contains(body, "/_chat/widget.js") {
			w.t.Fatalf("%s: %d %s", path, resp.StatusCode, body)
		}
		if resp.Header.Get("X-User-Id") != "" {
			w.t.Fatalf("%s: evidence reached the browser", path)
		}
	}
	for _, kind := range []string{"start", "hello"} {
		b.keep("shop", "any-token-at-all-of-some-length")
		if status, f := b.post("/_chat/api/"+kind, obj{}); status != http.StatusServiceUnavailable || f.Code != "unavailable" {
			w.t.Fatalf("%s: %d %+v", kind, status, f)
		}
	}
}

// heals waits until a chat can be held.
func (w *world) heals() {
	w.t.Helper()
	b := w.browser()
	eventually(w.t, "the chat works again", func() bool {
		_, f := b.post("/_chat/api/start", obj{})
		return f.T == "hello"
	})
	mark := b.start("at last")
	if got := b.history(mark); got != "at last" {
		w.t.Fatalf("after healing: %q", got)
	}
}

func TestSiteIsServedWhileAnotherServerHasTheStore(t *testing.T) {
	w := prepare(t, shop)
	other, err := badger.Open(context.Background(), badger.Options{Path: filepath.Join(w.dir, "store"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w.load(w.caddyfile("", shopIdentity))
	w.unavailable()
	if n := w.logged(`"error"`, "another server"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	w.heals()
	if w.logged("available again") != 1 {
		t.Error("that it works again was not logged")
	}
}

func TestSiteIsServedWhileTheStoreCannotBeMade(t *testing.T) {
	w := prepare(t, shop)
	inTheWay := filepath.Join(w.dir, "store")
	if err := os.WriteFile(inTheWay, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.load(w.caddyfile("", shopIdentity))
	w.unavailable()
	if n := w.logged(`"level":"error"`); n != 1 {
		t.Errorf("%d errors logged, want one", n)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	w.heals()
}

// buggyStore is a storage module that panics wherever it is touched.
type buggyStore struct{}

func init() { caddy.RegisterModule(buggyStore{}) }

func (buggyStore) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "chat.storage.buggy", New: func() caddy.Module { return new(buggyStore) }}
}
func (*buggyStore) UnmarshalCaddyfile(d *caddyfile.Dispenser) error { d.Next(); return nil }
func (*buggyStore) StoreKey() string                                { return "buggy" }
func (*buggyStore) OpenStore(context.Context, *slog.Logger) (chat.Store, error) {
	return panics{}, nil
}

// panics is a store of which each method panics: the interface is nil.
type panics struct{ chat.Store }

func (panics) Close() error { return nil }

func TestPanicsOfOursNeverReachTheVisitor(t *testing.T) {
	w := prepare(t, shop)
	caddyfile := w.caddyfile("", shopIdentity)
	from := strings.Index(caddyfile, "storage badger {")
	to := from + strings.Index(caddyfile[from:], "}") + 1
	w.load(caddyfile[:from] + "storage buggy" + caddyfile[to:])
	b := w.browser()
	b.keep("shop", "a-token-that-must-be-looked-up-in-the-store")
	for _, path := range []string{"/in?as=mia", "/", "/out"} {
		resp, body := b.visit(path)
		if resp.StatusCode != 200 || !strings.Contains(body, "<title>Shop") || resp.Header.Get("X-User-Id") != "" {
			t.Fatalf("%s: %d %v %s", path, resp.StatusCode, resp.Header, body)
		}
	}
	if w.logged("panic while") < 3 {
		t.Error("the panics were not logged")
	}
}

func TestStoreThatHangsHoldsUpNothing(t *testing.T) {
	w := prepare(t, shop)
	if err := os.Mkdir(filepath.Join(w.dir, "store"), 0o700); err != nil {
		t.Fatal(err)
	}
	// Opening a pipe that nobody writes to hangs, as a broken disk does.
	pipe := filepath.Join(w.dir, "store", "LOCK")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	w.load(w.caddyfile("", shopIdentity))
	w.unavailable()
	// Let it go on, so that nothing hangs on after the test.
	end, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
}

func TestRedirectedLogoutIsWarnedOf(t *testing.T) {
	w := prepare(t, shop)
	w.load(strings.Replace(w.caddyfile("", shopIdentity), "chat_console {", "redir /out / 303\n	chat_console {", 1))
	if w.logged(`"level":"warn"`, "/out", "route") != 1 {
		t.Fatal("no warning of a logout that never reaches the chat")
	}
}
