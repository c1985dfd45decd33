package caddymodule_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

func TestSiteIsServedWhileTheDiskIsFull(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	disk := filepath.Join(w.Dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=200m"); err != nil {
		if os.Getenv("PARLEY_TEST_NO_MOUNT") != "" {
			t.Skipf("mounting a small disk: %v, as expected on this machine", err)
		}
		t.Fatalf("mounting a small disk: %v (run as root, or set PARLEY_TEST_NO_MOUNT=1 where that can't be)", err)
	}
	// The store goes before its disk does: cleanups run in reverse, and Caddy
	// stops in one that prepare has registered before.
	t.Cleanup(func() {
		if err := caddytest.TryLoad("{\n	admin off\n}"); err != nil {
			t.Error(err)
		}
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	w.Load(strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), w.Dir+"/store", disk+"/store", 1))
	b := w.Browser()
	mark := b.StartChat("while there is room")

	filler := filepath.Join(disk, "somebody-elses")
	if err := os.WriteFile(filler, make([]byte, 150<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	caddytest.Eventually(t, "the store notices", func() bool {
		status, f := b.Post("/_chat/api/send", caddytest.Obj{"mark": mark, "cid": "client-1", "text": "too late"})
		return status == http.StatusServiceUnavailable && f.Code == "unavailable"
	})
	for _, path := range []string{"/in?as=mia", "/", "/out"} {
		if resp, body := w.Browser().Visit(path); resp.StatusCode != 200 || tags(body) != 1 || resp.Header.Get("X-User-Id") != "" {
			t.Fatalf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	if got := b.History(mark); !strings.HasPrefix(got, "while there is room") {
		t.Fatalf("what was said before can't be read: %q", got)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	caddytest.Eventually(t, "the chat works again", func() bool {
		_, f := b.Post("/_chat/api/send", caddytest.Obj{"mark": mark, "cid": "client-2", "text": "there is room again"})
		return f.T == "ack"
	})
	if got := b.History(mark); !strings.HasSuffix(got, "there is room again") {
		t.Fatalf("afterwards: %q", got)
	}
	if n := w.Logged(`"level":"error"`) + w.Logged(`"level":"warn"`, "disk"); n == 0 || n > 3 {
		t.Errorf("%d lines of the log tell of the full disk, want a clear one", n)
	}
}
