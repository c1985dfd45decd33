package e2e_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// portrait is a picture of one colour.
func portrait(t *testing.T, c color.Color) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 120, 160))
	for i := range 120 * 160 {
		img.Set(i%120, i/120, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "face.png")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// shows is whether the last agent's message has a picture of a colour beside it.
func shows(rgb string) string {
	return `(() => {
		const all = document.querySelector('parley-chat').shadowRoot.querySelectorAll('.avatar canvas')
		const last = all[all.length - 1]
		return !!last && last.checkVisibility() && last.getContext('2d').getImageData(40, 40, 1, 1).data.join() === '` + rgb + `'
	})()`
}

// Agents are seen beside what they wrote, where the page's own policy allows no
// pictures too; and a reload of the configuration changes that. How long they
// usually take is read once enough were answered.
func TestFacesAndReplyTime(t *testing.T) {
	const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; connect-src 'self'">`
	s, caddyfile, desk := planSite(t, "", pages{"/": page(policy+"<title>Shop</title>", "<p>Shop")})
	with := func(file string) string {
		before, after, _ := strings.Cut(caddyfile, "agent anna@example.com ")
		hash, rest, _ := strings.Cut(after, "\n")
		return before + "agent anna@example.com " + hash + " {\n name \"Anna Berg\"\n picture " + file + "\n}\n" + rest
	}
	s.Server = server.Start(t, t.TempDir(), with(portrait(t, color.RGBA{200, 40, 80, 255})))
	people.Answers(t, desk, "anna@example.com", demoPassword)

	shop := func() people.Visitor { return people.Visit(browser.New(t), s.local+"/") }
	var v people.Visitor
	for range 5 {
		if v.Tab != nil {
			v.Close()
		}
		v = shop()
		v.OpenChat()
		if strings.Contains(v.Text(), "reply time") {
			t.Fatal("a usual time is told of less than five answers")
		}
		v.Say("Hello.")
		v.Sees("HELLO.")
	}
	v.Wait(shows("200,40,80,255"))
	v.Screenshot("face")

	later := shop()
	later.OpenChat()
	later.HasText("Typical reply time: 2 minutes")
	later.HasText("We are online") // to who can't see the green dot
	later.Screenshot("replytime")

	s.Server.Load(with(portrait(t, color.RGBA{20, 140, 80, 255})))
	v.Reload()
	v.OpenChat()
	v.Wait(shows("20,140,80,255"))
}
