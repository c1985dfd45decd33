package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// A site that says nothing of it has the widget's own title and greeting.
// Its script may call the chat before that is there, and read how it stands.
func TestTitleAndGreetingByDefault(t *testing.T) {
	const script = `<script>
		window.heard = []
		window.Parley = window.Parley || []
		Parley.push(['nonsense'], ['on', 'online', (on) => heard.push('online ' + on)])
		Parley.push(['on', 'open', () => heard.push('open')], ['user.tag', { additionalTaggingData: { plan: 'plus' } }], ['ready', () => heard.push('ready')], ['open'])
		window.early = Array.isArray(Parley)
	</script>`
	s := startSite(t, "", pages{"/": page("<title>Shop</title>", "<p>Shop"), "/early": page("<title>Early</title>"+script, "<p>Early")})
	v := people.Visit(browser.New(t), s.local+"/")
	if got := browser.Eval[string](v.Tab, `[Parley.isOpen, Parley.unread, Parley.online].join()`); got != "false,0," {
		t.Errorf("before the chat is opened, the page reads %s", got)
	}
	v.OpenChat()
	v.Find("dialog", "Chat with us")
	v.HasText("Hi, how can we help?")

	early := people.Visitor{Tab: browser.New(t).Tab()}
	early.AllowProblem("nonsense")
	early.AllowProblem("is not a function")
	early.Go(s.local + "/early")
	early.Wait(`heard.includes('online true')`)
	if got := browser.Eval[string](early.Tab, `heard.sort().join() + ' ' + [Parley.isOpen, Parley.unread, Parley.online].join()`); got != "online true,open,ready true,0,true" {
		t.Errorf("the page heard and reads %s", got)
	}
	early.Say("One.")
	early.Wait(`performance.getEntriesByType('resource').some((r) => r.name.endsWith('/api/tag'))`)
	browser.Eval[bool](early.Tab, `(Parley.push(['close']), true)`)
	early.Wait(`!Parley.isOpen`)
}
