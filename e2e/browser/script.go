package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// OnEveryPage runs a script in each page that the tab comes to, frames
// included, before any script of the page itself. No policy of the page keeps
// it from running.
func (tab *Tab) OnEveryPage(script string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	if err != nil {
		tab.t.Fatalf("preparing a script for every page: %v", err)
	}
}

// SendHeader adds a header to each request of the tab from then on, its frames'
// included, as an extension or a client that isn't a browser could.
func (tab *Tab) SendHeader(name, value string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	_, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{name: value}})
	if err != nil {
		tab.t.Fatalf("preparing a header for every request: %v", err)
	}
}

// UserAgent makes the tab say that it is of another browser.
func (tab *Tab) UserAgent(name string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: name})
	if err != nil {
		tab.t.Fatalf("calling the browser %s: %v", name, err)
	}
}

// In returns the tab as one of another test's, such as a subtest's: failures
// are that one's from then on.
func (tab *Tab) In(t testing.TB) *Tab {
	in := *tab
	in.t = t
	return &in
}

// AllProblems is Problems with those that were allowed.
func (tab *Tab) AllProblems() []string {
	tab.problems.mu.Lock()
	defer tab.problems.mu.Unlock()
	return append([]string(nil), tab.problems.found...)
}
