package e2e_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// inLanguage is a page that says what language it is in.
func inLanguage(code, body string) string {
	return strings.Replace(page("<title>Shop</title>", body), `lang="en"`, `lang="`+code+`"`, 1)
}

// The chat speaks the page's language, else its reader's, else English; the site
// may have words of its own; and the page's languages are left as they are.
func TestChatSpeaksTheLanguageOfThePage(t *testing.T) {
	s := startSite(t, "text fr send Go", pages{
		"/de": inLanguage("de-CH", "<p>Schuhe"), "/fr": inLanguage("fr", "<p>Bottes"), "/no": inLanguage("no", "<p>Sko"),
		"/none": strings.Replace(page("<title>Shop</title>", "<p>Boots"), ` lang="en"`, "", 1), "/cy": inLanguage("cy", "<p>Siop"),
	})
	swede := browser.NewProcess(t, "accept-lang=sv-FI,en")
	dane := browser.NewProcess(t, "accept-lang=cy,da,en")
	welsh := browser.NewProcess(t, "accept-lang=cy")
	for _, c := range []struct {
		who                         *browser.Computer
		path, open, message, dialog string
		language                    string
	}{
		{swede, "/de", "Chat öffnen", "Nachricht", "Chatten Sie mit uns", "de"},
		{swede, "/no", "Åpne chatten", "Melding", "Chat med oss", "nb"},
		{swede, "/none", "Öppna chatten", "Meddelande", "Chatta med oss", "sv"},
		{dane, "/cy", "Åbn chatten", "Besked", "Chat med os", "da"},
		{welsh, "/cy", "Open chat", "Message", "Chat with us", "en"},
	} {
		tab := c.who.Open(s.local + c.path)
		tab.Find("button", c.open).Click()
		tab.Find("dialog", c.dialog)
		tab.Find("textbox", c.message)
		if got := browser.Eval[string](tab, `document.querySelector('parley-chat').lang + ' ' + document.querySelector('parley-chat').dir`); got != c.language+" ltr" {
			t.Errorf("%s: the chat is marked %q, want %s", c.path, got, c.language)
		}
		tab.Close()
	}

	v := people.Visitor{Tab: swede.Open(s.local + "/fr")}
	v.Find("button", "Ouvrir le chat").Click()
	v.Find("textbox", "Message").Fill("Une.")
	v.Find("button", "Go").Click()
	v.Sees("UNE.")
	v.Find("button", "Fermer le chat").Click()
	v.Find("button", "Ouvrir le chat")
}

// A page from right to left has a chat from right to left, in the window's corner
// all the same, and one in another direction keeps its own.
func TestChatFromRightToLeft(t *testing.T) {
	rtl := func(code string) string {
		return strings.Replace(inLanguage(code, "<h1>متجر</h1>"), "<html", `<html dir="rtl"`, 1)
	}
	s := startSite(t, "", pages{"/ar": rtl("ar"), "/he": rtl("he"), "/en": rtl("en")})
	const sides = `(() => {
		const root = document.querySelector('parley-chat').shadowRoot
		const at = (selector) => { const r = root.querySelector(selector).getBoundingClientRect(); return r.x + r.width / 2 }
		return at('[part~=send]') < at('textarea') ? 'left' : 'right'
	})()`
	for _, c := range []struct{ path, open, dialog, message, send, side string }{
		{"/ar", "فتح المحادثة", "تحدّث معنا", "رسالة", "إرسال", "left"},
		{"/he", "פתיחת הצ׳אט", "דברו איתנו", "הודעה", "שליחה", "left"},
		{"/en", "Open chat", "Chat with us", "Message", "Send", "right"},
	} {
		for _, width := range []int64{1000, 390} {
			v := people.Visitor{Tab: browser.New(t).Tab()}
			v.Resize(width, 760)
			v.Go(s.local + c.path)
			v.Find("button", c.open).Until("in sight", inSight)
			v.Find("button", c.open).Click()
			v.Find("dialog", c.dialog).Until("in sight", inSight)
			v.Screenshot("empty")
			v.Find("textbox", c.message).Fill("مرحبا، size 42?")
			v.Find("button", c.send).Click()
			v.Sees("مرحبا، SIZE 42?")
			v.Screenshot("said")
			if got := browser.Eval[string](v.Tab, sides); got != c.side {
				t.Errorf("%s, %d wide: the button to send is on the %s", c.path, width, got)
			}
			if browser.Eval[bool](v.Tab, `document.documentElement.scrollWidth > innerWidth`) {
				t.Errorf("%s, %d wide: the page can be scrolled sideways", c.path, width)
			}
		}
	}
}
