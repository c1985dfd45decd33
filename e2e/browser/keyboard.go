package browser

import (
	"context"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var keys = map[string]string{
	"Enter":     kb.Enter,
	"Escape":    kb.Escape,
	"Tab":       kb.Tab,
	"Delete":    kb.Delete,
	"ArrowUp":   kb.ArrowUp,
	"ArrowDown": kb.ArrowDown,
	"Home":      kb.Home,
}

// Press presses a key where the focus is: one of those that Element.Press
// knows, or the characters of a text one after the other.
func (tab *Tab) Press(key string) {
	tab.t.Helper()
	if err := tab.press(key); err != nil {
		tab.t.Fatalf("pressing %s: %v", key, err)
	}
}

func (tab *Tab) press(key string) error {
	if code, ok := keys[key]; ok {
		key = code
	}
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	return chromedp.Do(ctx, chromedp.KeyEvent(key))
}

// focus is the accessible label of what has the focus, shadow trees included.
const focus = `(() => {
	let at = document.activeElement
	while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
	return at?.ariaLabel ?? at?.innerText ?? ''
})()`

// Focused waits until what has the focus has a label.
func (tab *Tab) Focused(label string) {
	tab.t.Helper()
	tab.Wait(focus + ` === ` + Quote(label))
}

// TabTo presses the Tab key until what has the focus has a label, as people do
// who use no mouse.
func (tab *Tab) TabTo(label string) {
	tab.t.Helper()
	const enough = 200
	for range enough {
		if Eval[string](tab, focus) == label {
			return
		}
		tab.Press("Tab")
	}
	tab.t.Fatalf("the Tab key didn't lead to %q", label)
}
