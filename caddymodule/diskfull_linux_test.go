package caddymodule_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSiteIsServedWhileTheDiskIsFull(t *testing.T) {
	w := prepare(t, shop)
	disk := filepath.Join(w.dir, "disk")
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
		if err := tryLoad("{\n	admin off\n}"); err != nil {
			t.Error(err)
		}
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	w.load(strings.Replace(w.caddyfile("", shopIdentity), w.dir+"/store", disk+"/store", 1))
	b := w.browser()
	mark := b.start("while there is room")

	filler := filepath.Join(disk, "somebody-elses")
	if err := os.WriteFile(filler, make([]byte, 150<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the store notices", func() bool {
		status, f := b.post("/_chat/api/send", obj{"mark": mark, "cid": "client-1", "text": "too late"})
		return status == http.StatusServiceUnavailable && f.Code == "unavailable"
	})
	for _, path := range []string{"/in?as=mia", "/", "/out"} {
		if resp, body := w.browser().visit(path); resp.StatusCode != 200 || tags(body) != 1 || resp.Header.Get("X-User-Id") != "" {
			t.Fatalf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	if got := b.history(mark); !strings.HasPrefix(got, "while there is room") {
		t.Fatalf("what was said before can't be read: %q", got)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the chat works again", func() bool {
		_, f := b.post("/_chat/api/send", obj{"mark": mark, "cid": "client-2", "text": "there is room again"})
		return f.T == "ack"
	})
	if got := b.history(mark); !strings.HasSuffix(got, "there is room again") {
		t.Fatalf("afterwards: %q", got)
	}
	if n := w.logged(`"level":"error"`) + w.logged(`"level":"warn"`, "disk"); n == 0 || n > 3 {
		t.Errorf("%d lines of the log tell of the full disk, want a clear one", n)
	}
}
