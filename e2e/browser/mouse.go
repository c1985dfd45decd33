package browser

import (
	"context"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Leave moves the mouse over the page and out of it by its upper edge, as to the
// browser's own buttons.
func (tab *Tab) Leave() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	for _, y := range []float64{200, 20, -1} {
		move := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: 200, Y: y}
		if _, err := chromedp.Call(ctx, input.DispatchMouseEvent, move); err != nil {
			tab.t.Fatalf("moving the mouse out of the page: %v", err)
		}
	}
}
