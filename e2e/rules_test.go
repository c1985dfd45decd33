package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// rulesShop is a shop that names whoever its cookie does, and keeps in heard which
// rules the page was told of.
type rulesShop struct{}

func (rulesShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/logout" {
		// Before anything else asks for something in the name of who was there.
		http.SetCookie(w, &http.Cookie{Name: "user", Path: "/", MaxAge: -1})
	} else if who, err := r.Cookie("user"); err == nil {
		w.Header().Set("X-User-Id", who.Value)
		w.Header().Set("X-User-Firstname", strings.ToUpper(who.Value[:1])+who.Value[1:])
		w.Header().Set("X-User-Labels", "trade")
		w.Header().Set("X-User-Plan", map[string]string{"mia": "pro", "max": "free"}[who.Value])
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, page(`<title>Shop</title><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><script>
		window.heard = []
		window.Parley = window.Parley || []
		Parley.push(['on', 'rule', (rule) => {
			heard.push(rule.name)
			if (location.search === '?own') rule.preventDefault()
		}])
	</script>`, `<h1>Shop</h1><a href="/cart">Cart</a><div style="height:3000px"></div>`)) // the browser may have gone
}

const shopRules = `
	identity {
		id X-User-Id
		firstname X-User-Firstname
		labels X-User-Labels
		field plan X-User-Plan
	}
	logout /logout
	widget {
		rule waiting {
			unanswered
			show "We have not forgotten you"
		}
		rule prices {
			path /pricing /shop/*
			show "Can we help?"
		}
		rule third {
			path /blog*
			visits 3
			show "Still reading?"
		}
		rule deep {
			path /long
			scroll 60%
			show "So far!"
		}
		rule leaving {
			path /cart
			exit
			show "Before you go"
		}
		rule german {
			path /welcome
			language de
			show "Können wir helfen?"
			every 7d
		}
		rule contact {
			path /contact
			time 1s
			open
			once
		}
		rule pro {
			path /account
			field plan pro
			label vip trade
			show "Hi {firstname}, shall we renew?"
		}
		rule other {
			path /other* /account /welcome
			show "Anything else?"
		}
	}`

// visitAs opens a page of the shop for who is signed in there; nobody if empty.
func visitAs(c *browser.Computer, s site, user, path string) people.Visitor {
	v := people.Visitor{Tab: c.Tab()}
	if user != "" {
		v.Go(s.local + "/logout")
		browser.Eval[any](v.Tab, `void (document.cookie = 'user=`+user+`;path=/')`)
	}
	v.Go(s.local + path)
	return v
}

// matched is what the page is told of the rules that have matched.
const matched = `(() => { let names; CV.api.hasActionRuleMatched((all) => names = all); return names.join() })()`

const kept = `JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])`

// A message comes by itself, is told to who can't see it, and costs a page nothing
// but its one script. Whoever answers it finds it in the chat.
func TestRuleShowsAMessage(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	v := visitAs(browser.New(t), s, "", "/pricing")
	card := v.Find("button", "Can we help?")
	v.Screenshot("message")
	v.Find("status", "").Until("told", `function() { return this.innerText === 'Can we help?' }`)
	v.Find("button", "Close message")
	if got := browser.Eval[string](v.Tab, kept); got != `[{"parley-rules:shop":"{\"matched\":[\"prices\"],\"visits\":1}"},{},""]` {
		t.Errorf("the browser keeps %s", got)
	}
	for _, request := range v.Requests() {
		if strings.Contains(request.URL, "/_chat/") && !strings.Contains(request.URL, "/widget.js") {
			t.Errorf("the page asked for %s", request.URL)
		}
	}
	if browser.Eval[bool](v.Tab, `document.querySelector('parley-chat').contains(document.activeElement)`) {
		t.Error("the message has taken the focus")
	}
	card.Click()
	v.Find("dialog", "Chat with us")
	v.Focused("Message")
	v.HasText("Can we help?")
	v.Gone("button", "Close message")
	v.Say("Yes, please.")
	v.Sees("YES, PLEASE.")
	v.Wait(`performance.getEntriesByType('resource').some((r) => r.name.endsWith('/api/tag'))`)
	// The next page has it too, and no rule there comes into a conversation.
	v.Go(s.local + "/other")
	v.Find("dialog", "Chat with us")
	v.HasText("Can we help?")
	v.CloseChat()
	v.Go(s.local + "/shop/boots")
	v.Wait(`Parley.online !== undefined`)
	v.OpenChat()
	if got := browser.Eval[string](v.Tab, `heard.join()`); got != "" {
		t.Errorf("in a conversation, there was %s", got)
	}
}

