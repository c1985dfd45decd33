package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/caddymodule"
)

// forwarded says hello with the name that a gateway in front has added.
func (b *browser) forwarded(user string) frame {
	b.w.t.Helper()
	return b.with("X-Forwarded-User", user)
}

// with says hello with one more header field.
func (b *browser) with(name, value string) frame {
	b.w.t.Helper()
	r := b.request(http.MethodPost, "/_chat/api/hello", []byte("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.w.url)
	r.Header.Set(name, value)
	_, body := b.do(r)
	var f frame
	if err := json.Unmarshal([]byte(body), &f); err != nil {
		b.w.t.Fatalf("hello: %q: %v", body, err)
	}
	return f
}

// Behind a gateway that names its visitors to the application, they may have no
// cookie and one address for all.
func TestAnswersAreKeptForWhomTheyWereAskedFor(t *testing.T) {
	w, _ := probed(t, always, deadline)
	if f := w.browser().forwarded("mia"); f.Me.Firstname != "mia" {
		t.Fatalf("Mia is %+v", f)
	}
	if f := w.browser().forwarded("jonas"); f.Me.Firstname != "jonas" {
		t.Fatalf("Jonas, at the same address, is %+v", f)
	}
	if f := w.browser().say("hello", "hello", obj{}); f.Who != "none" {
		t.Fatalf("whom the gateway does not name is %+v", f)
	}
}

// A page's own script signs out and in, with no redirect and no other cookie.
func TestWhatScriptsPostIsAskedAbout(t *testing.T) {
	w, m := probed(t, always, deadline)
	m.sign("one", "mia")
	b := w.visitor("one")
	b.say("hello", "hello", obj{})
	b.say("send", "ack", obj{"cid": "client-1", "text": "mia's"})
	r := b.request(http.MethodPost, "/in?as=jonas", nil)
	r.Header.Set("Authorization", "Bearer of this request only")
	b.do(r)
	if f := b.say("hello", "hello", obj{}); f.Me.Firstname != "jonas" || f.texts() != "" {
		t.Fatalf("after Jonas signed in: %+v", f)
	}
}

// An application may set a cookie anew that stays what it was.
func TestResponsesWithCookiesAreAskedAbout(t *testing.T) {
	w, m := probed(t, always, deadline)
	m.sign("one", "mia")
	b := w.visitor("one")
	b.say("hello", "hello", obj{})
	b.say("send", "ack", obj{"cid": "client-1", "text": "mia's"})
	b.visit("/in?as=jonas&cookie")
	if f := b.say("hello", "hello", obj{}); f.Me.Firstname != "jonas" || f.texts() != "" {
		t.Fatalf("after Jonas signed in: %+v", f)
	}
}

// The application's cookie itself names who is signed in, and another tab may
// ask with it before the browser has heard that it is to go.
func TestLogoutHoldsWhileTheOldCookieStillNamesSomebody(t *testing.T) {
	t.Cleanup(caddymodule.SetProbeTimes(always, time.Millisecond, deadline))
	m := newMute()
	w := newWorld(t, m.ServeHTTP, strings.Replace(probeIdentity, "logout /out", "logout /leave", 1))
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		sid := "with " + method
		m.sign(sid, "mia")
		b := w.visitor(sid)
		b.say("hello", "hello", obj{})
		b.say("send", "ack", obj{"cid": "client-" + method, "text": "mia's"})
		b.do(b.request(method, "/leave", nil))
		b.do(b.request(http.MethodPost, "/count", nil)) // as scripts do all the time
		if f := b.say("hello", "hello", obj{}); f.Who != "none" || b.token() != "" {
			t.Fatalf("after the logout by %s: %+v", method, f)
		}
		b.do(b.request(http.MethodPost, "/form?as=jonas", nil))
		if f := b.say("hello", "hello", obj{}); f.Me.Firstname != "jonas" {
			t.Fatalf("after a new sign-in, with the same cookie: %+v", f)
		}
	}
}

// The answer that carried the new token got lost.
func TestSwitchByAKeptAnswerIsNotLost(t *testing.T) {
	w, m := probed(t, always, deadline)
	m.sign("hers", "mia")
	m.sign("his", "jonas")
	b := w.visitor("hers")
	w.visitor("his").say("hello", "hello", obj{}) // the answer about him is kept
	b.say("hello", "hello", obj{})
	old := b.token()
	b.cookie("sid", "his")
	if f := b.say("hello", "hello", obj{}); f.Me.Firstname != "jonas" {
		t.Fatalf("he is %+v", f)
	}
	b.keep("shop", old)
	if f := b.say("hello", "hello", obj{}); f.Me.Firstname != "jonas" {
		t.Fatalf("with the token of before he is %+v", f)
	}
}

// A kept answer is older than the session that other cookies brought, but it is
// what there is about these.
func TestCookiesOfBeforeAreNotTakenForWhoCameSince(t *testing.T) {
	w, m := probed(t, always, deadline)
	m.sign("his", "jonas")
	m.sign("hers", "mia")
	b := w.visitor("his")
	b.say("hello", "hello", obj{})
	b.cookie("sid", "hers")
	b.say("hello", "hello", obj{})
	b.say("send", "ack", obj{"cid": "client-1", "text": "mia's"})
	hers := b.token()
	w.visitor("his").say("hello", "hello", obj{})
	b.cookie("sid", "his")
	b.keep("shop", hers)
	if f := b.say("hello", "hello", obj{}); f.texts() != "" {
		t.Fatalf("with Jonas's cookies: %+v", f)
	}
}

// While the application does not answer, nobody knows whose the new cookies are.
func TestOtherCookiesShowNothingUntilTheApplicationAnswers(t *testing.T) {
	w, m := probed(t, always, deadline)
	m.sign("one", "mia")
	m.sign("two", "mia")
	b := w.visitor("one")
	b.say("hello", "hello", obj{})
	b.say("send", "ack", obj{"cid": "client-1", "text": "mia's"})
	hers := b.token()
	b.cookie("sid", "two")
	m.answer(func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	if f := b.say("hello", "hello", obj{}); f.Who != "none" || f.texts() != "" {
		t.Fatalf("with other cookies: %+v", f)
	}
	if code := b.hello("").closed(); code != 4002 {
		t.Fatalf("the socket is closed with %d", code)
	}
	if _, f := b.post("/_chat/api/earlier", obj{}); f.T == "earlier" {
		t.Fatalf("earlier messages: %+v", f)
	}
	// With the cookies of before, no answer changes nothing, after a reload too.
	b.cookie("sid", "one")
	w.load(w.caddyfile("", probeIdentity+"\nexclude /print/*"))
	if f := b.say("hello", "hello", obj{}); f.texts() != "mia's" {
		t.Fatalf("with her cookies: %+v", f)
	}
	b.cookie("sid", "two")
	if f := b.say("hello", "hello", obj{}); f.Who != "none" {
		t.Fatalf("with other cookies, after a reload: %+v", f)
	}
	m.answer(nil)
	eventually(t, "her chat is there again", func() bool { return b.history("") == "mia's" })
	if b.token() != hers {
		t.Fatal("her session had ended")
	}
}

// One address can't keep the application from being asked about others.
func TestOneAddressHasFewQuestionsUnderWay(t *testing.T) {
	t.Cleanup(caddymodule.SetProbeTimes(always, time.Millisecond, deadline))
	m := newMute()
	w := prepare(t, m.ServeHTTP)
	w.load(strings.Replace(w.caddyfile("", probeIdentity), "persist_config off",
		"persist_config off\n	servers {\n		trusted_proxies static private_ranges\n	}", 1))
	w.ready()
	m.sign("other", "jonas")
	before := m.count()
	release := m.hang()
	answered := make(chan frame, 20)
	var all sync.WaitGroup
	for i := range cap(answered) {
		all.Go(func() { answered <- w.visitor(fmt.Sprint(i)).with("X-Forwarded-For", "203.0.113.9") })
	}
	eventually(t, "the application is asked", func() bool { return m.count() == before+8 })
	for range cap(answered) - 8 {
		<-answered
	}
	other := make(chan frame, 1)
	all.Go(func() { other <- w.visitor("other").with("X-Forwarded-For", "203.0.113.10") })
	eventually(t, "the application is asked about another", func() bool { return m.count() == before+9 })
	release()
	if f := <-other; f.Me.Firstname != "jonas" {
		t.Errorf("the other is %+v", f)
	}
	all.Wait()
}

// A logout elsewhere at the same address forbids to believe what was asked
// before. The chat that it found open must not be told again and again.
func TestOpenChatIsNotToldAgainOfWhatCountsForNothing(t *testing.T) {
	w, m := probed(t, always, deadline)
	m.sign("two", "mia")
	b := w.visitor("one")
	mark := b.start("before")
	w.visitor("two").say("hello", "hello", obj{}) // the answer is kept
	w.visitor("three").say("reset", "reset", obj{})
	b.cookie("sid", "two")
	if f := b.say("hello", "hello", obj{"mark": mark}); f.Who != "anonymous" {
		t.Fatalf("it became %+v", f)
	}
	tab := b.hello(mark)
	for range 50 {
		tab.say(obj{"t": "here"})
		tab.expect("ok")
	}
}
