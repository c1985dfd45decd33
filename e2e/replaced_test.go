package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
)

// A page may put anything in the place of its body, or of all that is in the
// document: the chat goes on, once.
func TestReplacedPages(t *testing.T) {
	const next = `<title>Next</title></head><body><h1>Next</h1>`
	s := startSite(t, "", pages{"/": page("<title>First</title>", "<h1>First</h1>")})
	for name, script := range map[string]string{
		"text of the body":  `document.body.innerHTML = '<h1>Next</h1>'`,
		"body":              `{ const body = document.createElement('body'); body.innerHTML = '<h1>Next</h1>'; document.body = body }`,
		"copy of the body":  `{ const body = document.body.cloneNode(true); body.querySelector('h1').innerText = 'Next'; document.body.replaceWith(body) }`,
		"text of the root":  `document.documentElement.innerHTML = '<head>` + next + `</body>'`,
		"what is in it":     `document.documentElement.replaceChildren(...new DOMParser().parseFromString('<head>` + next + `', 'text/html').documentElement.children)`,
		"root":              `document.replaceChild(new DOMParser().parseFromString('<head>` + next + `', 'text/html').documentElement, document.documentElement)`,
		"all, in two steps": `document.documentElement.remove(); setTimeout(() => document.append(new DOMParser().parseFromString('<head>` + next + `', 'text/html').documentElement))`,
	} {
		t.Run(name, func(t *testing.T) {
			tab := browser.New(t).Tab()
			v := begin(tab, s.local+"/")
			browser.Eval[any](tab, `{`+script+`}`)
			v.Find("heading", "Next")
			expectOneWidget(t, tab, "on the next page")
			goesOn(v, "Two.")
			v.CloseChat()
			v.Find("button", "Open chat").Click()
			goesOn(v, "Three.")
		})
	}
}
