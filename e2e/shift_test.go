package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// slowHello holds the answer to a page's first hello back until release, so that the
// chat stands before it comes, as on most networks.
const slowHello = `window.fetch = (ask => (url, ...rest) => {
	if (window.answer || !String(url).endsWith('/hello')) return ask(url, ...rest)
	return new Promise(done => { window.answer = () => done(ask(url, ...rest)) })
})(window.fetch)`

const release = `(async () => {
	for (let n = 0; n < 20; n++) await new Promise(requestAnimationFrame)
	answer()
})()`

// noteShifts keeps what the browser says of things that moved, by whoever's doing.
const noteShifts = `window.shifts = []
new PerformanceObserver(list => {
	for (const e of list.getEntries()) shifts.push(e.value.toFixed(4) + e.sources.map(s =>
		' ' + (s.node?.className ?? s.node?.nodeName) + JSON.stringify([s.previousRect, s.currentRect])).join())
}).observe({ type: 'layout-shift', buffered: true })`

// Nothing moves as the chat is opened, be it beside the page or over it: not in the
// page, and not in the chat, where what the server says comes later. Who opens it
// makes no difference.
func TestNothingShiftsAsTheChatOpens(t *testing.T) {
	_, url := startDemo(t)
	for name, size := range map[string][2]int64{"wide": {1200, 800}, "narrow": {390, 760}} {
		t.Run(name, func(t *testing.T) {
			tab := browser.New(t).Tab()
			tab.OnEveryPage(slowHello)
			tab.OnEveryPage(noteShifts)
			tab.Resize(size[0], size[1])
			v := people.Visitor{Tab: tab}
			noneIn := func(when string) {
				t.Helper()
				const settled = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(shifts.splice(0))))))`
				for _, shift := range browser.Eval[[]string](tab, settled) {
					t.Errorf("%s: %s", when, shift)
				}
			}
			v.Go(url)
			v.Find("button", "Open chat")
			noneIn("not opened yet")
			v.OpenChat()
			v.Wait(`window.answer`)
			v.Screenshot("waiting")
			browser.Eval[any](tab, release)
			v.HasText("leave a message")
			v.Screenshot("answered")
			noneIn("opened for the first time")

			for _, text := range []string{"One.", "Two.", "Three."} {
				v.Say(text)
			}
			v.CloseChat()
			v.Reload()
			v.Find("button", "Open chat").Click()
			v.Wait(`window.answer`)
			v.Screenshot("waiting-again")
			browser.Eval[any](tab, release)
			v.Sees("Three.")
			v.Screenshot("answered-again")
			noneIn("opened with messages in it")

			v.CloseChat()
			noneIn("closed")
			browser.Eval[any](tab, `void Parley.open()`)
			v.Find("button", "Close chat")
			noneIn("opened by the page")
			v.Reload()
			v.Find("button", "Close chat")
			v.Wait(`window.answer`)
			browser.Eval[any](tab, release)
			v.Sees("Three.")
			noneIn("open on the next page")
		})
	}
}
