package caddymodule_test

import (
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"path/filepath"
	"testing"
)

// servePHP serves a folder with a page, and the same evil application over
// FastCGI as PHP would.
func servePHP(t *testing.T, w *world) {
	t.Helper()
	root := filepath.Join(w.dir, "site")
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "index.php"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("<!doctype html><title>File</title>"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("unix", filepath.Join(w.dir, "fcgi.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { _ = fcgi.Serve(l, http.HandlerFunc(evil)) }()
}