// A message that was closed stays away, in the tab's next pages and in the others.
func TestRuleOnce(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	computer := browser.New(t)
	v := visitAs(computer, s, "", "/pricing")
	v.Find("button", "Close message").Click()
	v.Gone("button", "Can we help?")
	v.Go(s.local + "/other")
	v.Find("button", "Anything else?")
	v.Press("Escape")
	v.Gone("button", "Anything else?")
	for _, path := range []string{"/shop/boots", "/blog"} {
		v.Go(s.local + path)
	}
	v.Find("button", "Still reading?") // the third page of the session, by far
	second := visitAs(computer, s, "", "/pricing")
	second.Find("button", "Open chat")
	second.Go(s.local + "/long")
	second.Find("button", "Open chat")
	browser.Eval[any](second.Tab, `void scrollTo(0, 2000)`)
	second.Find("button", "So far!")
	if got := browser.Eval[string](second.Tab, matched); got != "prices,other,third,deep" {
		t.Errorf("the page reads that %s have matched", got)
	}
	if got := browser.Eval[string](second.Tab, `JSON.stringify({...localStorage})`); got != "{}" {
		t.Errorf("the browser keeps %s", got)
	}
}

// Each condition by itself, and what stands in its place where it does not hold.
func TestRuleConditions(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	for name, test := range map[string]struct {
		user, path string
		do         func(people.Visitor)
		want       string
	}{
		"scroll": {"", "/long", func(v people.Visitor) { browser.Eval[any](v.Tab, `void scrollTo(0, 2000)`) }, "So far!"},
		"exit": {"", "/cart", func(v people.Visitor) {
			v.Find("button", "Open chat")
			v.Leave()
		}, "Before you go"},
		"language":       {"", "/welcome", func(v people.Visitor) { browser.Eval[any](v.Tab, `void Parley.setLocale('de')`) }, "Können wir helfen?"},
		"other language": {"", "/welcome", nil, "Anything else?"},
		"field":          {"mia", "/account", nil, "Hi Mia, shall we renew?"},
		"other field":    {"max", "/account", nil, "Anything else?"},
		"nobody":         {"", "/account", nil, "Anything else?"},
		"application":    {"", "/?", func(v people.Visitor) { browser.Eval[any](v.Tab, `void history.pushState(null, '', '/shop/')`) }, "Can we help?"},
	} {
		t.Run(name, func(t *testing.T) {
			v := visitAs(browser.New(t), s, test.user, test.path)
			v.Wait(`window.Parley && !Array.isArray(Parley)`)
			if test.do != nil {
				test.do(v)
			}
			v.Find("button", test.want)
			v.Screenshot("rule-" + name)
		})
	}
}

// A rule may open the chat, which leaves the focus where it is, and on a telephone
// would cover the page: there it does not. What the visitor has closed does not come
// again as soon.
func TestRuleOpensTheChat(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	v := visitAs(browser.New(t), s, "", "/contact")
	v.Find("dialog", "Chat with us")
	if browser.Eval[bool](v.Tab, `document.querySelector('parley-chat').matches(':focus')`) {
		t.Error("the chat has taken the focus")
	}
	v.CloseChat()
	v.Wait(`JSON.parse(localStorage['parley-rules:shop']).contact <= Date.now()`)
	browser.Eval[any](v.Tab, `void sessionStorage.clear()`)
	v.Go(s.local + "/contact")
	v.Find("button", "Open chat")
	browser.Eval[any](v.Tab, `void history.pushState(null, '', '/other')`)
	v.Find("button", "Anything else?") // and so nothing before

	phone := people.Visitor{Tab: browser.New(t).Tab()}
	phone.Touch(390, 844)
	phone.Go(s.local + "/contact")
	phone.Wait(`window.Parley && !Array.isArray(Parley)`)
	browser.Eval[any](phone.Tab, `void history.pushState(null, '', '/other')`)
	phone.Find("button", "Anything else?").Until("in sight", inSight)
	phone.Screenshot("phone")
	phone.Dark()
	phone.Screenshot("dark phone")
	if got := browser.Eval[string](phone.Tab, `heard.join()`); got != "other" {
		t.Errorf("on a telephone there was %s", got)
	}
}

