package webdriver

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// waitTimeout bounds every wait. It is long, because a test that waits that long
// has failed, and short waits fail on busy machines.
const waitTimeout = 40 * time.Second

// Browser is one with a profile of its own, and an empty tab.
type Browser struct {
	t       testing.TB
	session session
}

func newBrowser(t testing.TB, s session) *Browser {
	t.Helper()
	b := &Browser{t, s}
	b.do(setTimeouts, map[string]any{"script": waitTimeout.Milliseconds(), "pageLoad": waitTimeout.Milliseconds()})
	return b
}

func (b *Browser) do(c command, params map[string]any) json.RawMessage {
	b.t.Helper()
	value, err := b.session.do(c, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// Go enters an address and waits until the page has loaded.
func (b *Browser) Go(url string) {
	b.t.Helper()
	b.do(navigate, map[string]any{"url": url})
}

// Reload reloads the page and waits until it has loaded.
func (b *Browser) Reload() {
	b.t.Helper()
	b.do(refresh, nil)
}

// Tab names one that is open.
type Tab string

// NewTab opens a tab and goes there.
func (b *Browser) NewTab() Tab {
	b.t.Helper()
	var opened struct{ Handle string }
	b.decode(b.do(newWindow, map[string]any{"type": "tab"}), &opened)
	tab := Tab(opened.Handle)
	b.Switch(tab)
	return tab
}

// Tab is the one that the browser is at.
func (b *Browser) Tab() (tab Tab) {
	b.t.Helper()
	b.decode(b.do(windowHandle, nil), &tab)
	return tab
}

// Switch goes to another tab.
func (b *Browser) Switch(tab Tab) {
	b.t.Helper()
	b.do(switchWindow, map[string]any{"handle": tab})
}

func (b *Browser) decode(value json.RawMessage, into any) {
	b.t.Helper()
	if err := json.Unmarshal(value, into); err != nil {
		b.t.Fatalf("reading %s: %v", value, err)
	}
}

// Eval returns the value of a JavaScript expression in the page; a promise is
// waited for.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	value, err := b.eval(expression)
	if err != nil {
		b.t.Fatalf("evaluating %s: %v", expression, err)
	}
	var v T
	b.decode(value, &v)
	return v
}

func (b *Browser) eval(expression string, args ...any) (json.RawMessage, error) {
	if args == nil {
		args = []any{}
	}
	value, err := b.session.do(executeAsync, map[string]any{"args": args, "script": `
		const done = arguments[arguments.length - 1], args = [...arguments];
		(async () => (` + expression + `))().then(value => done([value]), error => done(String(error)))`})
	if err != nil {
		return nil, err
	}
	var result []json.RawMessage
	if json.Unmarshal(value, &result) != nil {
		return nil, fmt.Errorf("the page says %s", value)
	}
	return result[0], nil
}

// Wait waits until a JavaScript expression is true in the page.
func (b *Browser) Wait(expression string) {
	b.t.Helper()
	b.until(expression, func() error {
		value, err := b.eval("!!(" + expression + ")")
		if err == nil && string(value) != "true" {
			err = errors.New("it isn't so")
		}
		return err
	})
}

// until tries again, after what the page has to do first, until there is no error.
func (b *Browser) until(what string, try func() error) {
	b.t.Helper()
	deadline := time.Now().Add(waitTimeout)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			text, _ := b.eval(shown) // it is for the message alone
			b.t.Fatalf("waiting for %s: %v\nThe page shows %s", what, err, text)
		}
		if _, err := b.eval(`new Promise(done => setTimeout(done, 20))`); err != nil {
			time.Sleep(20 * time.Millisecond) // there may be no page just now
		}
	}
}

// throughout is a function that finds elements in the page and its open shadow
// trees.
const throughout = `((selector, root = document) => {
	const find = root => [...root.querySelectorAll(selector), ...[...root.querySelectorAll('*')].flatMap(e => e.shadowRoot ? find(e.shadowRoot) : [])]
	return find(root)
})`

const shown = `[document.body, ...` + throughout + `('*').flatMap(e => e.shadowRoot ? [...e.shadowRoot.children] : [])].map(e => e.innerText ?? '').join('\n')`

// HasText waits until the page shows a text, shadow trees included.
func (b *Browser) HasText(text string) {
	b.t.Helper()
	b.Wait(shown + `.includes(` + quote(text) + `)`)
}

// LacksText waits until the page doesn't show a text any more.
func (b *Browser) LacksText(text string) {
	b.t.Helper()
	b.Wait(`!` + shown + `.includes(` + quote(text) + `)`)
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("strings have a JSON form: %v", err))
	}
	return string(text)
}

// Screenshot writes a picture of the page, where someone wants pictures.
func (b *Browser) Screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("PARLEY_SCREENSHOTS")
	if dir == "" {
		return
	}
	var text string
	b.decode(b.do(screenshot, nil), &text)
	png, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		b.t.Errorf("making a screenshot: %v", err)
		return
	}
	path := filepath.Join(dir, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+name+".png")
	if err := os.WriteFile(path, png, 0o644); err != nil {
		b.t.Errorf("writing a screenshot: %v", err)
	}
}
