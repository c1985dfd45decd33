package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
)

// axeRules are what axe-core looks for: all of WCAG 2.0 to 2.2, A and AA, and what
// its authors hold good practice beyond that. The size of what is clicked is
// WCAG 2.2's, and off in axe-core unless it is asked for.
const axeRules = `{
	runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
	rules: { 'target-size': { enabled: true } },
	resultTypes: ['violations', 'incomplete'],
	elementRef: true,
}`

// axeSource is axe-core, made to look at what lies where in the whole document: its
// grid has the body alone, and the chat is beside that.
func axeSource(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(libraries, "axe-core", "axe.js"))
	if err != nil {
		t.Fatalf("reading axe-core, which scripts/setup gets: %v", err)
	}
	text := string(source)
	for _, change := range [][2]string{
		{`arguments[0] !== undefined ? arguments[0] : document.body;`, `arguments[0] !== undefined ? arguments[0] : document.documentElement;`},
		{`var node = parentVNode ? treeWalker.nextNode() : treeWalker.currentNode;`, `var node = treeWalker.nextNode();`}, // the root is in it
	} {
		if strings.Count(text, change[0]) != 1 {
			t.Fatalf("this axe-core makes its grid in another way (there is no %q): see whether it looks beside the body now", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	return text
}

// undecided tells of what axe-core can't judge whether it is as it should be: a button
// that shows a sign has a name, and what the sign is called is nobody's to say. Else a
// person has to look, and what is right then is named by the reason.
const undecided = `(rule, node, reasons) =>
	rule.id === 'label-content-name-mismatch' && /^[^\p{L}\p{N}]+$/u.test(node.element.textContent) ||
	[...node.any, ...node.all, ...node.none].every(check => reasons.includes(check.data?.messageKey))`

// expectAccessible fails where axe-core finds something in the page, as it is now,
// that keeps people from using it, or that it can't judge but for the reasons given.
func expectAccessible(t *testing.T, tab *browser.Tab, undecidedFor ...string) {
	t.Helper()
	if !browser.Eval[bool](tab, `!!window.axe`) {
		browser.Eval[any](tab, axeSource(t)+`;void 0`)
	}
	// What has just come may be on its way in: half of a colour is no colour to judge.
	// Some things never end.
	browser.Eval[any](tab, `Promise.race([
		Promise.allSettled(document.querySelector('parley-chat').shadowRoot.getAnimations().filter(a => a.effect.getTiming().iterations < Infinity).map(a => a.finished)),
		new Promise(done => setTimeout(done, 5000)),
	]).then(() => {})`)
	reasons := browser.Quote(strings.Join(undecidedFor, " ")) + `.split(' ')`
	found := browser.Eval[[]string](tab, `axe.run(document, `+axeRules+`).then(({ violations, incomplete }) => {
		const right = `+undecided+`
		const say = (rule, nodes) => nodes.map(node => rule.id + ': ' + node.target.flat().at(-1) + ' ' + node.failureSummary.replace(/\s+/g, ' ') +
			' ' + JSON.stringify([...node.any, ...node.all, ...node.none].map(check => check.data)) + '\n\t' + node.html)
		return [
			...violations.flatMap(rule => say(rule, rule.nodes)),
			...incomplete.flatMap(rule => say(rule, rule.nodes.filter(node => !right(rule, node, `+reasons+`))).map(text => 'undecided: ' + text)),
		]
	})`)
	if len(found) > 0 {
		t.Errorf("%d of:\n%s", len(found), strings.Join(found, "\n"))
	}
}
