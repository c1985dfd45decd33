package e2e_test

import (
	"net/http/httptest"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
)

const hostileBody = `<main><h1>Shop</h1><p>Boots and shoes.</p><button>Buy</button></main><footer>Since 1921</footer>`

// Whatever a page's rules say of all elements, of unknown ones, of the last one
// or of their parents, the chat is as it is on a plain page, and the page as it
// is without a chat.
func TestHostilePages(t *testing.T) {
	app := pages{"/plain": page("<title>Plain</title>", hostileBody)}
	for name, css := range map[string]string{
		"unset":      "*{all:unset!important}",
		"revert":     "*,*::before,*::after{all:revert!important}",
		"nothing":    "*{animation:none!important;transition:none!important;box-shadow:none!important;border-radius:0!important}",
		"unknown":    "body>:not(main,footer,script),html>:not(head,body),:not(:defined),*|*:not(html,body,main,h1,p,button,footer){display:none!important}",
		"empty":      ":empty,div:empty,section,textarea,[popover],[role=dialog]{display:none!important}",
		"inherited":  "html{font:40px/3 monospace;font-variant:small-caps;letter-spacing:9px;word-spacing:1em;text-transform:uppercase;text-indent:3em;text-align:right;text-shadow:2px 2px red;white-space:pre;word-break:break-all;color:red;cursor:none;list-style:square;quotes:none;tab-size:9;-webkit-text-stroke:1px red;-webkit-text-fill-color:lime;user-select:none;line-break:anywhere;hyphens:auto;caret-color:red;accent-color:red}",
		"upright":    "html{writing-mode:vertical-rl}",
		"hidden":     "html{visibility:hidden;pointer-events:none}main,footer{visibility:visible;pointer-events:auto}",
		"faded":      "html,body{opacity:.2;mix-blend-mode:multiply;isolation:isolate}",
		"cut":        "body{clip-path:inset(0 50% 50% 0);mask:linear-gradient(black 20%,transparent 20%)}",
		"contained":  "html,body{contain:content}body{content-visibility:auto;contain-intrinsic-size:50px}",
		"sized":      "html,body{container-type:size;height:100%;overflow:hidden}",
		"tilted":     "html{perspective:100px;transform-style:preserve-3d}body{rotate:x 10deg;transform-style:preserve-3d}",
		"will":       "html,body{will-change:transform,filter,perspective,contents,scroll-position;backdrop-filter:blur(2px)}",
		"fixed":      "body{position:fixed;inset:0;overflow:auto;z-index:2147483647}",
		"columns":    "body{columns:3}",
		"grid":       "body{display:grid;grid-template-rows:auto 1fr auto;gap:2em;min-height:100vh}",
		"last":       "body>:last-child{margin-bottom:700px}body>:not(:last-child){margin-bottom:90px;border-bottom:3px solid}body>*+*{margin-top:50px}body>footer:last-child{color:red;font-size:50px}body:has(>:nth-child(3)){padding:99px}",
		"tiny-rem":   "html{font-size:5px}",
		"moving":     "@keyframes page{to{transform:translate(300px)}}body{animation:page 2s infinite alternate paused;animation-delay:-1s}",
		"properties": ":root{--accent:red;--on-accent:red;--ground:red;--ink:red;--soft:red;--line:red;--theirs:red;--top:99px;--height:99px;--focus:red;--tint:red;--scheme:dark}",
		"quirks":     "",
	} {
		app["/"+name] = page("<title>"+name+"</title><style>"+css+"</style>", hostileBody)
	}
	app["/quirks"] = `<html lang="en"><title>quirks</title><body>` + hostileBody
	app["/overlays"] = page("<title>overlays</title><style>.over{position:fixed;inset:0;z-index:2147483647;background:#def9}</style>", hostileBody+`<div class="over"></div><div class="over" popover="manual"></div><script>document.querySelector('[popover]').showPopover()</script>`)
	app["/hides"] = page("<title>hides</title>", hostileBody+`<script>
		// As libraries do for dialogs that they make of divisions.
		const hide = () => { for (const e of document.body.children) if (e.localName === 'parley-chat') e.inert = e.hidden = e.ariaHidden = true, e.style.cssText = 'display:none!important;opacity:0!important' }
		new MutationObserver(hide).observe(document.body, {childList: true})
		hide()
	</script>`)
	direct := httptest.NewServer(app)
	t.Cleanup(direct.Close)
	s := startSite(t, "", app)
	tab := browser.New(t).Tab()
	tab.Go(s.local + "/plain")
	settle(t, tab, false)
	closed := browser.Eval[[]string](tab, looks)
	settle(t, tab, true)
	open := browser.Eval[[]string](tab, looks)
	browser.Eval[any](tab, `void Parley.close()`)
	for path := range app {
		t.Run(path[1:], func(t *testing.T) {
			tab := tab.In(t)
			tab.Go(direct.URL + path)
			itself := browser.Eval[[]string](tab, boxes)
			tab.Go(s.local + path)
			expectItself(t, tab, itself, closed, open)
		})
	}
}
