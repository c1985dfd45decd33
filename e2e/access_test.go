package e2e_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// throughout is a function that finds elements in the page and its open shadow
// trees.
const throughout = `const throughout = (selector, root = document) => [
	...root.querySelectorAll(selector),
	...[...root.querySelectorAll('*')].flatMap(e => e.shadowRoot ? throughout(selector, e.shadowRoot) : []),
];`

// expectLabelsInNames fails where the text that a control shows is no part of
// its accessible name: who speaks to the computer says what they see.
func expectLabelsInNames(t *testing.T, who string, tab *browser.Tab) {
	t.Helper()
	odd := browser.Eval[[]string](tab, `(() => {
		`+throughout+`
		const plain = s => s.toLowerCase().replace(/\s+/g, ' ').trim()
		return throughout('button[aria-label], a[aria-label]')
			.filter(e => e.checkVisibility() && plain(e.innerText).length > 1 && !plain(e.ariaLabel).includes(plain(e.innerText)))
			.map(e => e.ariaLabel + ' shows ' + e.innerText)
	})()`)
	if len(odd) > 0 {
		t.Errorf("%s: names without what is shown: %s", who, strings.Join(odd, "; "))
	}
}

// contrast is a function that tells the contrast of an element's text to its
// ground, see-through as both may be.
const contrast = `(e => {
	const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
	const draw = (color, alpha) => { canvas.globalAlpha = alpha; canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1) }
	const light = () => {
		const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		return 0.2126 * r + 0.7152 * g + 0.0722 * b
	}
	const up = [], parent = n => n.parentElement ?? n.getRootNode().host
	for (let n = e; n; n = parent(n)) up.unshift(n)
	let alpha = 1
	draw('white', 1)
	for (const n of up) { alpha *= getComputedStyle(n).opacity; draw(getComputedStyle(n).backgroundColor, alpha) }
	const ground = light()
	draw(getComputedStyle(e).color, alpha)
	const text = light()
	return (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05)
})`

// told is what a screen reader hears of the messages that come.
const told = `[...document.querySelector('parley-chat').shadowRoot.querySelectorAll('[aria-live=polite]')].map(e => e.innerText).join()`

// The first answer of all is told as any other is, and nothing that was there before.
func TestFirstAnswerIsTold(t *testing.T) {
	_, url := startDemo(t)
	v := people.Visit(browser.New(t), url)
	v.OpenChat()
	v.Say("Do you have felt?")
	desk := anna(t, url)
	desk.Take("Do you have felt?")
	desk.Reply("Yes, grey and red")
	v.Sees("Yes, grey and red")
	if got := strings.TrimSpace(browser.Eval[string](v.Tab, told)); got != "Anna Berg: Yes, grey and red" {
		t.Errorf("the first answer told screen readers %q", got)
	}
	v.Go(url)
	v.Sees("Yes, grey and red")
	if got := strings.TrimSpace(browser.Eval[string](v.Tab, told)); got != "" {
		t.Errorf("on the next page they were told %q", got)
	}
}

// offline cuts a page off: what it says gets nowhere from now on.
const offline = `(() => {
	WebSocket.prototype.send = () => {}
	window.fetch = () => new Promise(() => {})
})()`

// What is on its way can be read as well as what has arrived.
func TestUnsentMessagesCanBeRead(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	desk.Take("Hello.")
	for who, side := range map[string]struct {
		*browser.Tab
		say func(string)
	}{"the visitor": {visitor.Tab, visitor.Say}, "the desk": {desk.Tab, desk.Reply}} {
		browser.Eval[any](side.Tab, offline)
		side.say("Into the void.")
		if got := browser.Eval[float64](side.Tab, `(() => { `+throughout+`
			return `+contrast+`(throughout('.bubble').find(e => e.innerText.includes('void')))
		})()`); got < 4.5 {
			t.Errorf("%s: an unsent message has a contrast of %.2f, want 4.5", who, got)
		}
	}
}

// Who speaks to the computer can say what they see.
func TestNamesHaveWhatIsShown(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.OpenChat()
	visitor.FindBy("button", browser.Is("Attach files"), "the way to attach").Upload(textFile(t, "receipt.txt", "12.00"))
	visitor.Say("My receipt.")
	desk.Take("My receipt.")
	desk.FindBy("button", browser.Containing("Download receipt.txt"), "the receipt")
	visitor.FindBy("button", browser.Containing("Download receipt.txt"), "the receipt")
	expectLabelsInNames(t, "the desk", desk.Tab)
	expectLabelsInNames(t, "the visitor", visitor.Tab)
}

// Each state of the desk has one main part and one heading of the first level,
// on a telephone too, where the panes come one after the other.
func TestDeskHasMainAndHeading(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	const one = `(() => {
		const seen = selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).length
		return seen('main, [role=main]') === 1 && seen('h1') === 1
	})()`
	desk.Wait(one)
	desk.Resize(390, 760)
	desk.Find("main", "Inbox")
	desk.Wait(one)
	desk.Take("Hello.")
	desk.Find("main", "Conversation")
	desk.Wait(one)
	// What is done at a desk is done on a telephone.
	desk.Find("combobox", "Assigned to")
	desk.Screenshot("telephone")
	desk.Find("button", "Back to the list").Click()
	desk.Find("main", "Inbox")
}

// A message beside the closed chat leads into it without a mouse, too.
func TestPreviewByKeyboard(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.Say("Hello.")
	visitor.CloseChat()
	desk.Take("Hello.")
	desk.Reply("Good morning.")
	visitor.FindBy("button", browser.Containing("Good morning."), "the message").Press("Enter")
	visitor.Sees("Good morning.")
	visitor.Focused("Message")
}
