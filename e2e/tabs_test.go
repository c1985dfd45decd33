package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// A page that resets whenever it can doesn't go round in circles, and its
// visitors can chat.
func TestDemoResetInALoop(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	tab := browser.New(t).Tab()
	tab.OnEveryPage(`addEventListener('load', () => {
		const reset = () => Parley.user.reset()
		Parley.on('reset', reset)
		Parley.on('ready', reset)
		Parley.ready(reset)
	})`)
	v := begin(tab, url+"/")
	goesOn(v, "Two.")
	resets := 0
	for _, request := range tab.Requests() {
		if strings.HasSuffix(request.URL, "/api/reset") {
			resets++
		}
	}
	if resets > 2 {
		t.Errorf("the page has logged out %d times", resets)
	}
}

// The chat says nothing to other windows and listens to none.
func TestDemoNothingByPostMessage(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	tab := browser.New(t).Tab()
	tab.OnEveryPage(`{
		window.overheard = []
		const post = window.postMessage, listen = EventTarget.prototype.addEventListener
		window.postMessage = function (...said) { overheard.push('says ' + JSON.stringify(said)); return post.apply(this, said) }
		EventTarget.prototype.addEventListener = function (type, ...rest) {
			const target = this ?? window
			if (type === 'message' && target === window) overheard.push('listens')
			return listen.call(target, type, ...rest)
		}
	}`)
	v := begin(tab, url+"/")
	goesOn(v, "Two.")
	if heard := browser.Eval[[]string](tab, `window.onmessage ? [...overheard, 'listens'] : overheard`); len(heard) != 0 {
		t.Errorf("the chat %q", heard)
	}
}

// A tab that slept through the logout shows nothing of what was before.
func TestDemoSleepingTab(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	computer := browser.New(t)
	mia := signedInAndSaid(computer, url)
	mia.AllowProblem("Page entered Back-Forward Cache") // what Chromium says where it closes a socket
	mia.Freeze()
	signOutElsewhere(t, computer, url)
	mia.Thaw()
	emptied(mia, "ONE.")
	mia.DropCookie("shop_session") // as the logout's answer would have, had it come here
	next := people.Visit(computer, url)
	next.Say("Two.")
	next.Sees("TWO.")
	expectAlone(t, "who comes after the logout", next.Transcript(), "One", "ONE")
}

// On a host without TLS browsers offer less than elsewhere; the chat keeps all
// that it promises.
func TestPlainHTTPHost(t *testing.T) {
	t.Parallel()
	s := startSiteApart(t, accountsChat, http.HandlerFunc(accounts))
	computer := browser.New(t)
	first := begin(computer.Tab(), s.plain+"/")
	if browser.Eval[bool](first.Tab, `isSecureContext || 'locks' in navigator || 'randomUUID' in crypto || 'subtle' in crypto`) {
		t.Fatal("the browser trusts this host as it does HTTPS")
	}
	second := people.Visit(computer, s.plain+"/about")
	second.OpenChat()
	goesOn(second, "Two.")

	// The login claims it, in both tabs, and on another device it is there too.
	first.Go(s.plain + "/?in=mia")
	first.OpenChat()
	first.Sees("TWO.")
	goesOn(first, "Three.")
	second.Sees("THREE.")
	phone := browser.New(t).Tab()
	phone.UserAgent("Telephone/1.0")
	hers := people.Visitor{Tab: phone}
	hers.Go(s.plain + "/?in=mia")
	hers.OpenChat()
	hers.Sees("THREE.")

	first.Go(s.plain + "/logout")
	emptied(second, "ONE.")
	for _, tab := range []people.Visitor{first, second} {
		tab.OpenChat()
		expectAlone(t, "who comes after the logout", tab.Transcript(), "ONE", "TWO", "THREE")
	}
	goesOn(hers, "Four.")
}

// A tab that a page has opened gets a copy of what the browser keeps for that
// page's tab. With the session over, the copy is worth nothing.
func TestDemoTabWithAnOpener(t *testing.T) {
	t.Parallel()
	url := startDemoApart(t)
	first := begin(browser.New(t).Tab(), url+"/")
	browser.Eval[bool](first.Tab, `(() => {
		const button = document.createElement('button')
		button.textContent = 'Story'
		button.onclick = () => { window.second = open('/story') }
		document.body.prepend(button)
		return true
	})()`)
	first.CloseChat()
	first.Find("button", "Story").Click()
	const loaded = `window.second?.document.readyState === 'complete' && second.location.pathname === '/story' && second.Parley && (second.Parley.open(), true)`
	const shown = `second.document.querySelector('parley-chat').shadowRoot.querySelector('[role=log]').textContent`
	first.Wait(loaded)
	first.Wait(shown + `.includes('ONE.')`)
	if !browser.Eval[bool](first.Tab, `sessionStorage.length > 0 && JSON.stringify(sessionStorage) === JSON.stringify(second.sessionStorage)`) {
		t.Fatal("the second tab has no copy of what the first one keeps")
	}

	first.Show()
	first.OpenChat()
	kept := browser.Eval[string](first.Tab, `JSON.stringify(sessionStorage)`)
	browser.Eval[bool](first.Tab, `(Parley.user.reset(), true)`)
	first.Wait(`!` + shown + `.includes('ONE.')`)
	emptied(first, "ONE.")

	// Not even where a tab has kept the copy all the same.
	browser.Eval[bool](first.Tab, `(Object.assign(second.sessionStorage, JSON.parse(`+browser.Quote(kept)+`)), second.gone = true, second.location.reload(), true)`)
	first.Wait(`!second.gone && ` + loaded)
	first.Say("Two.")
	first.Sees("TWO.")
	first.Wait(shown + ` !== null && !` + shown + `.includes('ONE.')`)
	expectAlone(t, "who comes after the reset", first.Transcript(), "One", "ONE")
}