// The page may keep a rule's message to itself, and then has it to itself.
func TestRuleIsThePagesOwn(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	v := visitAs(browser.New(t), s, "", "/other?own")
	v.Wait(`heard.join() === 'other'`)
	browser.Eval[any](v.Tab, `void history.pushState(null, '', '/shop/?own')`)
	v.Wait(`heard.join() === 'other,prices'`)
	v.Gone("button", "Close message")
	// Nor does anything come where the page wants no button.
	v.Go(s.local + "/blog")
	browser.Eval[any](v.Tab, `void (Parley.hide(), history.pushState(null, '', '/blog/2'))`)
	v.Gone("button", "Open chat")
	browser.Eval[any](v.Tab, `void history.pushState(null, '', '/blog/3')`)
	v.Wait(`JSON.parse(sessionStorage['parley-rules:shop']).visits >= 4`) // /blog/2 may have been too short to be seen
	browser.Eval[any](v.Tab, `void Parley.show()`)
	v.Find("button", "Still reading?")
}

// A page that the browser brings back is one more that was seen; one that is loaded
// again is not.
func TestRuleCountsPages(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	v := visitAs(browser.New(t), s, "", "/blog")
	visits := func(n int) {
		t.Helper()
		v.Wait(fmt.Sprintf(`JSON.parse(sessionStorage['parley-rules:shop']).visits === %d`, n))
	}
	visits(1)
	v.Reload()
	v.Find("button", "Open chat")
	visits(1)
	v.Go(s.local + "/")
	visits(2)
	v.Back()
	visits(3)
	v.Find("button", "Still reading?")
}

// What is said to a person goes with them.
func TestRuleEndsWithTheSession(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	v := visitAs(browser.New(t), s, "mia", "/account")
	v.Find("button", "Hi Mia, shall we renew?").Click()
	v.Find("dialog", "Chat with us")
	v.HasText("Hi Mia, shall we renew?")
	v.CloseChat()
	browser.Eval[any](v.Tab, `void Parley.user.reset()`)
	v.Wait(`!sessionStorage['parley-rules:shop']`)
	v.Wait(`!document.cookie.includes('parley-')`)
	v.OpenChat()
	v.HasText("Hi, how can we help?")
	if strings.Contains(v.Transcript(), "Mia") {
		t.Errorf("after the logout the chat says %q", v.Transcript())
	}

	other := visitAs(browser.New(t), s, "mia", "/account")
	other.Find("button", "Hi Mia, shall we renew?")
	browser.Eval[any](other.Tab, `void Parley.user.reset()`)
	other.Gone("button", "Hi Mia, shall we renew?")
}

// A logout that only the server sees ends what is kept of a person too, in each tab,
// and the next one there begins anew.
func TestRulesForgetWhoHasLoggedOut(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	computer := browser.New(t)
	v := visitAs(computer, s, "mia", "/account")
	v.Find("button", "Hi Mia, shall we renew?")
	other := people.Visitor{Tab: computer.Tab()}
	other.Go(s.local + "/account")
	other.Find("button", "Anything else?") // the first was in the other tab
	v.Go(s.local + "/logout")
	if got := browser.Eval[string](v.Tab, matched); got != "" {
		t.Errorf("after the logout the page reads that %s have matched", got)
	}
	v.Wait(`(kept => kept.matched.length === 0 && !kept.session)(JSON.parse(sessionStorage['parley-rules:shop']))`)
	other.Gone("button", "Anything else?")
	browser.Eval[any](v.Tab, `void (document.cookie = 'user=max;path=/')`)
	v.Go(s.local + "/account")
	v.Find("button", "Anything else?")
	if got := browser.Eval[string](v.Tab, matched); got != "other" {
		t.Errorf("the next customer's page reads that %s have matched", got)
	}

	// Nor does a page that the browser brings back speak to who was there.
	again := visitAs(browser.New(t), s, "mia", "/account")
	again.Find("button", "Hi Mia, shall we renew?")
	again.Go(s.local + "/logout")
	browser.Eval[any](again.Tab, `void (document.cookie = 'user=;max-age=0;path=/')`)
	again.Back()
	again.Find("button", "Anything else?")
	if got := browser.Eval[string](again.Tab, matched); got != "other" {
		t.Errorf("the page that came back reads that %s have matched", got)
	}
}

