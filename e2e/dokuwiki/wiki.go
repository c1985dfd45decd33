// Package dokuwiki sets up DokuWiki, as Debian packages it, for one test: a
// PHP application that knows nothing of whatever is put in front of it.
package dokuwiki

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/parley-chat/parley/e2e/debian"
	"github.com/parley-chat/parley/e2e/php"
)

// The people who have an account. The wiki asks others only for what it shows
// to everyone: its pages.
var (
	Admin  = User{Name: "root", Password: "a-long-passphrase", FullName: "Ada Admin", Email: "ada@example.com", groups: "admin,user"}
	Editor = User{Name: "edith", Password: "another-passphrase", FullName: "Edith Editor", Email: "edith@example.com", groups: "user"}
)

// User is an account of the wiki.
type User struct {
	Name, Password, FullName, Email string
	groups                          string
}

// Wiki is a DokuWiki with its own pages, accounts and PHP processes.
type Wiki struct {
	program string // the application's files, which nobody changes
	dir     string // what belongs to this wiki
	socket  string // where PHP listens
}

// Start sets a wiki up and runs it until the test ends.
func Start(t testing.TB) *Wiki {
	t.Helper()
	unpacked := debian.Unpacked(t, "dokuwiki", "usr/share/dokuwiki/doku.php")
	// The socket's path has to fit into 108 bytes, so the test's name must not
	// be in it.
	dir, err := os.MkdirTemp("", "wiki")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &Wiki{program: filepath.Join(unpacked, "usr/share/dokuwiki"), dir: dir}

	w.copyFiles(t, filepath.Join(unpacked, "etc/dokuwiki"), "conf")
	w.copyFiles(t, filepath.Join(unpacked, "var/lib/dokuwiki/data"), "data")
	for _, dir := range []string{"data/attic", "data/cache", "data/index", "data/locks", "data/log", "data/media_attic", "data/media_meta", "data/meta", "data/tmp"} {
		if err := os.MkdirAll(filepath.Join(w.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.configure(t)
	w.socket = php.Start(t, dir)
	return w
}

// Caddyfile returns the directives that serve the wiki.
func (w *Wiki) Caddyfile() string {
	return fmt.Sprintf(`root %s
	@private path /bin/* /inc/* /vendor/*
	respond @private 403
	php_fastcgi unix/%s
	file_server
`, w.program, w.socket)
}

// configure writes what the wiki's installer would write.
func (w *Wiki) configure(t testing.TB) {
	w.write(t, "prepend.php", fmt.Sprintf("<?php\ndefine('DOKU_MAIN_CONF', '%[1]s/conf/');\ndefine('DOKU_CONF', '%[1]s/conf/');\n", w.dir))
	w.write(t, "conf/local.php", fmt.Sprintf(`<?php
$conf['title'] = 'Test Wiki';
$conf['savedir'] = '%s/data';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['disableactions'] = 'register';
$conf['indexdelay'] = 0;
`, w.dir))
	// 1 is to read, 8 is to read, edit, create and upload.
	w.write(t, "conf/acl.auth.php", "*\t@ALL\t1\n*\t@user\t8\n")
	var users strings.Builder
	for _, u := range []User{Admin, Editor} {
		hash, err := bcrypt.GenerateFromPassword([]byte(u.Password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&users, "%s:%s:%s:%s:%s\n", u.Name, hash, u.FullName, u.Email, u.groups)
	}
	w.write(t, "conf/users.auth.php", users.String())
	w.write(t, "data/pages/start.txt", "====== Welcome ======\n\nThe home of the [[tools:hammer|hammer]].\n")
	w.write(t, "data/pages/tools/hammer.txt", "====== Hammer ======\n\nIt drives nails.\n")
}

// copyFiles copies the regular files of a directory tree.
func (w *Wiki) copyFiles(t testing.TB, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		w.write(t, filepath.Join(to, name), string(text))
		return nil
	})
	if err != nil {
		t.Fatalf("copying the wiki's files: %v", err)
	}
}

func (w *Wiki) write(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
