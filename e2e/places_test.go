package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
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

// A base element that leads to another origin takes the chat's script nowhere.
func TestBaseOfAnotherOrigin(t *testing.T) {
	elsewhere := httptest.NewServer(pages{"/style.css": "h1{color:#123456}"})
	t.Cleanup(elsewhere.Close)
	base := `<base href="` + elsewhere.URL + `/">`
	app := pages{}
	for name, head := range map[string]string{
		"before-charset": base + `<meta charset="utf-8"><title>Shop</title><script>1</script>`,
		"after-charset":  `<meta charset="utf-8"><title>Shop</title>` + base + `<script>1</script>`,
		"after-script":   `<script>1</script>` + base + `<meta charset="utf-8"><title>Shop</title>`,
		"protocol":       `<base target="_top"><base href="` + strings.TrimPrefix(elsewhere.URL, "http:") + `"><meta charset="utf-8"><title>Shop</title>`,
	} {
		app["/"+name] = `<!doctype html><html lang="en"><head>` + head + `<link rel="icon" href="data:,"></head><body><h1>Grün</h1></body></html>`
	}
	s := startSite(t, "", bare(app)) // whose charset only the page knows
	computer := browser.New(t)
	for path := range app {
		t.Run(path, func(t *testing.T) {
			tab := computer.Tab().In(t)
			tab.Go(s.local + path)
			tab.Find("button", "Open chat")
			got := browser.Eval[string](tab, `[document.characterSet, document.baseURI, document.querySelector('h1').innerText].join()`)
			if !strings.HasPrefix(got, "UTF-8,"+elsewhere.URL) || !strings.HasSuffix(got, ",Grün") {
				t.Errorf("the page is %q", got)
			}
		})
	}
}

// bare serves pages without saying their charset.
func bare(p pages) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(p[r.URL.Path]))
	})
}
