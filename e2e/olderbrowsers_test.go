package e2e_test

import (
	"net/http"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// older takes from a page what browsers have got since Firefox 101 and Safari 16.4, the
// first of theirs with constructed style sheets, as far as scripts could call it.
const older = `{
	const take = (from, ...names) => names.forEach(name => delete from[name])
	take(HTMLElement.prototype, 'popover', 'showPopover', 'hidePopover', 'togglePopover')
	take(Element.prototype, 'checkVisibility', 'setHTMLUnsafe', 'getHTML', 'startViewTransition', 'moveBefore')
	take(Document.prototype, 'startViewTransition', 'caretPositionFromPoint', 'moveBefore')
	take(Node.prototype, 'moveBefore')
	take(Array, 'fromAsync')
	take(Array.prototype, 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with')
	take(Promise, 'withResolvers', 'try')
	take(Object, 'groupBy')
	take(Map, 'groupBy')
	take(Set.prototype, 'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom')
	take(String.prototype, 'isWellFormed', 'toWellFormed')
	take(URL, 'canParse', 'parse')
	take(AbortSignal, 'any', 'timeout')
	take(Intl, 'DurationFormat')
	take(Intl.Locale.prototype, 'getTextInfo', 'textInfo', 'getWeekInfo', 'weekInfo')
	take(Uint8Array, 'fromBase64', 'fromHex')
	take(Uint8Array.prototype, 'toBase64', 'toHex')
	take(Navigator.prototype, 'locks', 'userActivation', 'userAgentData', 'storage')
	take(window, 'cookieStore', 'CookieStore', 'Iterator', 'scheduler', 'requestIdleCallback', 'navigation', 'CompressionStream', 'DecompressionStream', 'CloseWatcher', 'ToggleEvent')
}`

// A browser that is some years old has the chat too, with all that it is for.
func TestOlderBrowser(t *testing.T) {
	s := startSite(t, "identity {\nid X-User-Id\n}\nlogout /logout", http.HandlerFunc(account))
	computer := browser.New(t)
	v := people.Visitor{Tab: computer.Tab()}
	v.OnEveryPage(older)
	v.Go(s.local + "/")
	if browser.Eval[bool](v.Tab, `'showPopover' in HTMLElement.prototype || 'cookieStore' in window || 'locks' in navigator`) {
		t.Fatal("the browser is as new as it was")
	}
	v.Find("button", "Open chat").Until("in sight", inSight)
	v.OpenChat()
	v.Find("dialog", "Chat with us").Until("in sight", inSight)
	v.Find("button", "Attach files").Upload(picture(t), textFile(t, "receipt.txt", "12.00"))
	v.Say("From an old one.")
	v.FindBy("button", browser.Containing("Download cup.png"), "the picture").Until("being drawn", drawn)
	v.Sees("FROM AN OLD ONE.")
	v.Reload()
	v.Sees("FROM AN OLD ONE.")
	other := people.Visitor{Tab: computer.Tab()}
	other.OnEveryPage(older)
	other.Go(s.local + "/")
	other.OpenChat()
	other.Sees("FROM AN OLD ONE.")

	v.Follow(v.Find("link", "Sign in").Click)
	v.Say("And now as Mia.")
	v.Sees("AND NOW AS MIA.")
	v.Sees("FROM AN OLD ONE.")
	other.Show()
	other.Sees("AND NOW AS MIA.")
	v.Show()
	v.Follow(v.Find("link", "Sign out").Click)
	v.OpenChat()
	expectAlone(t, "who comes next", v.Transcript(), "OLD", "MIA")
	emptied(other, "FROM AN OLD ONE.")
}
