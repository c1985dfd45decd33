package endure

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// remount makes the disk writable ("rw"), or not ("ro").
func (d *disk) remount(how string) {
	d.t.Helper()
	if said, err := exec.Command("mount", "-o", "remount,"+how, d.dir).CombinedOutput(); err != nil {
		d.cannot("mounting the disk anew as "+how, err, said)
	}
}

// TestReadOnlyAtStart starts a server whose store is on a disk that can't be
// written, as one is after an error. The site is served without its chat, the
// log says why once, and the chat comes by itself when the disk is writable;
// with what was said before.
func TestReadOnlyAtStart(t *testing.T) {
	d, w := startOnDisk(t)
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	v := &visitor{w: w, name: "stranger", b: newBrowser("http://"+w.addr, "10.0.0.1"), account: newAccount(t, "stranger")}
	v.account.read = v.read
	if err := v.arrive(ctx); err != nil {
		t.Fatal(err)
	}
	if err := v.post(ctx, v.compose()); err != nil {
		t.Fatal(err)
	}
	w.kill()
	d.remount("ro")
	w.start()
	for range 3 {
		if page, err := v.b.visit(ctx, "/"); err != nil || !strings.Contains(page, "/_chat/widget.js") {
			t.Fatalf("the site without its store: %v %q", err, page)
		}
		var refused unavailable
		if _, err := v.read(ctx, 0); !errors.As(err, &refused) || refused.Code != "unavailable" {
			t.Fatalf("the chat without its store: %v", err)
		}
	}
	log, err := os.ReadFile(filepath.Join(w.dir, "caddy.log"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(log), "the directory can't be written"); n != 1 || !strings.Contains(string(log), w.store) {
		t.Errorf("that %s can't be written was logged %d times", w.store, n)
	}
	d.remount("rw")
	if err := again(ctx, func() error { return v.post(ctx, v.compose()) }); err != nil {
		t.Fatal(err)
	}
	if err := v.account.audit(ctx); err != nil {
		t.Error(err)
	}
	if n := len(v.account.history); n != 2 {
		t.Errorf("%d messages are there, want 2", n)
	}
}
