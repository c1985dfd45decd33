package whoami

import "time"

// withdrawals are the browsers of which no answer counts for a while, because
// somebody logged out. Those whom the application had named of late have a table
// of their own: nobody can make up cookies that get into it, so that made-up
// logouts push out made-up logouts only.
type withdrawals struct {
	named, others withdrawn
}

// maxWithdrawn bounds each half of each table: 4 × 16,384 entries of some 80
// bytes, 5 MB for each site that is probed. Beyond it those count again that
// were withdrawn before as many others of their table.
const maxWithdrawn = 16384

// withdrawn is until when no answer counts, by browser, in two halves.
type withdrawn struct{ young, old map[BrowserKey]time.Time }

// until returns when answers of a browser count again; zero where they do.
func (w *withdrawals) until(b BrowserKey) time.Time {
	for _, table := range [...]*withdrawn{&w.named, &w.others} {
		for _, half := range [...]map[BrowserKey]time.Time{table.young, table.old} {
			if until, ok := half[b]; ok {
				return until
			}
		}
	}
	return time.Time{}
}

// add withdraws a browser. named tells that the application has named somebody
// to its cookies.
func (w *withdrawals) add(b BrowserKey, until time.Time, named bool) {
	if _, was := w.named.young[b]; was {
		named = true
	}
	if _, was := w.named.old[b]; was {
		named = true
	}
	table := &w.others
	if named {
		table = &w.named
	}
	if _, known := table.young[b]; !known && len(table.young) >= maxWithdrawn {
		table.rotate()
	}
	if table.young == nil {
		table.young = map[BrowserKey]time.Time{}
	}
	table.young[b] = until
}

// remove ends the withdrawal of a browser.
func (w *withdrawals) remove(b BrowserKey) {
	for _, table := range [...]*withdrawn{&w.named, &w.others} {
		delete(table.young, b)
		delete(table.old, b)
	}
}

// age forgets what was withdrawn before the last call. It must not be called
// more often than a withdrawal lasts.
func (w *withdrawals) age() {
	w.named.rotate()
	w.others.rotate()
}

func (w *withdrawn) rotate() { w.young, w.old = nil, w.young }

func (w *withdrawals) len() int {
	return len(w.named.young) + len(w.named.old) + len(w.others.young) + len(w.others.old)
}
