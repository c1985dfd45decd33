package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
)

// shape is what the page is built of: its mode, and its elements and text.
const shape = `document.compatMode + document.title + [...document.querySelectorAll('html, body, body *, head *')].
	filter(e => e.localName !== 'parley-chat').map(e => e.localName + getComputedStyle(e).color + e.offsetTop).join() + document.body.innerText`

// What scripts print by mistake before the document leaves the page as it is
// without a chat, and the chat in it.
func TestTextBeforeTheDoctype(t *testing.T) {
	document := page(`<title>Shop</title><style>h1{color:#123456}</style>`, `<h1>Shop</h1><p>Boots and shoes.</p>`)
	app := pages{}
	for name, text := range map[string]string{
		"notice":      "\nNotice: Undefined variable: a in /srv/index.php on line 3\n",
		"html notice": "<br />\n<b>Notice</b>:  Undefined variable: a in <b>/srv/index.php</b> on line <b>3</b><br />\n",
		"debug":       "here <b>I</b> am<br>",
		"dump":        "string(3) \"abc\"\n",
		"number":      "1",
		"marks":       "\ufeff\ufeff",
		"space":       "\n\n \n",
	} {
		app["/"+name] = text + document
	}
	direct := httptest.NewServer(app)
	t.Cleanup(direct.Close)
	s := startSite(t, "", app)
	computer := browser.New(t)
	for path, body := range app {
		t.Run(path, func(t *testing.T) {
			tab := computer.Tab().In(t)
			tab.Go(direct.URL + path)
			want := browser.Eval[string](tab, shape)
			tab.Go(s.local + path)
			tab.Find("button", "Open chat")
			if got := browser.Eval[string](tab, shape); got != want {
				t.Errorf("with a chat:\n%s\nwithout:\n%s", got, want)
			}
			_, sent := fetch(t, navigation(t, http.MethodGet, s.local+path))
			if got := tag.ReplaceAllString(string(sent), ""); got != body || got == string(sent) {
				t.Errorf("came as %q", sent)
			}
		})
	}
}
