package e2e_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/browser"
)

// inChat runs in the page: what the open chat's log is, and what it takes.
const inChat = `
	const root = document.querySelector('parley-chat').shadowRoot
	const log = root.querySelector('[role=log]')
	const pane = getComputedStyle(log).overflowY === 'auto' ? log : log.parentNode
	const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)))
	const inSight = text => [...log.querySelectorAll('.bubble')].some(e => {
		const at = e.getBoundingClientRect(), all = pane.getBoundingClientRect()
		return e.textContent === text && at.bottom > all.top && at.top < all.bottom
	})
	const launcher = root.querySelector('[aria-expanded]')
	const textbox = root.querySelector('textarea')
`

// aKey types five letters and returns how long the slowest took to be painted, in ms.
const aKey = `(async () => {` + inChat + `
	await painted()
	let worst = 0
	for (let n = 0; n < 5; n++) {
		const since = performance.now()
		textbox.setRangeText('a', n, n, 'end')
		textbox.dispatchEvent(new InputEvent('input', { bubbles: true }))
		await painted()
		worst = Math.max(worst, performance.now() - since)
	}
	return worst
})()`

// How a long conversation feels on a slow device: 4 times as slow as this machine.
// PARLEY_MESSAGES says how long; 10,000 by default.
func BenchmarkLongChat(b *testing.B) {
	messages, err := strconv.Atoi(os.Getenv("PARLEY_MESSAGES"))
	if err != nil {
		messages = 10_000
	}
	for range b.N {
		mia, _, texts := longChat(b, messages)
		mia.OpenChat()
		mia.Sees(texts[messages-1])
		mia.SlowDown(4)
		b.ReportMetric(browser.Eval[float64](mia.Tab, aKey), "ms/key-at-first")
		// One screen and a half a frame, as fast as anybody scrolls.
		browser.Eval[any](mia.Tab, `(() => {`+inChat+`
			window.scrolled = { since: performance.now(), frames: 0, worst: 0 }
			const before = performance.getEntriesByType('resource').length
			let at = performance.now()
			function frame(now) {
				scrolled.frames++
				scrolled.worst = Math.max(scrolled.worst, now - at)
				at = now
				if (inSight(`+browser.Quote(texts[0])+`)) {
					scrolled.ms = performance.now() - scrolled.since
					return
				}
				pane.scrollTop -= 600
				requestAnimationFrame(frame)
			}
			performance.setResourceTimingBufferSize(10000)
			requestAnimationFrame(frame)
		})()`)
		for !browser.Eval[bool](mia.Tab, `!!scrolled.ms`) {
			time.Sleep(time.Second) // between two looks, which cost the page little
		}
		b.ReportMetric(browser.Eval[float64](mia.Tab, `scrolled.ms / 1000`), "s/scroll-through")
		b.ReportMetric(browser.Eval[float64](mia.Tab, `scrolled.worst`), "ms/worst-frame")
		b.ReportMetric(browser.Eval[float64](mia.Tab, `performance.getEntriesByType('resource').filter(e => e.name.endsWith('/earlier')).length`), "loads")
		b.ReportMetric(browser.Eval[float64](mia.Tab, `document.querySelector('parley-chat').shadowRoot.querySelectorAll('*').length`), "elements")
		b.ReportMetric(browser.Eval[float64](mia.Tab, aKey), "ms/key")
		b.ReportMetric(browser.Eval[float64](mia.Tab, `(async () => {`+inChat+`
			launcher.click()
			await painted()
			const since = performance.now()
			launcher.click()
			while (!inSight(`+browser.Quote(texts[messages-1])+`)) await painted()
			return performance.now() - since
		})()`), "ms/reopen")
		mia.SlowDown(1)
	}
}
