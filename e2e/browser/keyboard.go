package browser

import (
	"context"
	"slices"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var keys = map[string]string{
	"Enter":      kb.Enter,
	"Escape":     kb.Escape,
	"Tab":        kb.Tab,
	"Delete":     kb.Delete,
	"ArrowUp":    kb.ArrowUp,
	"ArrowDown":  kb.ArrowDown,
	"ArrowLeft":  kb.ArrowLeft,
	"ArrowRight": kb.ArrowRight,
	"Home":       kb.Home,
	"End":        kb.End,
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
	for _, r := range key {
		if err := chromedp.Do(ctx, keystroke(r)); err != nil {
			return err
		}
	}
	return nil
}

// keystroke presses and releases a key. What it types goes with the press, as from a
// real keyboard. chromedp.KeyEvent sends it behind that, on its own, when the page may
// have moved the focus already: a shortcut was seen to type into the field it opens.
func keystroke(r rune) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		events := kb.Encode(r)
		if i := slices.IndexFunc(events, func(e *input.DispatchKeyEventParams) bool { return e.Type == kb.KeyChar }); i > 0 {
			events[0].Text, events[0].UnmodifiedText = events[i].Text, events[i].UnmodifiedText
			events = slices.Delete(events, i, i+1)
		}
		for _, e := range events {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *e); err != nil {
				return err
			}
		}
		return nil
	})
}

// focus is the accessible label of what has the focus, shadow trees included.
const focus = `(() => {
	let at = document.activeElement
	while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
	return at?.ariaLabel ?? at?.labels?.[0]?.innerText ?? at?.innerText ?? ''
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
