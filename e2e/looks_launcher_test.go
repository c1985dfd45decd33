package e2e_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// emblem is a picture of the site's, wide as many logos are.
const emblem = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><circle cx="15" cy="15" r="13" fill="#f08c00"/><rect x="36" y="9" width="50" height="12" rx="6" fill="#fff"/></svg>`

// face stands for a picture of the team.
const face = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#ffe8cc"/><circle cx="20" cy="16" r="8" fill="#d9480f"/><ellipse cx="20" cy="40" rx="15" ry="14" fill="#d9480f"/></svg>`

// star is an icon as libraries have them, drawn in the colour of text.
const star = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="currentColor"><path d="m12 2 3 7 7 .6-5.3 4.7 1.6 7.200L12 17.7 5.7 21.5l1.6-7.200L2 9.600 9 9z"/></svg>`

// drawing writes a picture and returns its path.
func drawing(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "drawing.svg")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// shop is a page that is light and dark as the system is.
func shop(more string) string {
	return page(more+`<title>Shop</title><meta name="color-scheme" content="light dark"><meta name="viewport" content="width=device-width">`,
		`<h1>Shop</h1><p>Boots and shoes, and all that goes with them.</p>`)
}

// Each design of the launcher is where it was asked for and whole, wide and narrow,
// open and closed, with the chat beside it and not under it.
func TestDesignsOfTheLauncher(t *testing.T) {
	for name, c := range map[string]struct{ words, open, left string }{
		"bubble":      {"icon question", "Open chat", "innerWidth - r.right === 20 && innerHeight - r.bottom === 20"},
		"bubble-left": {"position left\nicon mail\noffset 2rem 60px", "Open chat", "r.left === 32 && innerHeight - r.bottom === 60"},
		"bubble-low":  {"offset 24px 0", "Open chat", "innerWidth - r.right === 24 && r.bottom === innerHeight"},
		"bubble-edge": {"position left\noffset 0 24px", "Open chat", "r.left === 0 && innerHeight - r.bottom === 24"},
		"bubble-far":  {"offset 900px 20px", "Open chat", "r.left >= 20 && r.right <= innerWidth - 20"},
		"pill":        {"launcher pill", "Open chat", "innerWidth - r.right === 20 && r.height === 56 && r.width > 120"},
		"pill-own":    {"launcher pill\nposition left\nlabel \"Fragen? Wir sind da\"\nicon " + drawing(t, star), "Fragen? Wir sind da", "r.left === 20 && r.width > 200"},
		"tab":         {"launcher tab\nlabel \"Chat with us\"\nicon dots", "Chat with us", "innerWidth - r.right === 20 && r.bottom === innerHeight && r.width > 120"},
		"tab-left":    {"launcher tab\nposition left\noffset 40px 0", "Open chat", "r.left === 40 && r.bottom === innerHeight"},
		"tab-edge":    {"launcher tab\noffset 0 0", "Open chat", "r.right === innerWidth && r.bottom === innerHeight"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSite(t, "widget {\n"+c.words+"\n}", pages{"/": shop("")})
			v := people.Visit(browser.New(t), s.local+"/")
			for size, wh := range map[string][2]int64{"wide": {1200, 800}, "narrow": {390, 760}} {
				v.Resize(wh[0], wh[1])
				launcher := v.Find("button", c.open)
				launcher.Until("in sight, where it was asked for", `function() { const r = this.getBoundingClientRect(); return (`+inSight+`).call(this) && `+c.left+` }`)
				shown := browser.Eval[string](v.Tab, `(() => {
					const style = getComputedStyle(document.querySelector('parley-chat').shadowRoot.querySelector('.launcher'), '::after')
					return style.content === 'none' ? '' : style.content
				})()`)
				if strings.HasPrefix(name, "bubble") == (shown != "") {
					t.Errorf("%s: shows %q", size, shown)
				}
				v.Screenshot(size + "-closed")
				launcher.Click()
				panel := v.Find("dialog", "Chat with us")
				panel.Until("in sight", inSight)
				v.Find("button", "Close chat").Until("in sight", inSight)
				expectWhole(v)
				if size == "wide" {
					panel.Until("above the launcher", `function() {
						return this.getBoundingClientRect().bottom <= this.getRootNode().querySelector('.launcher').getBoundingClientRect().top
					}`)
				}
				v.Screenshot(size + "-open")
				v.Find("button", "Close chat").Click()
			}
		})
	}
}

// The site's pictures are there whatever base element the page has, on light and
// dark grounds, and beside agents who have none of their own.
func TestPicturesOfTheSite(t *testing.T) {
	elsewhere := httptest.NewServer(pages{})
	t.Cleanup(elsewhere.Close)
	s := startSite(t, "widget {\ncolor \"#364fc7\"\nicon "+drawing(t, star)+"\nlogo "+drawing(t, emblem)+"\npicture "+drawing(t, face)+"\n}",
		pages{"/": shop(`<base href="` + elsewhere.URL + `/">`), "/rtl": strings.Replace(shop(""), `lang="en"`, `lang="ar" dir="rtl"`, 1)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.Say("Hello.")
	v.Sees("HELLO.")
	for _, name := range []string{"icon", "logo", "picture"} {
		v.Wait(`performance.getEntriesByType('resource').some(r => r.name.startsWith(location.origin + '/_chat/` + name + `?v=') && r.responseStatus === 200)`)
	}
	each(v, func(name string) { v.Screenshot(name) })
	v.Go(s.local + "/rtl")
	v.Wait(`window.Parley?.isOpen && Parley.online`)
	each(v, func(name string) { v.Screenshot("rtl-" + name) })
}

// A chat that is to be dark is so on a light page, and the other way round.
func TestSchemeOfTheSite(t *testing.T) {
	for scheme, ground := range map[string]string{"dark": "rgb(26, 28, 32)", "light": "rgb(255, 255, 255)"} {
		t.Run(scheme, func(t *testing.T) {
			s := startSite(t, "widget {\nscheme "+scheme+"\n}", pages{"/": shop("")})
			v := people.Visit(browser.New(t), s.local+"/")
			v.OpenChat()
			each(v, func(name string) {
				v.Find("dialog", "Chat with us").Until(scheme+" on a page that is "+name, `function() { return getComputedStyle(this).backgroundColor === '`+ground+`' }`)
			})
		})
	}
}

// What the site's own style sheet says of the chat goes before what the chat says.
func TestStyleSheetOfTheSite(t *testing.T) {
	s := startSite(t, "", pages{"/": shop(`<style>
		parley-chat { --parley-accent: #862e9c; --parley-on-accent: #fff; --parley-font: monospace; --parley-width: 500px; --parley-height: 400px; --parley-radius: 3px }
		parley-chat::part(launcher) { border-radius: 4px }
		parley-chat::part(header) { background: #111 }
		parley-chat::part(message) { border-radius: 2px }
		parley-chat::part(mine) { background: #222 }
		parley-chat::part(input) { border-color: rgb(1, 2, 3) }
	</style>`)})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	v.Say("Hello.")
	v.Sees("HELLO.")
	style := func(selector, property, want string) {
		t.Helper()
		got := browser.Eval[string](v.Tab, `getComputedStyle(document.querySelector('parley-chat').shadowRoot.querySelector(`+browser.Quote(selector)+`)).`+property)
		if got != want {
			t.Errorf("%s: %s is %s, want %s", selector, property, got, want)
		}
	}
	style(".launcher", "backgroundColor", "rgb(134, 46, 156)")
	style(".launcher", "borderTopLeftRadius", "4px")
	style(".panel", "width", "500px")
	style(".panel", "height", "400px")
	style(".panel", "borderTopLeftRadius", "3px")
	style(".panel", "fontFamily", "monospace")
	style("header", "backgroundColor", "rgb(17, 17, 17)")
	style(".theirs .bubble", "borderTopLeftRadius", "2px")
	style(".mine .bubble", "backgroundColor", "rgb(34, 34, 34)")
	for _, part := range []string{"log", "title", "composer", "send", "panel"} {
		if !browser.Eval[bool](v.Tab, `!!document.querySelector('parley-chat').shadowRoot.querySelector('[part~=`+part+`]')`) {
			t.Errorf("there is no part %s", part)
		}
	}
	v.Resize(390, 760)
	expectWhole(v)
	v.Find("dialog", "Chat with us").Until("all of a telephone", `function() { const r = this.getBoundingClientRect(); return r.width === innerWidth && r.height === innerHeight }`)
}
