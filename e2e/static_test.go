package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/server"
)

// tag is the one thing that the chat adds to a page, byte for byte but for the
// hash.
var tag = regexp.MustCompile(`<script async src="/_chat/widget\.js\?v=[0-9A-Za-z_-]+"></script>`)

// realPages lists the HTML files of SQLite's documentation, as Debian packages
// it: many pages, written over twenty years by hand and by generators.
func realPages(t *testing.T) (dir string, names []string) {
	t.Helper()
	dir, err := filepath.Abs("../.cache/debian/sqlite3-doc/usr/share/doc/sqlite3")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && strings.HasSuffix(path, ".html") {
			names = append(names, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatalf("found no pages: run scripts/setup (%v)", err)
	}
	if len(names) < 200 {
		t.Fatalf("found %d pages only: run scripts/setup", len(names))
	}
	return dir, names
}

// navigation is a request as a browser sends it for a page.
func navigation(t *testing.T, method, url string) *http.Request {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Accept":         "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"Sec-Fetch-Dest": "document",
		"Sec-Fetch-Mode": "navigate",
		"Sec-Fetch-Site": "none",
	} {
		request.Header.Set(name, value)
	}
	return request
}

// fetch returns the final answer and its body, as it came over the wire.
func fetch(t *testing.T, request *http.Request) (*http.Response, []byte) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("reading %s: %v", request.URL, err)
	}
	return response, body
}

func TestStaticSiteIsItselfWithoutTheTag(t *testing.T) {
	dir, names := realPages(t)
	port := server.FreePort(t)
	server.Start(t, t.TempDir(), fmt.Sprintf(`
http://127.0.0.1:%d {
	root %q
	chat
	file_server
}
`, port, dir))

	for _, name := range names {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		url := fmt.Sprintf("http://127.0.0.1:%d/%s", port, name)

		response, body := fetch(t, navigation(t, http.MethodGet, url))
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", name, response.StatusCode)
			continue
		}
		if n := len(tag.FindAll(body, -1)); n != 1 {
			t.Errorf("%s: %d tags", name, n)
		}
		if rest := tag.ReplaceAll(body, nil); !bytes.Equal(rest, want) {
			t.Errorf("%s: differs from the file by more than the tag", name)
		}
		if response.ContentLength != int64(len(body)) {
			t.Errorf("%s: Content-Length %d for %d bytes", name, response.ContentLength, len(body))
		}

		head, none := fetch(t, navigation(t, http.MethodHead, url))
		if head.ContentLength != response.ContentLength || len(none) != 0 {
			t.Errorf("%s: HEAD says %d bytes and sends %d, GET sends %d", name, head.ContentLength, len(none), len(body))
		}
		for _, header := range []string{"Etag", "Last-Modified", "Content-Type", "Accept-Ranges", "Vary"} {
			if got, want := head.Header.Get(header), response.Header.Get(header); got != want {
				t.Errorf("%s: HEAD says %s %q, GET %q", name, header, got, want)
			}
		}
	}
}

func TestStaticSiteFilesThatAreNoPages(t *testing.T) {
	dir, _ := realPages(t)
	port := server.FreePort(t)
	server.Start(t, t.TempDir(), fmt.Sprintf(`
http://127.0.0.1:%d {
	root %q
	chat
	file_server
}
`, port, dir))

	var checked int
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.HasSuffix(path, ".html") {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, dir+"/")
		response, body := fetch(t, navigation(t, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/%s", port, name)))
		if !bytes.Equal(body, want) || response.ContentLength != int64(len(want)) {
			t.Errorf("%s: changed", name)
		}
		checked++
		return nil
	})
	if err != nil || checked == 0 {
		t.Fatalf("%d files checked, %v", checked, err)
	}
}
