package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Block keeps the tab from loading addresses that match one of the patterns,
// such as *://*:*/*.css.
func (tab *Tab) Block(patterns ...string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	blocked := make([]*network.BlockPattern, 0, len(patterns))
	for _, pattern := range patterns {
		blocked = append(blocked, &network.BlockPattern{URLPattern: pattern, Block: true})
	}
	_, err := chromedp.Call(ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: blocked})
	if err != nil {
		tab.t.Fatalf("blocking %q: %v", patterns, err)
	}
}

// DropCookie removes the cookies of a name that the present page's address has,
// as time does.
func (tab *Tab) DropCookie(name string) {
	tab.t.Helper()
	url := tab.URL()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	_, err := chromedp.Call(ctx, network.DeleteCookies, network.DeleteCookiesParams{Name: name, URL: url})
	if err != nil {
		tab.t.Fatalf("removing the cookie %s: %v", name, err)
	}
}

// Freeze stops all that goes on in the tab, as browsers do with tabs that nobody
// has looked at for long.
func (tab *Tab) Freeze() {
	tab.t.Helper()
	tab.lifecycle("freezing the tab", page.SetWebLifecycleStateStateFrozen)
}

// Thaw lets a frozen tab go on and shows it. Chromium finds nothing by role in
// it any more; scripts do.
func (tab *Tab) Thaw() {
	tab.t.Helper()
	tab.lifecycle("letting the tab go on", page.SetWebLifecycleStateStateActive)
	tab.Show()
}

// Show puts the tab in front of those that hide it.
func (tab *Tab) Show() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	if _, err := chromedp.Call(ctx, page.BringToFront, cdp.Empty{}); err != nil {
		tab.t.Fatalf("showing the tab: %v", err)
	}
}

func (tab *Tab) lifecycle(what string, state page.SetWebLifecycleStateState) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	if _, err := chromedp.Call(ctx, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state}); err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

// SlowDown gives the tab's scripts a processor that is slower by a factor, as
// telephones have; 1 is the machine's own.
func (tab *Tab) SlowDown(factor float64) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: factor})
	if err != nil {
		tab.t.Fatalf("slowing the tab down: %v", err)
	}
}
