package browser

import (
	"context"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Element is something in a page. It is looked up anew for each use, so it
// survives a page that draws itself again.
type Element struct {
	tab  *Tab
	what string
	find func() ([]cdp.BackendNodeID, error)
}

var errGone = errors.New("there is no such element now")

// node is the element as it is in the page now.
func (e *Element) node() (cdp.BackendNodeID, error) {
	nodes, err := e.find()
	if err != nil {
		return 0, err
	}
	if len(nodes) == 0 {
		return 0, errGone
	}
	return nodes[0], nil
}

// clickPoint says where to click: once the element has stopped moving, and only
// where nothing lies on top of it.
const clickPoint = `async function() {
	this.scrollIntoView({block: 'nearest', behavior: 'instant'})
	const frame = () => new Promise(done => { requestAnimationFrame(done); setTimeout(done, 50) })
	const before = this.getBoundingClientRect()
	await frame()
	const now = this.getBoundingClientRect()
	if (before.x !== now.x || before.y !== now.y || !now.width || !now.height) return []
	const x = now.x + now.width / 2, y = now.y + now.height / 2
	const top = this.getRootNode().elementFromPoint(x, y)
	if (!top || !(this.contains(top) || top.contains(this) && top.matches('label'))) return []
	return [x, y]
}`

// Click clicks the element with the mouse.
func (e *Element) Click() {
	e.tab.t.Helper()
	e.tab.until("a click on "+e.what, func() (bool, error) {
		point, err := call[[]float64](e, clickPoint)
		if err != nil || len(point) == 0 {
			return false, err
		}
		ctx, cancel := context.WithTimeout(e.tab.ctx, waitTimeout)
		defer cancel()
		return true, chromedp.Do(ctx, chromedp.MouseClickXY(point[0], point[1]))
	})
}

// Fill puts a text in the place of what a field holds, as one paste.
func (e *Element) Fill(text string) {
	e.tab.t.Helper()
	e.tab.until("filling "+e.what, func() (bool, error) {
		if _, err := call[bool](e, `function() { this.focus(); this.select ? this.select() : document.execCommand('selectAll'); return true }`); err != nil {
			return false, err
		}
		if text == "" {
			return true, e.tab.press("Delete")
		}
		ctx, cancel := context.WithTimeout(e.tab.ctx, waitTimeout)
		defer cancel()
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return true, err
	})
}

// Press presses a key on the element: one of Enter, Escape, Tab, Delete, Home,
// ArrowUp and ArrowDown, or a character.
func (e *Element) Press(key string) {
	e.tab.t.Helper()
	e.tab.until("pressing "+key+" on "+e.what, func() (bool, error) {
		if _, err := call[bool](e, `function() { this.focus(); return true }`); err != nil {
			return false, err
		}
		return true, e.tab.press(key)
	})
}

// Wheel turns the mouse's wheel on what can be seen of the element, by pixels
// downwards.
func (e *Element) Wheel(pixels float64) {
	e.tab.t.Helper()
	e.tab.until("the wheel on "+e.what, func() (bool, error) {
		point, err := call[[]float64](e, `function() {
			const { left, top, right, bottom } = this.getBoundingClientRect()
			return [(left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2]
		}`)
		if err != nil {
			return false, err
		}
		ctx, cancel := context.WithTimeout(e.tab.ctx, waitTimeout)
		defer cancel()
		// Both ways have to be said, and a zero isn't.
		_, err = chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel, X: point[0], Y: point[1], DeltaX: 1e-9, DeltaY: pixels})
		return true, err
	})
}

// Upload chooses files in a file field.
func (e *Element) Upload(paths ...string) {
	e.tab.t.Helper()
	node, err := e.node()
	if err == nil {
		ctx, cancel := context.WithTimeout(e.tab.ctx, waitTimeout)
		defer cancel()
		_, err = chromedp.Call(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: paths, BackendNodeID: node})
	}
	if err != nil {
		e.tab.t.Fatalf("choosing a file in %s: %v", e.what, err)
	}
}

// Text is what the element shows.
func (e *Element) Text() string {
	e.tab.t.Helper()
	return e.read("text", `function() { return this.innerText }`)
}

// Value is what a field holds.
func (e *Element) Value() string {
	e.tab.t.Helper()
	return e.read("value", `function() { return this.value }`)
}

func (e *Element) read(what, function string) (value string) {
	e.tab.t.Helper()
	e.tab.until(fmt.Sprintf("the %s of %s", what, e.what), func() (ok bool, err error) {
		value, err = call[string](e, function)
		return true, err
	})
	return value
}

// Until waits until a JavaScript function, called with the element as its this,
// returns true.
func (e *Element) Until(what, function string) {
	e.tab.t.Helper()
	e.tab.until(what+" of "+e.what, func() (bool, error) {
		return call[bool](e, function)
	})
}

// Fail ends the test with a message about the element.
func (e *Element) Fail(format string, args ...any) {
	e.tab.t.Helper()
	e.tab.t.Fatalf("%s at %s: %s", e.what, e.tab.where(), fmt.Sprintf(format, args...))
}

// call runs a JavaScript function with the element as its this.
func call[T any](e *Element, function string) (T, error) {
	var zero T
	node, err := e.node()
	if err != nil {
		return zero, err
	}
	ctx, cancel := context.WithTimeout(e.tab.ctx, waitTimeout)
	defer cancel()
	resolved, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node})
	if err != nil {
		return zero, err
	}
	return chromedp.Run(ctx, chromedp.CallFunctionOn[T](function, func(p *runtime.CallFunctionOnParams) {
		p.ObjectID = resolved.Object.ObjectID
		p.AwaitPromise = new(true)
	}))
}
