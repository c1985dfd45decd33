package caddymodule_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

const (
	svgFile = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script><circle r="9"/></svg>`
	pngFile = "\x89PNG\r\n\x1a\n and so on"
)

// pictureFile writes a file and returns its path.
func pictureFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrongLooksAreRefusedWithLineAndWhatToDo(t *testing.T) {
	large := pictureFile(t, "large.png", pngFile+strings.Repeat("x", 64<<10))
	page := pictureFile(t, "logo.png", "<!doctype html><p>Not found")
	broken := pictureFile(t, "logo.svg", `<svg xmlns="http://www.w3.org/2000/svg"><g></svg>`)
	photo := pictureFile(t, "icon.jpg", "\xff\xd8\xff\xe0 and so on")
	t.Setenv("PARLEY_TEST_ADDRESS", "https://cdn.example/icon.svg")
	t.Setenv("PARLEY_TEST_STAR", "star")
	t.Setenv("PARLEY_TEST_NO_HOST", "https:///logo.svg")
	for name, c := range map[string]struct{ words, line, says string }{
		"unknown launcher":     {"launcher round", ":7", `unknown launcher "round" (want bubble, pill or tab)`},
		"unknown scheme":       {"scheme night", ":7", `unknown scheme "night" (want auto, light or dark)`},
		"one offset":           {"offset 20px", ":7", "offset needs two lengths"},
		"three offsets":        {"offset 1px 2px 3px", ":7", "offset needs two lengths"},
		"offset twice":         {"offset 1px 2px\noffset 1px 2px", ":8", "duplicate offset"},
		"offset without unit":  {"offset 20 20", ":7", `invalid offset "20": write two lengths such as 24px`},
		"offset below":         {"offset 0 -20px", ":7", `invalid offset "-20px"`},
		"offset as a rule":     {"offset 0 0;}*{display:none", ":7", `invalid offset "0;}*{display:none"`},
		"offset too high":      {"offset 0 200px", ":7", "no room for the chat above it (want at most 160px)"},
		"tab above the edge":   {"launcher tab\noffset 40px 20px", ":8", "write offset 40px 0"},
		"long label":           {"label " + strings.Repeat("x", 41), ":7", "longer than 40 characters"},
		"unknown icon":         {"icon star", ":7", `unknown icon "star" (want chat, dots, mail, question, or the path`},
		"icon elsewhere":       {"icon https://cdn.example/icon.svg", ":7", "want the path of a file"},
		"logo of no host":      {"logo https:///logo.svg", ":7", "want the path of a file, or an address such as https://example.com/logo.png"},
		"missing file":         {"logo /nowhere/logo.svg", ":5", "logo /nowhere/logo.svg does not exist; a relative path begins at the server's working directory"},
		"file of no variable":  {"logo {env.PARLEY_TEST_UNSET}", ":5", "logo: {env.PARLEY_TEST_UNSET}: the environment variable PARLEY_TEST_UNSET is not set"},
		"icon of no variable":  {"icon {env.PARLEY_TEST_UNSET}", ":5", "icon: {env.PARLEY_TEST_UNSET}: the environment variable PARLEY_TEST_UNSET is not set"},
		"hidden address":       {"icon {env.PARLEY_TEST_ADDRESS}", ":5", "want the path of a file; each page would ask another host"},
		"hidden icon":          {"icon {env.PARLEY_TEST_STAR}", ":5", `unknown icon "star"`},
		"hidden no host":       {"logo {env.PARLEY_TEST_NO_HOST}", ":5", "want the path of a file, or an address"},
		"large file":           {"picture " + large, ":5", "large.png is larger than 64 KB"},
		"not a picture":        {"logo " + page, ":5", "logo.png is not a picture that browsers show here (want one of: image/svg+xml"},
		"broken SVG":           {"logo " + broken, ":5", "logo.svg is not a picture"},
		"icon of another kind": {"icon " + photo, ":5", "icon.jpg is not a picture that browsers show here (want one of: image/svg+xml, image/png)"},
		"two files":            {"logo a.svg b.svg", ":7", "one value too many"},
		"icon without a value": {"icon", ":7", "icon needs a value"},
	} {
		t.Run(name, func(t *testing.T) {
			err := caddytest.Validate(t, "{\n\tadmin off\n}\n:0 {\n\tchat {\nwidget {\n"+c.words+"\n}\n\t}\n}\n")
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range []string{"Caddyfile" + c.line, c.says} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is without %q: %v", want, err)
				}
			}
		})
	}
}

// The operator's pictures come from below the chat's path, can be kept for ever,
// and do nothing where somebody opens one by itself.
func TestPicturesAreServed(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	looks := "widget {\nicon " + write("icon", svgFile) + "\nlogo " + write("logo", pngFile) + "\npicture https://cdn.example/team.jpg?a=\"b\n}"
	w := caddytest.NewWorld(t, caddytest.Shop, looks)
	client := wire(t)
	get := func(path string) answer { return ask(t, client, http.MethodGet, w.URL+path) }
	loader := regexp.MustCompile(`/_chat/widget\.js\?v=[\w-]+`)
	version := func() string {
		return knownBy(t, get(loader.FindString(ask(t, client, http.MethodGet, w.URL+"/", navigation...).body)).body).Version
	}
	address := func(script, name string) string {
		t.Helper()
		found := regexp.MustCompile(`/_chat/` + name + `\?v=[\w-]+`).FindString(script)
		if found == "" {
			t.Fatalf("no address of %s in the script", name)
		}
		return found
	}
	before := version()
	icon := address(get(loader.FindString(ask(t, client, http.MethodGet, w.URL+"/", navigation...).body)).body, "icon")
	chat := get("/_chat/chat.js?v=" + before + "&l=en").body
	logo := address(chat, "logo")
	if !strings.Contains(chat, `url(\"https://cdn.example/team.jpg?a=%22b\")`) {
		t.Error("the picture's own address is not in the chat")
	}
	for path, want := range map[string][2]string{icon: {"image/svg+xml", svgFile}, logo: {"image/png", pngFile}} {
		got := get(path)
		if got.status != http.StatusOK || got.body != want[1] || got.header.Get("Content-Type") != want[0] {
			t.Errorf("%s: %d as %q", path, got.status, got.header.Get("Content-Type"))
		}
		for name, value := range map[string]string{
			"Cache-Control":           "public, max-age=31536000, immutable",
			"X-Content-Type-Options":  "nosniff",
			"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
		} {
			if got.header.Get(name) != value {
				t.Errorf("%s: %s is %q", path, name, got.header.Get(name))
			}
		}
	}
	if got := get("/_chat/picture"); got.status != http.StatusNotFound {
		t.Errorf("a picture that is elsewhere answers %d", got.status)
	}
	write("logo", pngFile+"!")
	w.Load(w.Loaded + "\n# again\n")
	if version() == before {
		t.Error("a new logo is no new version: browsers would not fetch it")
	}
}

// A policy lets in the operator's pictures where there are some, and is left alone
// by who has none.
func TestPoliciesLetPicturesIn(t *testing.T) {
	icon := pictureFile(t, "icon.svg", svgFile)
	const scripts = "script-src 'self'; connect-src 'self'; "
	app := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", scripts+r.URL.Query().Get("then"))
		_, _ = w.Write([]byte("<!doctype html><title>Shop</title>"))
	}
	w := caddytest.NewWorld(t, app, "widget {\nicon "+icon+"\n}")
	client := wire(t)
	expect := func(then, want string) {
		t.Helper()
		page := ask(t, client, http.MethodGet, w.URL+"/?then="+url.QueryEscape(then), navigation...)
		if got := page.header.Get("Content-Security-Policy"); got != scripts+want {
			t.Errorf("%q becomes %q, want %q", then, strings.TrimPrefix(got, scripts), want)
		}
	}
	ours := w.URL + "/_chat/"
	expect("img-src https://cdn.example", "img-src https://cdn.example "+ours)
	expect("img-src 'none'", "img-src "+ours)
	expect("img-src 'self' data:", "img-src 'self' data:")
	expect("default-src https://cdn.example 'unsafe-inline'", "default-src https://cdn.example 'unsafe-inline'; img-src https://cdn.example "+ours)
	expect("default-src 'self'", "default-src 'self'")
	expect("style-src 'self'", "style-src 'self'")
	w.Load(strings.Replace(w.Loaded, "icon "+icon, "icon dots", 1))
	expect("img-src https://cdn.example", "img-src https://cdn.example")
}

