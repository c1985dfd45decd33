// Package mediawiki sets up MediaWiki, as Debian packages it, for one test: a
// PHP application that tells who is signed in by an API of its own, to who asks
// with their cookies.
package mediawiki

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/e2e/debian"
	"github.com/parley-chat/parley/e2e/php"
)

// User is an account of the wiki.
type User struct{ Name, Password string }

// The people who have an account. Ada has set the wiki up.
var (
	Ada = User{"Ada", "a-long-passphrase"}
	Ben = User{"Ben", "another-passphrase"}
)

// WhoAmI is the address by which the wiki tells who is signed in. For who is
// not, the id is 0 and the name is their network address.
const WhoAmI = "/api.php?action=query&meta=userinfo&format=json"

// Wiki is a MediaWiki with its own pages, accounts and PHP processes.
type Wiki struct {
	program string // the application's files, which nobody changes
	dir     string // what belongs to this wiki
	socket  string // where PHP listens
}

// Start sets a wiki up whose address is origin and runs it until the test ends.
func Start(t testing.TB, origin string) *Wiki {
	t.Helper()
	const program = "usr/share/mediawiki"
	// The socket's path has to fit into 108 bytes, so the test's name must not
	// be in it.
	dir, err := os.MkdirTemp("", "wiki")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &Wiki{program: filepath.Join(debian.Unpacked(t, "mediawiki", program+"/index.php"), program), dir: dir}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.maintain(t, "install.php", "--dbtype", "sqlite", "--dbname", "wiki", "--dbpath", filepath.Join(dir, "data"),
		"--confpath", dir, "--server", origin, "--scriptpath", "", "--pass", Ada.Password, "Test Wiki", Ada.Name)
	w.maintain(t, "createAndPromote.php", Ben.Name, Ben.Password)
	// The installer's own way to say where its settings are.
	prepend := fmt.Sprintf("<?php\ndefine('MW_CONFIG_FILE', '%s');\n", w.settings())
	if err := os.WriteFile(filepath.Join(dir, "prepend.php"), []byte(prepend), 0o644); err != nil {
		t.Fatal(err)
	}
	w.socket = php.Start(t, dir)
	return w
}

// Caddyfile returns the directives that serve the wiki.
func (w *Wiki) Caddyfile() string {
	return fmt.Sprintf(`root %s
	@private path /maintenance/* /includes/* /vendor/* /languages/*
	respond @private 403
	php_fastcgi unix/%s
	file_server
`, w.program, w.socket)
}

func (w *Wiki) settings() string { return filepath.Join(w.dir, "LocalSettings.php") }

// maintain runs one of the wiki's scripts for those who look after it.
func (w *Wiki) maintain(t testing.TB, script string, arguments ...string) {
	t.Helper()
	program, ok := debian.Installed("php")
	if !ok {
		t.Fatal("found no php: run scripts/setup, or install Debian's package php-cli")
	}
	cmd := exec.Command(program, append([]string{filepath.Join(w.program, "maintenance", script)}, arguments...)...)
	if script != "install.php" {
		cmd.Env = append(os.Environ(), "MW_CONFIG_FILE="+w.settings())
	}
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("setting the wiki up by %s: %v\n%s", script, err, said)
	}
}
