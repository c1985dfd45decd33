package whoami

import (
	"time"

	"github.com/parley-chat/parley/internal/bounded"
)

// maxWithdrawn bounds the withdrawals: 65,536 entries of some 200 bytes, 13 MB
// for each site that is asked about.
//
// Beyond it the oldest is forgotten, and until it would have ended no answer counts
// of anybody who has not signed in since: made-up logouts, some thousand a second,
// may keep the application's answers from being learned, and undo no logout.
// Several nodes need the withdrawals of all, as they need the logouts.
const maxWithdrawn = 65536

// withdrawals are the browsers of which no answer counts for a while, because
// somebody logged out.
type withdrawals struct {
	// browsers has until when no answer counts; zero for one of which answers count
	// whatever has been forgotten.
	browsers bounded.Table[BrowserKey, time.Time]
	// forgotten is until when no answer counts of browsers that have no entry.
	forgotten time.Time
}

func newWithdrawals() *withdrawals {
	w := &withdrawals{}
	w.browsers = bounded.Table[BrowserKey, time.Time]{Max: maxWithdrawn, Forgotten: func(_ BrowserKey, until time.Time) {
		if until.After(w.forgotten) {
			w.forgotten = until
		}
	}}
	return w
}

// until returns when answers of a browser count again; zero or a time that has
// passed where they do.
func (w *withdrawals) until(b BrowserKey) time.Time {
	if until, ok := w.browsers.Get(b); ok {
		return until
	}
	return w.forgotten
}

// add withdraws a browser.
func (w *withdrawals) add(b BrowserKey, until time.Time) { w.browsers.Put(b, until) }

// remove ends the withdrawal of a browser.
func (w *withdrawals) remove(b BrowserKey) { w.browsers.Put(b, time.Time{}) }

// sweep forgets what has ended.
func (w *withdrawals) sweep(now time.Time) {
	for b, until := range w.browsers.All() {
		if !until.After(now) && (!until.IsZero() || !w.forgotten.After(now)) {
			w.browsers.Delete(b)
		}
	}
}
