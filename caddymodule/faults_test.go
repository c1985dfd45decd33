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
	"github.com/parley-chat/parley/internal/caddytest"
	"github.com/parley-chat/parley/internal/timeouts"
	"github.com/parley-chat/parley/internal/timeouts/patient"
	"github.com/parley-chat/parley/storage/badger"
)

// unavailable checks that the site is served with its tag while the chat says
// that it can't be used, and that logins and logouts go through.
func unavailable(w *caddytest.World) {
	w.T.Helper()
	b := w.Browser()
	for _, path := range []string{"/in?as=mia", "/", "/out"} {
		resp, body := b.Visit(path)
		if resp.StatusCode != 200 || !strings.Contains(body, "<title>Shop") || !strings.Contains(body, "/_chat/widget.js") {
			w.T.Fatalf("%s: %d %s", path, resp.StatusCode, body)
		}
		if resp.Header.Get("X-User-Id") != "" {
			w.T.Fatalf("%s: evidence reached the browser", path)
		}
	}
	for _, kind := range []string{"start", "hello"} {
		b.SetToken("shop", "any-token-at-all-of-some-length")
		if status, f := b.Post("/_chat/api/"+kind, caddytest.Obj{}); status != http.StatusServiceUnavailable || f.Code != "unavailable" {
			w.T.Fatalf("%s: %d %+v", kind, status, f)
		}
	}
}

// heals waits until a chat can be held.
func heals(w *caddytest.World) {
	w.T.Helper()
	b := w.Browser()
	caddytest.Eventually(w.T, "the chat works again", func() bool {
		_, f := b.Post("/_chat/api/start", caddytest.Obj{})
		return f.T == "hello"
	})
	mark := b.StartChat("at last")
	if got := b.History(mark); got != "at last" {
		w.T.Fatalf("after healing: %q", got)
	}
}

func TestSiteIsServedWhileAnotherServerHasTheStore(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	other, err := badger.Open(context.Background(), badger.Options{Path: filepath.Join(w.Dir, "store"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w.Load(w.Caddyfile("", caddytest.ShopIdentity))
	unavailable(w)
	if n := w.Logged(`"error"`, "another server"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	heals(w)
	if w.Logged("available again") != 1 {
		t.Error("that it works again was not logged")
	}
}

func TestSiteIsServedWhileTheStoreCannotBeMade(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	inTheWay := filepath.Join(w.Dir, "store")
	if err := os.WriteFile(inTheWay, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Load(w.Caddyfile("", caddytest.ShopIdentity))
	unavailable(w)
	if n := w.Logged(`"level":"error"`); n != 1 {
		t.Errorf("%d errors logged, want one", n)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	heals(w)
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

func (panics) Subscribe(func([]chat.Committed)) {}
func (panics) Close() error                     { panic("a bug in closing") }

func TestPanicsOfOursNeverReachTheVisitor(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	caddyfile := w.Caddyfile("", caddytest.ShopIdentity)
	from := strings.Index(caddyfile, "storage badger {")
	to := from + strings.Index(caddyfile[from:], "}") + 1
	w.Load(caddyfile[:from] + "storage buggy" + caddyfile[to:])
	b := w.Browser()
	b.SetToken("shop", "a-token-that-must-be-looked-up-in-the-store")
	for _, path := range []string{"/in?as=mia", "/", "/out"} {
		resp, body := b.Visit(path)
		if resp.StatusCode != 200 || !strings.Contains(body, "<title>Shop") || resp.Header.Get("X-User-Id") != "" {
			t.Fatalf("%s: %d %v %s", path, resp.StatusCode, resp.Header, body)
		}
	}
	if w.Logged("panic while") < 3 {
		t.Error("the panics were not logged")
	}
}

func TestStoreThatHangsHoldsUpNothing(t *testing.T) {
	t.Cleanup(patient.Own(&timeouts.Open))
	w := caddytest.Prepare(t, caddytest.Shop)
	if err := os.Mkdir(filepath.Join(w.Dir, "store"), 0o700); err != nil {
		t.Fatal(err)
	}
	// Opening a pipe that nobody writes to hangs, as a broken disk does.
	pipe := filepath.Join(w.Dir, "store", "LOCK")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	w.Load(w.Caddyfile("", caddytest.ShopIdentity))
	unavailable(w)
	// Let it go on, so that nothing hangs on after the test.
	end, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
}

func TestRedirectedLogoutIsWarnedOf(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	w.Load(strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "chat_console {", "redir /out / 303\n	chat_console {", 1))
	if w.Logged(`"level":"warn"`, "/out", "route") != 1 {
		t.Fatal("no warning of a logout that never reaches the chat")
	}
}
