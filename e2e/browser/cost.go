package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// Costs has the tab keep account of what its pages cost from now on.
func (tab *Tab) Costs() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	if _, err := chromedp.Call(ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		tab.t.Fatalf("keeping account of costs: %v", err)
	}
}

// Cost is one of those, such as ScriptDuration, in seconds, or what it is counted in.
func (tab *Tab) Cost(name string) float64 {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	costs, err := chromedp.Call(ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		tab.t.Fatalf("reading costs: %v", err)
	}
	for _, cost := range costs.Metrics {
		if cost.Name == name {
			return cost.Value
		}
	}
	tab.t.Fatalf("the browser keeps no account of %s", name)
	return 0
}
