package e2e_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// The chat is dark where the page is, and light where the page is light under a
// dark system.
func TestChatFollowsThePagesColorScheme(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.Dark()
	visitor.OpenChat()
	for _, say := range []string{
		`document.documentElement.style`,
		`document.body.style`,
		`(document.documentElement.style.colorScheme = '', document.body = document.createElement('body'), document.body.style)`,
	} {
		for scheme, light := range map[string]bool{"light": true, "dark": false, "light dark": false, "only light": true} {
			browser.Eval[any](visitor.Tab, `void (`+say+`.colorScheme = `+browser.Quote(scheme)+`)`)
			visitor.Find("dialog", "Ask us").Until("the scheme of a page that is "+scheme, fmt.Sprintf(`function() {
				return (getComputedStyle(this).backgroundColor === 'rgb(255, 255, 255)') === %t
			}`, light))
		}
	}
}

// The button can be told from white and from black pages, whatever its colour.
func TestLauncherCanBeSeen(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.Find("button", "Open chat").Until("an edge of three to one to white and black", `function() {
		const [r, g, b] = getComputedStyle(this).borderTopColor.match(/\d+/g).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		const light = 0.2126 * r + 0.7152 * g + 0.0722 * b
		return this.getBoundingClientRect().width === 56 && getComputedStyle(this).borderTopWidth !== '0px' && 1.05 / (light + 0.05) >= 3 && (light + 0.05) / 0.05 >= 3
	}`)
}
