package e2e_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// expectLargeFields fails where iOS would zoom into a field, as it does below 16
// pixels.
func expectLargeFields(t *testing.T, who string, tab *browser.Tab) {
	t.Helper()
	small := browser.Eval[[]string](tab, `(() => {
		`+throughout+`
		return throughout('textarea, select, input:not([type=file])')
			.filter(e => e.checkVisibility() && parseFloat(getComputedStyle(e).fontSize) < 16)
			.map(e => e.ariaLabel ?? e.name)
	})()`)
	if len(small) > 0 {
		t.Errorf("%s: small fields: %s", who, strings.Join(small, ", "))
	}
}

// A telephone on its side has little height: the open chat takes all of it, and
// nowhere is there a field that the browser would zoom into.
func TestTelephoneOnItsSide(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.Touch(844, 390)
	visitor.OpenChat()
	visitor.Find("dialog", "Ask us").Until("the whole screen", `function() {
		const r = this.getBoundingClientRect()
		return r.left <= 0 && r.top <= 0 && r.right >= innerWidth && r.bottom >= innerHeight
	}`)
	visitor.Say("From my telephone.")
	visitor.Screenshot("said")
	expectLargeFields(t, "the visitor", visitor.Tab)
	visitor.CloseChat()

	desk := browser.New(t).Open(url + "/desk/")
	desk.Touch(844, 390)
	desk.Find("textbox", "E-mail")
	expectLargeFields(t, "the sign-in", desk)
	agent := anna(t, url)
	agent.Touch(844, 390)
	agent.Take("From my telephone.")
	agent.Find("button", "Filter").Click()
	agent.Find("combobox", "Field")
	expectLargeFields(t, "the desk", agent.Tab)
}
