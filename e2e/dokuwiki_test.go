package e2e_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/dokuwiki"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
	"golang.org/x/crypto/bcrypt"
)

// The wiki behind a stock Caddy: what the next test has to find unchanged.
func TestDokuWikiAlone(t *testing.T) {
	wiki := dokuwiki.Start(t)
	port := server.FreePort(t)
	server.Start(t, t.TempDir(), fmt.Sprintf("http://127.0.0.1:%d {\n%s}\n", port, wiki.Caddyfile()))
	useWiki(t, browser.New(t).Tab(), fmt.Sprintf("http://127.0.0.1:%d", port), func() {})
}

// The wiki with a chat in front: nothing of it changes but for the one tag.
func TestDokuWikiWithAChat(t *testing.T) {
	url := startWikiWithChat(t)
	tab := browser.New(t).Tab()
	useWiki(t, tab, url, func() {
		t.Helper()
		if n := len(tag.FindAllString(tab.Source(), -1)); n != 1 {
			t.Errorf("%s has %d tags", tab.URL(), n)
		}
		tab.Find("button", "Open chat")
	})
}

// A chat on a page of the wiki, which signing out of the wiki ends.
func TestDokuWikiChat(t *testing.T) {
	url := startWikiWithChat(t)
	desk := people.SignIn(browser.New(t), url+"/desk/", "anna@example.com", demoPassword)
	visitor := people.Visit(browser.New(t), url+"/doku.php?id=tools:hammer")
	visitor.Say("Which nails are meant?")
	desk.Take("Which nails are meant?")
	desk.Reply("Iron ones.")
	visitor.Sees("Iron ones.")
	visitor.Screenshot("wiki")

	visitor.Go(url + "/doku.php?id=start&do=login")
	visitor.Find("textbox", "Username").Fill(dokuwiki.Editor.Name)
	visitor.Find("textbox", "Password").Fill(dokuwiki.Editor.Password)
	visitor.Follow(visitor.Find("button", "Log In").Click)
	visitor.OpenChat()
	visitor.Sees("Iron ones.")

	visitor.Follow(visitor.Find("link", "Log Out").Click)
	visitor.Say("I am someone else.")
	desk.Take("I am someone else.")
	expectAlone(t, "the desk, of who comes next,", desk.Transcript(), "nails", "Iron")
	desk.Reply("Welcome.")
	visitor.Sees("Welcome.")
	expectAlone(t, "who comes next", visitor.Transcript(), "nails", "Iron")
}

// What is no page of the wiki's stays as it is.
func TestDokuWikiFilesThatAreNoPages(t *testing.T) {
	wiki := dokuwiki.Start(t)
	port, plain := server.FreePort(t), server.FreePort(t)
	server.Start(t, t.TempDir(), fmt.Sprintf("http://127.0.0.1:%d {\n\tchat\n\t%s}\nhttp://127.0.0.1:%d {\n\t%s}\n", port, wiki.Caddyfile(), plain, wiki.Caddyfile()))
	for _, path := range []string{
		"/doku.php?id=start&do=export_raw",
		"/lib/exe/fetch.php?media=wiki:dokuwiki-128.png",
		"/lib/exe/css.php?t=dokuwiki",
		"/lib/exe/js.php?t=dokuwiki",
		"/lib/tpl/dokuwiki/images/favicon.ico",
	} {
		want, wantBody := fetch(t, navigation(t, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", plain, path)))
		got, gotBody := fetch(t, navigation(t, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path)))
		// Some of them name the host that they were asked on.
		wantBody = bytes.ReplaceAll(wantBody, fmt.Appendf(nil, ":%d", plain), fmt.Appendf(nil, ":%d", port))
		if got.StatusCode != want.StatusCode || want.StatusCode != http.StatusOK || !bytes.Equal(gotBody, wantBody) {
			t.Errorf("%s: status %d with %d bytes, without a chat %d with %d bytes", path, got.StatusCode, len(gotBody), want.StatusCode, len(wantBody))
		}
	}

	// The feed tells the time, so that no two are the same.
	feed, body := fetch(t, navigation(t, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/feed.php", port)))
	if feed.StatusCode != http.StatusOK || bytes.Contains(body, []byte("/_chat/")) {
		t.Errorf("the feed has status %d and says:\n%s", feed.StatusCode, body)
	}
}

// startWikiWithChat serves a wiki with a chat in front and the agents' desk
// beside it.
func startWikiWithChat(t *testing.T) (url string) {
	t.Helper()
	wiki := dokuwiki.Start(t)
	port := server.FreePort(t)
	server.Start(t, t.TempDir(), fmt.Sprintf(`{
	chat {
		agent anna@example.com %s {
			name "Anna Berg"
		}
	}
}
http://127.0.0.1:%d {
	@signout query do=logout
	chat {
		site wiki
		logout @signout
	}
	chat_console {
		path /desk
	}
	%s}
`, hash(t, demoPassword), port, wiki.Caddyfile()))
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}

// hash is what "caddy hash-password" makes of a password, at the least cost.
func hash(t testing.TB, password string) string {
	t.Helper()
	hashed, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hashed)
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
