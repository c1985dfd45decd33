package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
)

// commonJS makes one script of modules, each given as name and file.
func commonJS(t *testing.T, modules [][2]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("window.require = (() => { const make = {}, made = {}, process = {env: {}}\n")
	b.WriteString("const require = name => made[name]?.exports ?? (make[name](made[name] = {exports: {}}, made[name].exports, require), made[name].exports)\n")
	for _, m := range modules {
		text, err := os.ReadFile(filepath.Join(libraries, m[1]))
		if err != nil {
			t.Fatalf("run scripts/setup: %v", err)
		}
		fmt.Fprintf(&b, "make[%q] = (module, exports, require) => {\n%s\n}\n", m[0], text)
	}
	b.WriteString("return require })()\n")
	return b.String()
}

// hydrated is an application that renders the whole document, on the server as
// in the browser.
const hydrated = `
const {createElement: e, useState} = require('react')
window.App = function App() {
	const [count, setCount] = useState(0)
	return e('html', {lang: 'en'},
		e('head', null, e('meta', {charSet: 'utf-8'}), e('title', null, 'Hydrated'),
			e('link', {rel: 'icon', href: 'data:,'})),
		e('body', null, e('h1', null, 'Hydrated'), e('button', {onClick: () => setCount(count + 1)}, 'Clicked ', count)))
}
`

func TestReactHydratesTheWholeDocument(t *testing.T) {
	for version, modules := range map[string][][2]string{
		"18": {
			{"react", "react-18/cjs/react.development.js"},
			{"scheduler", "scheduler/cjs/scheduler.development.js"},
			{"react-dom", "react-dom-18/cjs/react-dom.development.js"},
			{"client", "react-dom-18/client.js"},
			{"server", "react-dom-18/cjs/react-dom-server-legacy.browser.development.js"},
		},
		"19": {
			{"react", "react-19/cjs/react.development.js"},
			{"scheduler", "react-dom-19/node_modules/scheduler/cjs/scheduler.development.js"},
			{"react-dom", "react-dom-19/cjs/react-dom.development.js"},
			{"client", "react-dom-19/cjs/react-dom-client.development.js"},
			{"server", "react-dom-19/cjs/react-dom-server-legacy.browser.development.js"},
		},
	} {
		t.Run(version, func(t *testing.T) { testHydration(t, commonJS(t, modules)) })
	}
}

func testHydration(t *testing.T, library string) {
	app := http.NewServeMux()
	var rendered string
	app.HandleFunc("/app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		fmt.Fprint(w, library, hydrated)
	})
	app.HandleFunc("/server", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><script src="/app.js"></script>`)
	})
	app.HandleFunc("/start.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		fmt.Fprint(w, library, hydrated, `
			document.currentScript.remove()
			require('client').hydrateRoot(document, require('react').createElement(App), {
				onRecoverableError: error => console.error('recovered from', error),
			})`)
	})
	app.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html>", strings.Replace(rendered, "</body>", `<script src="/start.js" async></script></body>`, 1))
	})
	s := startSite(t, "exclude /server", app)

	computer := browser.New(t)
	tab := computer.Open(s.local + "/server")
	rendered = browser.Eval[string](tab, `require('server').renderToString(require('react').createElement(App))`)
	for range 3 { // with an empty cache, and with a full one
		tab.Go(s.local)
		tab.Find("button", "Clicked 0").Click()
		tab.Find("button", "Clicked 1")
		tab.Find("button", "Open chat")
		if n := browser.Eval[int](tab, `document.querySelectorAll('parley-chat').length`); n != 1 {
			t.Errorf("%d chats", n)
		}
	}
	v := begin(tab, s.local)
	v.Find("button", "Clicked 0").Click()
	v.Find("button", "Clicked 1")
	expectOneWidget(t, tab, "after the application has drawn itself anew")
	goesOn(v, "Two.")
}

// An application that changes pages by itself keeps its chat, and agents are
// told of the page.
func TestSinglePageRouter(t *testing.T) {
	shell := page(`<title>Router</title><script src="/lib/navigo/lib/navigo.js"></script>`, `<nav><a href="/" data-navigo>First</a> <a href="/second" data-navigo>Second</a></nav><div id="view"></div><script>
		const show = text => () => {
			document.title = text
			document.querySelector('#view').innerHTML = '<h1>' + text + '</h1>'
		}
		new Navigo('/').on('/', show('The first')).on('/second', show('The second')).resolve()
	</script>`)
	s := startSite(t, "", pages{"/": shell, "/second": shell})
	tab := browser.New(t).Tab()
	v := begin(tab, s.local)
	v.Find("link", "Second").Click()
	v.Find("heading", "The second")
	expectOneWidget(t, tab, "after a change of page")
	goesOn(v, "Two.")
	v.Back()
	v.Find("heading", "The first")
	expectOneWidget(t, tab, "after going back")
	goesOn(v, "Three.")
	if n := len(tab.Requests()); browser.Eval[int](tab, `performance.getEntriesByType('navigation').length`) != 1 || n == 0 {
		t.Error("the page was loaded again")
	}
}
