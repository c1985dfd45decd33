package caddymodule_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// faceFile makes a PNG of a size, with so many bytes behind it.
func faceFile(t *testing.T, dir, name string, side, more int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	b.Write(make([]byte, more))
	return writeFile(t, dir, name, b.String())
}

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Anna as the test's Caddyfile has her, with a picture.
func withPicture(caddyfile, path string) string {
	return strings.Replace(caddyfile, `name "Anna Berg"`, "name \"Anna Berg\"\npicture "+path, 1)
}

// TestPictureOfAnAgent: who was answered learns where the agent's picture is, by an
// address that says nothing of the agent and may be kept for ever; a reload changes it,
// or takes it away.
func TestPictureOfAnAgent(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	plain := w.Caddyfile("", "site shop")
	w.Load(withPicture(plain, faceFile(t, w.Dir, "anna.png", 8, 0)))
	w.Ready()
	visitor := w.Browser()
	secret := visitor.StartChat("hello")
	if f := visitor.Call("hello", "hello", caddytest.Obj{"mark": secret}); f.Messages[0].Picture != "" {
		t.Errorf("a visitor's own message has the picture %q", f.Messages[0].Picture)
	}
	_, desk := w.Desk()
	desk.Send(caddytest.Obj{"t": "inbox", "status": "all"})
	conv := desk.Expect("inbox").Conversations[0].ID
	desk.Send(caddytest.Obj{"t": "reply", "conv": conv, "cid": "reply-01", "text": "hi"})
	desk.Expect("ack")

	named := func() string {
		t.Helper()
		list := visitor.Call("hello", "hello", caddytest.Obj{"mark": secret}).Messages
		return list[len(list)-1].Picture
	}
	get := func(name string) (*http.Response, string) {
		t.Helper()
		resp, err := http.Get(w.URL + "/_chat/face?v=" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(body)
	}
	first := named()
	if first == "" || strings.Contains(strings.ToLower(first), "anna") {
		t.Fatalf("the answer's picture is %q", first)
	}
	resp, body := get(first)
	h := resp.Header
	if resp.StatusCode != 200 || h.Get("Content-Type") != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Content-Encoding") != "" || !strings.HasPrefix(body, "\x89PNG") {
		t.Errorf("the picture comes as %d %v", resp.StatusCode, h)
	}
	for _, wrong := range []string{"", "anna@example.com", "AAAAAAAAAAAA"} {
		if resp, _ := get(wrong); resp.StatusCode != http.StatusNotFound {
			t.Errorf("picture %q: %d", wrong, resp.StatusCode)
		}
	}

	w.Load(withPicture(plain, faceFile(t, w.Dir, "anna2.png", 9, 0)))
	if now := named(); now == "" || now == first {
		t.Errorf("after a reload with another picture it is %q, and was %q", now, first)
	}
	w.Load(plain)
	if now := named(); now != "" {
		t.Errorf("after a reload without a picture it is %q", now)
	}
	if resp, _ := get(first); resp.StatusCode != http.StatusNotFound {
		t.Errorf("what was taken away is still served: %d", resp.StatusCode)
	}
}

// TestPicturesThatAreNone are refused with the line of the agent and what to do.
func TestPicturesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "missing.png"):                                          "does not exist",
		faceFile(t, dir, "large.png", 8, 200<<10):                                  "larger than 200 KB",
		writeFile(t, dir, "anna.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"): "not a JPEG, PNG or WebP file",
		writeFile(t, dir, "empty.png", ""):                                         "not a JPEG, PNG or WebP file",
	} {
		err := caddytest.Validate(t, "{\nadmin off\nchat {\nagent anna@example.com "+caddytest.AnnaHash+" {\npicture "+path+"\n}\n}\n}\nhttp://a.localhost:0 {\nchat\n}\n")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ":4") {
			t.Errorf("%s: %v, want %q and the line", path, err, want)
		}
	}
}
