package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// waitTimeout bounds every wait. It is long, because a test that waits that long
// has failed, and short waits fail on busy machines.
const waitTimeout = 40 * time.Second

// Tab is one tab of a computer.
type Tab struct {
	t        testing.TB
	ctx      context.Context
	close    context.CancelFunc
	closed   bool
	problems *problems
	requests *requests
}

// Tab opens an empty tab. When the test ends, the tab fails it if the page had
// errors in the console, uncaught exceptions or violations of its policy that
// AllowProblem didn't name.
func (c *Computer) Tab() *Tab {
	c.t.Helper()
	tab := &Tab{t: c.t, problems: &problems{}, requests: &requests{document: make(map[cdp.FrameID]network.RequestID)}}
	options := []chromedp.ContextOption{
		chromedp.WithListener(tab.problems.listen),
		chromedp.WithListener(tab.requests.listen),
	}
	if c.id != "" {
		options = append(options, chromedp.WithExistingBrowserContext(c.id))
	}
	tab.ctx, tab.close = chromedp.NewContext(c.browser, options...)
	if err := chromedp.Do(tab.ctx); err != nil {
		c.t.Fatalf("opening a tab: %v", err)
	}
	c.t.Cleanup(func() {
		if c.t.Failed() && !tab.closed {
			tab.Screenshot("failed")
		}
		tab.Close()
		tab.problems.report(c.t)
	})
	return tab
}

// Open opens a tab at an address.
func (c *Computer) Open(url string) *Tab {
	c.t.Helper()
	tab := c.Tab()
	tab.Go(url)
	return tab
}

// Close closes the tab as a person does.
func (tab *Tab) Close() {
	if !tab.closed {
		tab.closed = true
		tab.close()
	}
}

// Go enters an address and waits until the page has loaded.
func (tab *Tab) Go(url string) {
	tab.t.Helper()
	tab.do("going to "+url, chromedp.Navigate(url))
}

// TryGo is Go for an address that the browser may not be able to show. The error
// is what the browser says of it.
func (tab *Tab) TryGo(url string) error {
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Navigate(url))
	return err
}

// Reload reloads the page and waits until it has loaded.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do("reloading", chromedp.Reload())
}

// Back goes to the page before and waits until it is there, be it loaded again
// or brought back as it was left.
func (tab *Tab) Back() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	history, err := chromedp.Call(ctx, page.GetNavigationHistory, cdp.Empty{})
	if err != nil {
		tab.t.Fatalf("going back: %v", err)
	}
	if history.CurrentIndex == 0 {
		tab.t.Fatal("going back: this is the tab's first page")
	}
	entry := history.Entries[history.CurrentIndex-1]
	// A page that is brought back loads nothing, so there is no event to wait for.
	if _, err := chromedp.Call(ctx, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: entry.ID}); err != nil {
		tab.t.Fatalf("going back: %v", err)
	}
	tab.Wait(`document.readyState === 'complete' && location.href === ` + Quote(entry.URL))
}

// Follow does what leads to another page, and waits until that has loaded.
func (tab *Tab) Follow(action func()) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	loads := chromedp.Events(ctx, page.LoadEventFired)
	action()
	for _, err := range loads {
		if err != nil {
			tab.t.Fatalf("waiting for the next page: %v", err)
		}
		return
	}
	tab.t.Fatal("waiting for the next page: the tab is gone")
}

// URL is the address of the present page.
func (tab *Tab) URL() string {
	tab.t.Helper()
	return Eval[string](tab, `location.href`)
}

// Source is the HTML of the present page as the server sent it.
func (tab *Tab) Source() string {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	tree, err := chromedp.Call(ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		tab.t.Fatalf("reading the page's source: %v", err)
	}
	tab.requests.mu.Lock()
	request := tab.requests.document[tree.FrameTree.Frame.ID]
	tab.requests.mu.Unlock()
	source, err := chromedp.Call(ctx, network.GetResponseBody, network.GetResponseBodyParams{RequestID: request})
	if err != nil {
		tab.t.Fatalf("reading the page's source: %v", err)
	}
	return string(source.Body)
}

// Eval returns the value of a JavaScript expression in the page; a promise is
// waited for.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	value, err := tryEval[T](tab, expression)
	if err != nil {
		tab.t.Fatalf("evaluating %s: %v", expression, err)
	}
	return value
}

func tryEval[T any](tab *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Wait waits until a JavaScript expression is true in the page, whichever page
// that is by then.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	tab.until(expression, func() (bool, error) {
		return tryEval[bool](tab, "!!("+expression+")")
	})
}

// until calls condition again after every change that the page paints, until it
// is true. An error counts as false: while pages change, there may be none to
// ask.
func (tab *Tab) until(what string, condition func() (bool, error)) {
	tab.t.Helper()
	deadline := time.Now().Add(waitTimeout)
	for {
		ok, err := condition()
		if ok && err == nil {
			return
		}
		if time.Now().After(deadline) {
			if err == nil {
				err = context.DeadlineExceeded
			}
			tab.t.Fatalf("waiting for %s at %s: %v\n%s", what, tab.where(), err, tab.describe())
		}
		tab.nextFrame()
	}
}

// nextFrame waits for the page to paint, or a moment where it doesn't.
func (tab *Tab) nextFrame() {
	const frame = `new Promise(done => { requestAnimationFrame(() => done(true)); setTimeout(() => done(true), 50) })`
	if _, err := tryEval[bool](tab, frame); err == nil {
		return
	}
	select {
	case <-time.After(10 * time.Millisecond):
	case <-tab.ctx.Done():
	}
}

// where is for error messages: unlike URL, it can't fail.
func (tab *Tab) where() string {
	url, err := tryEval[string](tab, `location.href`)
	if err != nil {
		return "no page"
	}
	return url
}

func (tab *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

// Quote writes a string as JavaScript.
func Quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("strings have a JSON form: %v", err))
	}
	return string(b)
}

// HasText waits until the page shows a text, shadow trees included.
func (tab *Tab) HasText(text string) {
	tab.t.Helper()
	tab.Wait(`(` + shownText + `)(document.documentElement).includes(` + Quote(text) + `)`)
}

// Text is what the page shows, shadow trees included.
func (tab *Tab) Text() string {
	tab.t.Helper()
	return Eval[string](tab, `(`+shownText+`)(document.documentElement)`)
}

const shownText = `function shown(node) {
	let text = node.innerText ?? ''
	const elements = node.querySelectorAll ? [node, ...node.querySelectorAll('*')] : []
	for (const element of elements) {
		if (element.shadowRoot) for (const child of element.shadowRoot.children) text += '\n' + shown(child)
	}
	return text
}`