// Which icon it is, and where a logo is, may stand in the environment.
func TestPicturesByTheEnvironment(t *testing.T) {
	t.Setenv("PARLEY_TEST_ICON", "dots")
	t.Setenv("PARLEY_TEST_HOST", "cdn.example")
	w := caddytest.NewWorld(t, caddytest.Shop, "widget {\nicon {env.PARLEY_TEST_ICON}\nlogo https://{env.PARLEY_TEST_HOST}/logo.svg\n}")
	client := wire(t)
	get := func(path string) string { return ask(t, client, http.MethodGet, w.URL+path).body }
	loader := func() string {
		page := ask(t, client, http.MethodGet, w.URL+"/", navigation...).body
		return get(regexp.MustCompile(`/_chat/widget\.js\?v=[\w-]+`).FindString(page))
	}
	by := loader()
	if chat := get("/_chat/chat.js?v=" + knownBy(t, by).Version + "&l=en"); !strings.Contains(chat, "https://cdn.example/logo.svg") {
		t.Error("the logo's address is not in the chat")
	}
	w.Load(strings.Replace(w.Loaded, "icon {env.PARLEY_TEST_ICON}", "icon dots", 1))
	if loader() != by {
		t.Error("the icon dots is another one by its name")
	}
}

// All words of widget have their form in JSON.
func TestLooksInJSON(t *testing.T) {
	adapted, err := caddytest.Adapt(`:0 {
	chat {
		widget {
			offset 1.5rem 24px
			launcher pill
			icon dots
			label "Questions?"
			logo logo.svg
			picture https://example.com/team.jpg
			scheme dark
		}
	}
}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := `"widget":{"icon":"dots","label":"Questions?","launcher":"pill","logo":"logo.svg","offset":{"x":"1.5rem","y":"24px"},"picture":"https://example.com/team.jpg","scheme":"dark"}`
	if !strings.Contains(string(adapted), want) {
		t.Errorf("is %s", adapted)
	}
}

// The label is what the button is called, in each language, unless a text says
// more about it.
func TestLabelIsTheName(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, "widget {\nlauncher pill\nlabel \"Chat with us\"\n}\ntext de open_chat Fragen?")
	client := wire(t)
	page := ask(t, client, http.MethodGet, w.URL+"/", navigation...).body
	loader := ask(t, client, http.MethodGet, w.URL+regexp.MustCompile(`/_chat/widget\.js\?v=[\w-]+`).FindString(page)).body
	names := strings.Split(knownBy(t, loader).Names, "\n")
	for _, want := range []string{"en Chat with us", "fr Chat with us", "de Fragen?"} {
		if !slices.Contains(names, want) {
			t.Errorf("without %q: %q", want, names)
		}
	}
}