// Where another person is signed in, with no logout between, nothing goes on either.
func TestRulesForgetWhoWasSignedInBefore(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	v := visitAs(browser.New(t), s, "max", "/account")
	v.Find("button", "Anything else?").Click()
	v.Find("dialog", "Chat with us")
	v.HasText("Anything else?")
	v.CloseChat()
	browser.Eval[any](v.Tab, `void (document.cookie = 'user=mia;path=/')`)
	v.Go(s.local + "/")
	if got := browser.Eval[string](v.Tab, matched); got != "" {
		t.Errorf("the next customer's page reads that %s have matched", got)
	}
	v.OpenChat()
	v.HasText("how can we help?")
	if strings.Contains(v.Transcript(), "Anything else?") {
		t.Errorf("the next customer's chat says %q", v.Transcript())
	}
	v.CloseChat()
	v.Go(s.local + "/other")
	v.Find("button", "Anything else?")
}

// Who signs in is who was there before.
func TestRulesGoOnAtTheSignIn(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	v := visitAs(browser.New(t), s, "", "/other")
	v.Find("button", "Anything else?")
	browser.Eval[any](v.Tab, `void (document.cookie = 'user=mia;path=/')`)
	v.Go(s.local + "/account")
	v.Find("button", "Hi Mia, shall we renew?")
	v.Reload()
	v.Wait(matched + ` === 'other,pro'`)
}

// Where the page wants no button, no message floats without one; and who was on a
// message that goes is on the button.
func TestRulesMessageGoes(t *testing.T) {
	s := startSite(t, shopRules, rulesShop{})
	v := visitAs(browser.New(t), s, "", "/pricing")
	v.Find("button", "Can we help?")
	v.TabTo("Close message")
	browser.Eval[any](v.Tab, `void history.pushState(null, '', '/other')`)
	v.Focused("Open chat")
	v.Find("button", "Anything else?")
	browser.Eval[any](v.Tab, `void Parley.hide()`)
	v.Gone("button", "Anything else?")
}

// A rule that opens the chat takes no focus for the form, though the visitor has had
// it, and closed it.
func TestRuleOpensTheForm(t *testing.T) {
	s, _ := startAlone(t, strings.TrimSuffix(askedBefore, "}")+`
	rule contact {
		path /contact
		open
	}
}`, rulesShop{})
	v := people.Visit(browser.New(t), s.local+"/")
	openForm(v)
	v.Focused("Name")
	v.Press("Escape")
	v.Focused("Open chat")
	browser.Eval[any](v.Tab, `void history.pushState(null, '', '/contact')`)
	name := v.Find("textbox", "Name")
	browser.Eval[any](v.Tab, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))`) // it is drawn
	v.Press("x")
	if got := name.Value(); got != "" {
		t.Errorf("the form has taken the focus, and %q", got)
	}
}

// Who has written and comes back later, with no answer yet, hears of it; who is still
// in the conversation does not.
func TestRuleForTheUnanswered(t *testing.T) {
	s, caddyfile, _ := planSite(t, shopRules, rulesShop{}) // and nobody at the desk
	s.Server = server.Start(t, t.TempDir(), caddyfile)
	v := visitAs(browser.New(t), s, "mia", "/")
	v.Say("Is anybody there?")
	v.CloseChat()
	v.Go(s.local + "/other")
	v.Wait(`Parley.online !== undefined`)
	v.OnEveryPage(`const now = Date.now; Date.now = () => now() + 3600_000`)
	v.Go(s.local + "/other")
	v.Find("button", "We have not forgotten you").Click()
	v.Sees("Is anybody there?")
	if got := browser.Eval[string](v.Tab, `(CV.api.hasActionRuleMatched((all) => window.all = all), window.all.join())`); got != "waiting" {
		t.Errorf("%s have matched", got)
	}
}
