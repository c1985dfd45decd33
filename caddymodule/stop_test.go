package caddymodule_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/caddytest"
	"github.com/parley-chat/parley/internal/timeouts"
	"github.com/parley-chat/parley/internal/timeouts/patient"
	"github.com/parley-chat/parley/storage/badger"
)

// hangingStore is a storage module whose disk stops to answer once somebody
// signs in, and when the store is closed.
type hangingStore struct {
	Path string `json:"path"`
}

var (
	// thaw lets all go on that waits for the disk of hangingStore.
	thaw = make(chan struct{})
	// closed is closed once its store is.
	closed = make(chan struct{})
)

func init() { caddy.RegisterModule(hangingStore{}) }

func (hangingStore) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "chat.storage.hanging", New: func() caddy.Module { return new(hangingStore) }}
}
func (h *hangingStore) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	d.AllArgs(&h.Path)
	return nil
}
func (*hangingStore) StoreKey() string { return "hanging" }
func (h *hangingStore) OpenStore(ctx context.Context, log *slog.Logger) (chat.Store, error) {
	store, err := badger.Open(ctx, badger.Options{Path: h.Path, Logger: log})
	return hanging{store}, err
}

// hanging waits for the disk whatever its context says, as a system call does.
type hanging struct{ *badger.Store }

func (h hanging) SignIn(ctx context.Context, s chat.Session, token chat.Hash, p chat.Profile) (chat.Person, error) {
	<-thaw
	return h.Store.SignIn(ctx, s, token, p)
}

func (h hanging) Close() error {
	<-thaw
	defer close(closed)
	return h.Store.Close()
}

// Who stops the server does not wait for a disk that hangs.
func TestStopDoesNotWaitForAStoreThatHangs(t *testing.T) {
	t.Cleanup(patient.Own(&timeouts.Evidence, &timeouts.Stop))
	w := caddytest.Prepare(t, caddytest.Shop)
	caddyfile := w.Caddyfile("", caddytest.ShopIdentity)
	from := strings.Index(caddyfile, "storage badger {")
	to := from + strings.Index(caddyfile[from:], "}") + 1
	w.Load(caddyfile[:from] + "storage hanging " + w.Dir + "/store" + caddyfile[to:])
	w.Browser().Visit("/in?as=mia") // a session that is yet to be stored
	visitor := w.Browser()
	tab := visitor.Hello(visitor.StartChat("hello"))
	stopped := make(chan error, 1)
	go func() { stopped <- caddy.Stop() }()
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(caddytest.Deadline):
		t.Error("the server does not stop while its disk hangs")
		close(thaw)
		<-stopped
		return
	}
	if code := tab.CloseCode(); code != 1012 {
		t.Errorf("a visitor was sent away with %d, want 1012, to come back", code)
	}
	close(thaw)
	<-closed // or it would write into the directory while that is being removed
}
