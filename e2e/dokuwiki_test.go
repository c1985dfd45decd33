package e2e_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/dokuwiki"
	"github.com/parley-chat/parley/e2e/server"
)

// The wiki behind a stock Caddy: what the next test has to find unchanged.
func TestDokuWikiAlone(t *testing.T) {
	wiki := dokuwiki.Start(t)
	port := server.FreePort(t)
	server.Start(t, t.TempDir(), fmt.Sprintf("http://127.0.0.1:%d {\n%s}\n", port, wiki.Caddyfile()))
	useWiki(t, browser.New(t).Tab(), fmt.Sprintf("http://127.0.0.1:%d", port), func() {})
}

// useWiki uses each function of the wiki once, and calls look on each page that
// it comes to.
func useWiki(t *testing.T, tab *browser.Tab, url string, look func()) {
	follow := func(role string, name string) {
		t.Helper()
		tab.Follow(tab.FindBy(role, browser.Containing(name), role+" "+name).Click)
		look()
	}
	open := func(path string) {
		t.Helper()
		tab.Go(url + path)
		look()
	}

	open("/doku.php")
	tab.Find("heading", "Welcome")
	follow("link", "hammer")
	tab.HasText("It drives nails.")
	if tab.Has("link", "Log Out") {
		t.Fatal("signed in from the start")
	}

	// Log in, first wrongly.
	follow("link", "Log In")
	logIn := func(password string) {
		tab.Find("textbox", "Username").Fill(dokuwiki.Editor.Name)
		tab.Find("textbox", "Password").Fill(password)
		follow("button", "Log In")
	}
	tab.AllowProblem("403 (Forbidden)") // what the wiki answers then
	logIn("not the passphrase")
	tab.HasText("Sorry, username or password was wrong.")
	logIn(dokuwiki.Editor.Password)
	tab.HasText(dokuwiki.Editor.FullName)

	// Write a page, after a look at the preview.
	open("/doku.php?id=tools:saw")
	follow("link", "Create this page")
	tab.CSS("#wiki__text").Fill("====== Saw ======\n\nIt has sharp teeth. See [[hammer]].\n")
	follow("button", "Preview")
	tab.HasText("This is a preview")
	follow("button", "Save")
	tab.Find("heading", "Saw")
	tab.HasText("It has sharp teeth.")

	// Put a picture into it.
	open("/doku.php?id=tools:saw&do=media&ns=tools")
	tab.Find("link", "Upload").Click()
	tab.CSS("#mediamanager__uploader input[type=file]").Upload(pictureFile(t))
	tab.Find("button", "Upload").Click()
	tab.CSS(".qq-upload-success")
	open("/doku.php?id=tools:saw&do=edit")
	tab.CSS("#wiki__text").Fill("====== Saw ======\n\nIt has sharp teeth. {{tools:picture.png}}\n")
	follow("button", "Save")
	tab.Wait(`document.querySelector('main img, #dokuwiki__content img.media, .page img')?.naturalWidth === 40`)
	follow("link", "Old revisions")
	tab.Find("heading", "Old Revisions")

	// The wiki indexes a page just after it has served it, so the first search
	// may come too early.
	for found := false; !found; found = tab.Has("link", "saw") || tab.Has("link", "tools:saw") {
		open("/doku.php?id=tools:saw")
		tab.CSS("#qsearch__in").Fill("teeth")
		tab.Follow(func() { tab.CSS("#qsearch__in").Press("Enter") })
		look()
		tab.Find("heading", "Search")
	}

	follow("link", "Log Out")
	tab.Find("link", "Log In")
	open("/doku.php?id=tools:saw&do=edit")
	tab.HasText("This page is read only.")
}

// pictureFile makes a picture 40 pixels wide.
func pictureFile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "picture.png")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
