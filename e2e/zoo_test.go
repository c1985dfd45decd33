package e2e_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
)

// framework is a style sheet that many sites are built upon.
type framework struct {
	head, html, body string
	// light is true of one that has no dark scheme, or doesn't say that it has.
	light bool
}

// zoo has a page for each, written as its documentation has it. What the bodies
// are classed as gives their children room and lines between them.
var zoo = map[string]framework{
	"bootstrap": {
		head: `<link rel="stylesheet" href="/lib/bootstrap/dist/css/bootstrap.min.css"><script>
			const dark = matchMedia('(prefers-color-scheme: dark)')
			const follow = () => document.documentElement.dataset.bsTheme = dark.matches ? 'dark' : 'light'
			dark.addEventListener('change', follow)
			follow()
		</script>`,
		body: `<body class="d-flex flex-column min-vh-100 vstack gap-3">
			<nav class="navbar navbar-expand-lg bg-body-tertiary sticky-top"><div class="container"><a class="navbar-brand" href="#">Shop</a><span class="navbar-text">Boots and shoes</span></div></nav>
			<main class="container"><div class="row g-3"><div class="col-md-6"><div class="card"><div class="card-body"><h5 class="card-title">Boots</h5><p class="card-text">Of leather.</p><button class="btn btn-primary">Buy</button></div></div></div>
			<div class="col-md-6"><form><label class="form-label" for="q">Search</label><input class="form-control" id="q"><textarea class="form-control" rows="3"></textarea><select class="form-select"><option>36</option></select></form></div></div>
			<table class="table table-striped"><thead><tr><th>Size</th><th>Price</th></tr></thead><tbody><tr><td>36</td><td>99</td></tr></tbody></table></main>
			<footer class="mt-auto fixed-bottom bg-body-secondary p-2">Since 1921</footer>`,
	},
	"tailwind": {
		head: `<script src="/lib/@tailwindcss/browser/dist/index.global.js"></script>`,
		html: ` class="scheme-light-dark"`,
		body: `<body class="space-y-8 divide-y divide-gray-500 dark:bg-gray-900 dark:text-white antialiased font-serif text-lg leading-loose tracking-wide">
			<header class="sticky top-0 z-50 p-4 bg-sky-100 dark:bg-sky-900 shadow">Shop</header>
			<main class="grid md:grid-cols-2 gap-4 p-4"><article class="rounded-xl border p-6 space-y-4"><h2 class="text-xl font-bold">Boots</h2><p>Of leather.</p><button class="rounded-full bg-sky-600 px-4 py-2 text-white">Buy</button></article>
			<form class="space-y-2"><input class="w-full border p-2" placeholder="Search"><textarea class="w-full border"></textarea></form></main>
			<footer class="fixed inset-x-0 bottom-0 z-50 p-2">Since 1921</footer>`,
	},
	"bulma": {
		head:  `<link rel="stylesheet" href="/lib/bulma/css/bulma.min.css">`,
		html:  ` class="has-navbar-fixed-top"`,
		light: true,
		body: `<body class="has-navbar-fixed-bottom">
			<nav class="navbar is-fixed-top is-primary"><div class="navbar-brand"><a class="navbar-item" href="#">Shop</a></div></nav>
			<section class="section"><div class="columns"><div class="column"><div class="box"><h1 class="title">Boots</h1><p>Of leather.</p><button class="button is-primary">Buy</button></div></div>
			<div class="column"><div class="field"><label class="label">Search</label><div class="control"><input class="input"></div></div><textarea class="textarea"></textarea></div></div>
			<table class="table is-fullwidth"><tr><td>36</td><td>99</td></tr></table></section>
			<footer class="footer">Since 1921</footer><div class="block">The end.</div>`,
	},
	"foundation": {
		head:  `<link rel="stylesheet" href="/lib/foundation-sites/dist/css/foundation.min.css">`,
		light: true,
		body: `<body class="grid-y">
			<div class="top-bar"><div class="top-bar-left">Shop</div></div>
			<div class="grid-container"><div class="grid-x grid-margin-x"><div class="cell medium-6"><div class="card"><div class="card-divider">Boots</div><div class="card-section"><p>Of leather.</p><button class="button">Buy</button></div></div></div>
			<div class="cell medium-6"><form><label>Search <input type="text"></label><textarea></textarea><fieldset class="fieldset"><legend>Size</legend><input id="a" type="checkbox"><label for="a">36</label></fieldset></form></div></div>
			<table class="hover"><tr><td>36</td><td>99</td></tr></table></div>
			<div class="callout alert">Since 1921</div>`,
	},
	"materialize": {
		head: `<link rel="stylesheet" href="/lib/@materializecss/materialize/dist/css/materialize.min.css">`,
		body: `<body>
			<nav><div class="nav-wrapper"><a href="#" class="brand-logo">Shop</a></div></nav>
			<main class="container"><div class="row"><div class="s12 m6"><div class="card"><div class="card-content"><span class="card-title">Boots</span><p>Of leather.</p></div><div class="card-action"><button class="btn filled waves-effect">Buy</button></div></div></div>
			<div class="s12 m6"><div class="input-field"><input id="q" type="text" placeholder=" "><label for="q">Search</label></div><div class="input-field"><textarea id="t" class="materialize-textarea" placeholder=" "></textarea><label for="t">Text</label></div></div></div></main>
			<div class="fixed-action-btn"><button class="btn-floating btn-large">+</button></div>
			<footer class="page-footer"><div class="container">Since 1921</div></footer>`,
	},
	"pico": {
		head: `<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="/lib/@picocss/pico/css/pico.min.css">`,
		body: `<body>
			<header class="container"><nav><ul><li><strong>Shop</strong></li></ul></nav></header>
			<main class="container"><div class="grid"><article><header>Boots</header><p>Of leather.</p><button>Buy</button></article>
			<form><label>Search <input type="search"></label><textarea></textarea><select><option>36</option></select></form></div>
			<figure><table class="striped"><tr><td>36</td><td>99</td></tr></table></figure></main>
			<footer class="container">Since 1921</footer>`,
	},
}

