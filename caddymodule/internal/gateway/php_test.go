package gateway_test

import (
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// servePHP serves a folder with a page, and the same evil application over
// FastCGI as PHP would.
func servePHP(t *testing.T, w *caddytest.World) {
	t.Helper()
	root := filepath.Join(w.Dir, "site")
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "index.php"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("<!doctype html><title>File</title>"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("unix", filepath.Join(w.Dir, "fcgi.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { _ = fcgi.Serve(l, http.HandlerFunc(evil)) }()
}
