package browser

import (
	"context"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Name says which accessible names are meant.
type Name func(name string) bool

// Is means just this name.
func Is(want string) Name {
	return func(name string) bool { return name == want }
}

// Containing means every name with this text in it.
func Containing(text string) Name {
	return func(name string) bool { return strings.Contains(name, text) }
}

// Any means every name.
func Any(string) bool { return true }

// Find waits for an element with a role and exactly a name, as a screen reader
// would tell them, in the page or in an open shadow tree of it. Where there are
// several, it is the first.
func (tab *Tab) Find(role, name string) *Element {
	tab.t.Helper()
	return tab.FindBy(role, Is(name), fmt.Sprintf("%s %q", role, name))
}

// FindBy is Find with a condition for the name, and with one or more roles
// separated by "|". What is for messages.
func (tab *Tab) FindBy(role string, name Name, what string) *Element {
	tab.t.Helper()
	return tab.element(what, func() ([]cdp.BackendNodeID, error) { return tab.query(role, name) })
}

// FindBy is as that of a tab, for what is in the element.
func (e *Element) FindBy(role string, name Name, what string) *Element {
	e.tab.t.Helper()
	return e.tab.element(what+" in "+e.what, func() ([]cdp.BackendNodeID, error) {
		node, err := e.node()
		if err != nil {
			return nil, err
		}
		return e.tab.queryIn(accessibility.QueryAXTreeParams{BackendNodeID: node}, role, name)
	})
}

// CSS waits for an element that a selector finds, for those of an application
// that have no name. It doesn't look into shadow trees.
func (tab *Tab) CSS(selector string) *Element {
	tab.t.Helper()
	return tab.expression(selector, `document.querySelector(`+Quote(selector)+`)`)
}

// CSSIn is CSS in the open shadow tree of an element.
func (tab *Tab) CSSIn(host, selector string) *Element {
	tab.t.Helper()
	return tab.expression(selector, `document.querySelector(`+Quote(host)+`)?.shadowRoot?.querySelector(`+Quote(selector)+`)`)
}

func (tab *Tab) expression(what, expression string) *Element {
	tab.t.Helper()
	return tab.element(what, func() ([]cdp.BackendNodeID, error) {
		ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
		defer cancel()
		object, err := chromedp.Run(ctx, chromedp.Evaluate[*runtime.RemoteObject](expression))
		if err != nil || object.ObjectID == "" {
			return nil, err
		}
		described, err := chromedp.Call(ctx, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: object.ObjectID})
		if err != nil {
			return nil, err
		}
		return []cdp.BackendNodeID{described.Node.BackendNodeID}, nil
	})
}

func (tab *Tab) element(what string, find func() ([]cdp.BackendNodeID, error)) *Element {
	tab.t.Helper()
	e := &Element{tab: tab, what: what, find: find}
	tab.until(what, func() (bool, error) {
		nodes, err := find()
		return len(nodes) > 0, err
	})
	return e
}

// Has tells whether there is such an element now.
func (tab *Tab) Has(role, name string) bool {
	tab.t.Helper()
	nodes, err := tab.query(role, Is(name))
	if err != nil {
		tab.t.Fatalf("looking for %s %q: %v", role, name, err)
	}
	return len(nodes) > 0
}

// Gone waits until there is no such element any more.
func (tab *Tab) Gone(role, name string) {
	tab.t.Helper()
	tab.until(fmt.Sprintf("%s %q to go", role, name), func() (bool, error) {
		nodes, err := tab.query(role, Is(name))
		return len(nodes) == 0, err
	})
}

// query asks the browser's accessibility tree, which leaves out what is hidden.
func (tab *Tab) query(role string, name Name) ([]cdp.BackendNodeID, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	document, err := chromedp.Run(ctx, chromedp.Evaluate[*runtime.RemoteObject](`document`))
	if err != nil {
		return nil, err
	}
	return tab.queryIn(accessibility.QueryAXTreeParams{ObjectID: document.ObjectID}, role, name)
}

func (tab *Tab) queryIn(root accessibility.QueryAXTreeParams, roles string, name Name) ([]cdp.BackendNodeID, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	var found []cdp.BackendNodeID
	for role := range strings.SplitSeq(roles, "|") {
		root.Role = role
		tree, err := chromedp.Call(ctx, accessibility.QueryAXTree, root)
		if err != nil {
			return nil, err
		}
		for _, node := range tree.Nodes {
			// Some versions of Chromium leave the space at the end of a label's text.
			if !node.Ignored && node.BackendDOMNodeID != 0 && name(strings.TrimSpace(text(node.Name))) {
				found = append(found, node.BackendDOMNodeID)
			}
		}
	}
	return found, nil
}

// text reads a value of the accessibility tree that is a string.
func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if err := jsonv2.Unmarshal(v.Value, &s); err != nil {
		return ""
	}
	return s
}

// describe lists what could have been meant, for error messages.
func (tab *Tab) describe() string {
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	tree, err := chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		return ""
	}
	const enough = 80
	var b strings.Builder
	n := 0
	for _, node := range tree.Nodes {
		role, name := text(node.Role), text(node.Name)
		if node.Ignored || name == "" || role == "StaticText" || role == "InlineTextBox" {
			continue
		}
		if n++; n > enough {
			b.WriteString("  …\n")
			break
		}
		fmt.Fprintf(&b, "  %s %q\n", role, name)
	}
	return b.String()
}