// styled is true of a page when its framework, which may be a script, is there.
const styled = `getComputedStyle(document.body).marginLeft === '0px'`

// On pages of all the frameworks that sites are built upon, light and dark, wide
// and narrow, the chat is as on a page that has no style, and each page as it is
// without a chat.
func TestZoo(t *testing.T) {
	document := func(f framework) string {
		return `<!doctype html><html lang="en"` + f.html + `><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title>` + f.head + `</head>` + f.body + `</body></html>`
	}
	app := pages{"/plain": document(framework{head: `<meta name="color-scheme" content="light dark">`, body: "<body><h1>Shop</h1>"})}
	for name, f := range zoo {
		app["/"+name] = document(f)
	}
	direct := httptest.NewServer(app)
	t.Cleanup(direct.Close)
	s := startSite(t, "", app)
	tab := browser.New(t).Tab()

	inEach := func(t *testing.T, show func(t *testing.T, width int64, scheme string)) {
		for _, width := range []int64{1280, 360} {
			for _, scheme := range []string{"light", "dark"} {
				t.Run(fmt.Sprint(width, " ", scheme), func(t *testing.T) {
					tab.Resize(width, 740)
					tab.Media("screen", "prefers-color-scheme", scheme)
					show(t, width, scheme)
				})
			}
		}
	}
	type state struct {
		width  int64
		scheme string
		open   bool
	}
	want := make(map[state][]string)
	tab.Go(s.local + "/plain")
	settle(t, tab, true) // once for all: what the chat brings along is there when it is closed, too
	inEach(t, func(t *testing.T, width int64, scheme string) {
		for _, open := range []bool{false, true} {
			settle(t, tab, open)
			want[state{width, scheme, open}] = browser.Eval[[]string](tab, looks)
		}
	})
	browser.Eval[any](tab, `void Parley.close()`)
	for name, f := range zoo {
		t.Run(name, func(t *testing.T) {
			itself := make(map[state][]string)
			tab.Go(direct.URL + "/" + name)
			tab.Wait(styled)
			inEach(t, func(_ *testing.T, width int64, scheme string) {
				itself[state{width, scheme, false}] = browser.Eval[[]string](tab, boxes)
			})
			tab.Go(s.local + "/" + name)
			tab.Wait(styled)
			settle(t, tab, true)
			inEach(t, func(t *testing.T, width int64, scheme string) {
				shown := scheme
				if f.light {
					shown = "light"
				}
				expectItself(t, tab.In(t), itself[state{width, scheme, false}], want[state{width, shown, false}], want[state{width, shown, true}])
			})
		})
	}
}
