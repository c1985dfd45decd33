package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// settle opens or closes the chat as the page's own script does, and waits until
// all is there and stands still.
func settle(t *testing.T, tab *browser.Tab, open bool) {
	t.Helper()
	tab.Wait(`window.Parley && (Parley.ready(() => window.chatReady = true), window.chatReady)`)
	call := map[bool]string{true: "open", false: "close"}[open]
	browser.Eval[any](tab, `void Parley.`+call+`()`)
	tab.Wait(fmt.Sprintf(`Parley.isOpen === %t && (!Parley.isOpen || Parley.online !== undefined)`, open))
	if !open {
		browser.Eval[any](tab, `void document.activeElement.blur()`)
	}
	browser.Eval[any](tab, `Promise.all(document.querySelector('parley-chat').shadowRoot.getAnimations().map(a => a.finished)).then(() => {})`)
}

// looks tells of each part of the chat where it is, and its style as the browser
// has computed it. The scheme is seen in the colours, and so are variables.
const looks = `[...document.querySelector('parley-chat').shadowRoot.querySelectorAll('*')].flatMap(e => {
	const name = (e.ariaLabel ?? e.localName + '.' + e.className) + ': '
	const { x, y, width, height } = e.getBoundingClientRect(), style = getComputedStyle(e)
	if (!width || !height) return []
	return [name + [x, y, width, height].map(v => v.toFixed(1)),
		...[...style].filter(p => !/^(--|color-scheme)/.test(p)).map(p => name + p + ' ' + style.getPropertyValue(p))]
})`

// boxes tells of each element of the page where it is.
const boxes = `[...document.querySelectorAll('html, body, body *')].filter(e => !e.closest('parley-chat, script, style')).map(e => {
	const { x, y, width, height } = e.getBoundingClientRect()
	return e.localName + '.' + e.className + ': ' + [x, y, width, height]
}).concat('scrolls ' + document.documentElement.scrollWidth + ' ' + document.documentElement.scrollHeight)`

// expectSame fails where two descriptions differ, and says how.
func expectSame(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	const enough = 12
	var differ []string
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got) || i >= len(want):
			differ = append(differ, fmt.Sprintf("%d lines, want %d", len(got), len(want)))
		case got[i] != want[i]:
			differ = append(differ, got[i]+"   want "+want[i])
		}
		if len(differ) == enough || i >= len(got) || i >= len(want) {
			break
		}
	}
	t.Errorf("%s:\n%s", what, strings.Join(differ, "\n"))
}

// expectItself opens and closes the chat and fails unless each time it looks as
// it should, is whole in the window with nothing above it, and the page is as it
// is without a chat.
func expectItself(t *testing.T, tab *browser.Tab, page, closed, open []string) {
	t.Helper()
	v := people.Visitor{Tab: tab}
	settle(t, tab, false)
	v.Find("button", "Open chat").Until("in sight", inSight)
	expectSame(t, "the closed chat", browser.Eval[[]string](tab, looks), closed)
	expectSame(t, "the page, with the chat closed", browser.Eval[[]string](tab, boxes), page)
	settle(t, tab, true)
	v.Find("dialog", "Chat with us").Until("in sight", inSight)
	expectSame(t, "the open chat", browser.Eval[[]string](tab, looks), open)
	expectSame(t, "the page, with the chat open", browser.Eval[[]string](tab, boxes), page)
	tab.Screenshot("open")
	browser.Eval[any](tab, `void Parley.close()`) // or it is open on the next page
}
