package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// faint tells of all that can be read in the chat what has too little contrast.
const faint = `(() => {
	` + throughout + `
	const contrast = ` + contrast + `
	return throughout('*', document.querySelector('parley-chat').shadowRoot)
		.filter(e => e.checkVisibility() && !e.closest('.sr-only') && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
		.map(e => [e, contrast(e)]).filter(([, c]) => c < 4.5)
		.map(([e, c]) => e.localName + '.' + e.className + ' "' + e.innerText + '": ' + c.toFixed(2))
})()`

// each calls fn for the states of light and dark, wide and narrow.
func each(v people.Visitor, fn func(name string)) {
	for _, scheme := range []string{"light", "dark"} {
		v.Media("screen", "prefers-color-scheme", scheme)
		for name, size := range map[string][2]int64{"wide": {1200, 800}, "narrow": {390, 760}} {
			v.Resize(size[0], size[1])
			fn(scheme + "-" + name)
		}
	}
}

// Whatever colour the operator has chosen, and on the light and the dark ground,
// all of the chat can be read in each state.
func TestEveryColorCanBeRead(t *testing.T) {
	for _, color := range []string{"#0b7285", "#ffd43b", "#ffffff", "#000000", "#777777", "#e8590c"} {
		t.Run(color[1:], func(t *testing.T) {
			s := startSite(t, fmt.Sprintf("widget {\ncolor %q\n}", color), pages{"/": page(
				`<title>Shop</title><meta name="color-scheme" content="light dark"><meta name="viewport" content="width=device-width">`,
				`<h1>Shop</h1><p>Boots and shoes, and all that goes with them.</p>`)})
			v := people.Visit(browser.New(t), s.local+"/")
			look := func(state string) {
				t.Helper()
				each(v, func(name string) {
					v.Wait(`document.querySelector('parley-chat').shadowRoot.getAnimations().every(a => a.playState === 'finished')`)
					v.Screenshot(state + "-" + name)
					if odd := browser.Eval[[]string](v.Tab, faint); len(odd) > 0 {
						t.Errorf("%s, %s: %s", state, name, strings.Join(odd, "; "))
					}
				})
			}
			look("closed")
			v.OpenChat()
			v.Wait(`Parley.online`)
			look("empty")
			v.Find("textbox", "Message").Fill("Is it waterproof? See https://shop.example/boots/42")
			look("typed")
			v.Find("button", "Send").Click()
			v.Sees("IS IT WATERPROOF? SEE HTTPS://SHOP.EXAMPLE/BOOTS/42")
			v.Say("And the brown ones?")
			v.Sees("AND THE BROWN ONES?")
			look("said")
		})
	}
}

// Texts are as large as the browser is set to, whatever the page makes of its root;
// and under 16 pixels no text box is, or iPhones zoom in.
func TestTextsFollowTheBrowser(t *testing.T) {
	s := startSite(t, "widget {\nlauncher pill\n}", pages{"/": shop(""), "/rem": shop(`<style>html { font-size: 62.5% } body { font-size: 1.6rem }</style>`)})
	v := people.Visitor{Tab: browser.New(t).Tab()}
	for _, path := range []string{"/", "/rem"} {
		for size, want := range map[int64]string{16: "15px 12.75px 16.05px 15.2px", 24: "22.5px 19.125px 24.075px 22.8px", 10: "9.375px 7.96875px 16px 9.5px"} {
			v.TextSize(size)
			v.Go(s.local + path)
			v.OpenChat()
			text := fmt.Sprintf("At %d on %s", size, path)
			v.Say(text)
			v.Sees(strings.ToUpper(text))
			got := browser.Eval[string](v.Tab, `['.panel', '.name', 'textarea', '.launcher'].map(s =>
				getComputedStyle(document.querySelector('parley-chat').shadowRoot.querySelector(s)).fontSize).join(' ')`)
			if got != want {
				t.Errorf("%s at %d pixels: %s, want %s", path, size, got, want)
			}
			expectWhole(v)
			v.Screenshot("text")
			v.Resize(390, 760)
			expectWhole(v)
			v.Screenshot("text-narrow")
			v.Resize(1200, 800)
			v.CloseChat()
		}
	}
}
