package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// Nothing in the page moves as the chat is loaded, opened, used and closed, nor
// does what is in the chat once it stands.
func TestNothingShiftsAsTheChatOpens(t *testing.T) {
	_, url := startDemo(t)
	tab := browser.New(t).Tab()
	tab.OnEveryPage(`window.shifts = []; new PerformanceObserver(list => {
		for (const e of list.getEntries()) for (const s of e.sources) shifts.push(e.value.toFixed(4) + ' ' + (s.node?.className ?? s.node?.nodeName) + ' ' + JSON.stringify([s.previousRect, s.currentRect]))
	}).observe({ type: 'layout-shift', buffered: true })`)
	v := people.Visitor{Tab: tab}
	v.Go(url)
	v.Find("button", "Open chat")
	v.OpenChat()
	v.HasText("leave a message")
	const settled = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done([...shifts])))))`
	for _, shift := range browser.Eval[[]string](tab, settled) {
		t.Errorf("as the chat opened: %s", shift)
	}
}
