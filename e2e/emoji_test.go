package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// Emoji are found and picked without a mouse, come to where the caret is, and
// Escape goes back one step.
func TestEmojiByKeyboard(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visit(browser.New(t), s.local+"/")
	v.OpenChat()
	box := v.Find("textbox", "Message")
	box.Fill("Hello you")
	for range "you" {
		v.Press("ArrowLeft")
	}
	v.TabTo("Insert emoji")
	v.Press("Enter")
	v.Focused("Search emoji")
	v.Find("dialog", "Insert emoji").Until("whole in sight", inSight)
	v.Screenshot("picker")
	v.Press("red he")
	v.Screenshot("search")
	v.Press("Enter")
	v.Focused("Message")
	if got := box.Value(); got != "Hello ❤️you" {
		t.Errorf("the message is %q, and not with the emoji where the caret was", got)
	}

	v.Find("button", "Insert emoji").Click()
	v.Find("rowgroup", "Recently used")
	v.Press("ArrowDown")
	v.Focused("red heart")
	v.Press("ArrowDown")
	v.Focused("grinning face")
	v.Press("ArrowRight")
	v.Press("Enter")
	v.Focused("Message")
	if got := box.Value(); got != "Hello ❤️😃you" {
		t.Errorf("the message is %q", got)
	}

	v.Find("button", "Insert emoji").Click()
	v.Press("no such thing")
	v.HasText("No emoji found")
	v.Press("Escape")
	v.Focused("Insert emoji")
	v.Gone("dialog", "Insert emoji")
	v.Find("button", "Send").Click()
	v.Sees("Hello ❤️😃you")
	v.Find("button", "Insert emoji").Click()
	v.Find("searchbox", "Search emoji")
	box.Click()
	v.Gone("dialog", "Insert emoji")
}

// Emoji have their names in the visitor's language, and arrows go where they point.
func TestEmojiFromRightToLeft(t *testing.T) {
	s := startSite(t, "", pages{"/": `<!doctype html><html lang="ar" dir="rtl"><title>Shop</title><p>Shop`})
	v := people.Visitor{Tab: browser.New(t).Tab()}
	v.Resize(360, 640)
	v.Go(s.local + "/")
	v.Find("button", "فتح المحادثة").Click()
	v.Find("button", "إدراج رمز تعبيري").Click()
	v.Find("dialog", "إدراج رمز تعبيري").Until("whole in sight", inSight)
	v.Dark()
	v.Screenshot("dark")
	v.Press("قلب أحمر")
	v.Press("ArrowDown")
	v.Focused("قلب أحمر")
	v.Find("searchbox", "البحث في الرموز التعبيرية").Fill("")
	v.Press("ArrowDown")
	v.Press("ArrowLeft")
	second := browser.Eval[bool](v.Tab, `(() => {
		const root = document.querySelector('parley-chat').shadowRoot, at = root.activeElement
		return at === at.parentElement.children[1] && at.getBoundingClientRect().x < at.previousSibling.getBoundingClientRect().x
	})()`)
	if !second {
		t.Error("the left arrow does not lead to the emoji on the left")
	}
}

// Keyboards on touch screens have emoji, so there is no button; and choosing files
// is not narrowed down, which is what has phones offer the camera: of an accept
// attribute for pictures, Android makes a view of those that are there.
func TestTouchScreens(t *testing.T) {
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop")})
	v := people.Visitor{Tab: browser.New(t).Tab()}
	v.Touch(390, 800)
	v.Go(s.local + "/")
	v.OpenChat()
	v.Screenshot("telephone")
	if v.Has("button", "Insert emoji") {
		t.Error("there is a button for emoji beside the keyboard's own")
	}
	v.Find("button", "Attach files").Until("offering the camera", `function() {
		return this.type === 'file' && !this.accept && !this.hasAttribute('capture') && this.multiple
	}`)
}
