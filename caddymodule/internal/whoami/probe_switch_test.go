package whoami_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/internal/caddytest"
)

// forwarded says hello with the name that a gateway in front has added.
func forwarded(b *caddytest.Browser, user string) caddytest.Frame {
	b.World.T.Helper()
	return with(b, "X-Forwarded-User", user)
}

// with says hello with one more header field.
func with(b *caddytest.Browser, name, value string) caddytest.Frame {
	b.World.T.Helper()
	r := b.Request(http.MethodPost, "/_chat/api/hello", []byte("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.World.URL)
	r.Header.Set(name, value)
	_, body := b.Do(r)
	var f caddytest.Frame
	if err := json.Unmarshal([]byte(body), &f); err != nil {
		b.World.T.Fatalf("hello: %q: %v", body, err)
	}
	return f
}

// Behind a gateway that names its visitors to the application, they may have no
// cookie and one address for all.
func TestAnswersAreKeptForWhomTheyWereAskedFor(t *testing.T) {
	w, _ := probed(t, always, caddytest.Deadline)
	if f := forwarded(w.Browser(), "mia"); f.Me.Firstname != "mia" {
		t.Fatalf("Mia is %+v", f)
	}
	if f := forwarded(w.Browser(), "jonas"); f.Me.Firstname != "jonas" {
		t.Fatalf("Jonas, at the same address, is %+v", f)
	}
	if f := w.Browser().Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
		t.Fatalf("whom the gateway does not name is %+v", f)
	}
}

// A page's own script signs out and in, with no redirect and no other cookie.
func TestWhatScriptsPostIsAskedAbout(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	r := b.Request(http.MethodPost, "/in?as=jonas", nil)
	r.Header.Set("Authorization", "Bearer of this request only")
	b.Do(r)
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Me.Firstname != "jonas" || f.Texts() != "" {
		t.Fatalf("after Jonas signed in: %+v", f)
	}
}

// An application may set a cookie anew that stays what it was.
func TestResponsesWithCookiesAreAskedAbout(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	b.Visit("/in?as=jonas&cookie")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Me.Firstname != "jonas" || f.Texts() != "" {
		t.Fatalf("after Jonas signed in: %+v", f)
	}
}

// The application's cookie itself names who is signed in, and another tab may
// ask with it before the browser has heard that it is to go.
func TestLogoutHoldsWhileTheOldCookieStillNamesSomebody(t *testing.T) {
	t.Cleanup(whoami.SetTimes(always, time.Millisecond, caddytest.Deadline))
	m := newMute()
	w := caddytest.NewWorld(t, m.ServeHTTP, strings.Replace(probeIdentity, "logout /out", "logout /leave", 1))
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		sid := "with " + method
		m.sign(sid, "mia")
		b := visitor(w, sid)
		b.Call("hello", "hello", caddytest.Obj{})
		b.Call("send", "ack", caddytest.Obj{"cid": "client-" + method, "text": "mia's"})
		b.Do(b.Request(method, "/leave", nil))
		b.Do(b.Request(http.MethodPost, "/count", nil)) // as scripts do all the time
		if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" || b.Token() != "" {
			t.Fatalf("after the logout by %s: %+v", method, f)
		}
		b.Do(b.Request(http.MethodPost, "/form?as=jonas", nil))
		if f := b.Call("hello", "hello", caddytest.Obj{}); f.Me.Firstname != "jonas" {
			t.Fatalf("after a new sign-in, with the same cookie: %+v", f)
		}
	}
}

// The answer that carried the new token got lost.
func TestSwitchByAKeptAnswerIsNotLost(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("hers", "mia")
	m.sign("his", "jonas")
	b := visitor(w, "hers")
	visitor(w, "his").Call("hello", "hello", caddytest.Obj{}) // the answer about him is kept
	b.Call("hello", "hello", caddytest.Obj{})
	old := b.Token()
	b.Cookie("sid", "his")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Me.Firstname != "jonas" {
		t.Fatalf("he is %+v", f)
	}
	b.SetToken("shop", old)
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Me.Firstname != "jonas" {
		t.Fatalf("with the token of before he is %+v", f)
	}
}

// A kept answer is older than the session that other cookies brought, but it is
// what there is about these.
func TestCookiesOfBeforeAreNotTakenForWhoCameSince(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("his", "jonas")
	m.sign("hers", "mia")
	b := visitor(w, "his")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Cookie("sid", "hers")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	hers := b.Token()
	visitor(w, "his").Call("hello", "hello", caddytest.Obj{})
	b.Cookie("sid", "his")
	b.SetToken("shop", hers)
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Texts() != "" {
		t.Fatalf("with Jonas's cookies: %+v", f)
	}
}

// While the application does not answer, nobody knows whose the new cookies are.
func TestOtherCookiesShowNothingUntilTheApplicationAnswers(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("one", "mia")
	m.sign("two", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	hers := b.Token()
	b.Cookie("sid", "two")
	m.answer(func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" || f.Texts() != "" {
		t.Fatalf("with other cookies: %+v", f)
	}
	if code := b.Hello("").CloseCode(); code != 4002 {
		t.Fatalf("the socket is closed with %d", code)
	}
	if _, f := b.Post("/_chat/api/earlier", caddytest.Obj{}); f.T == "earlier" {
		t.Fatalf("earlier messages: %+v", f)
	}
	// With the cookies of before, no answer changes nothing, after a reload too.
	b.Cookie("sid", "one")
	w.Load(w.Caddyfile("", probeIdentity+"\nexclude /print/*"))
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Texts() != "mia's" {
		t.Fatalf("with her cookies: %+v", f)
	}
	b.Cookie("sid", "two")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
		t.Fatalf("with other cookies, after a reload: %+v", f)
	}
	m.answer(nil)
	caddytest.Eventually(t, "her chat is there again", func() bool { return b.History("") == "mia's" })
	if b.Token() != hers {
		t.Fatal("her session had ended")
	}
}

// One address can't keep the application from being asked about others.
func TestOneAddressHasFewQuestionsUnderWay(t *testing.T) {
	t.Cleanup(whoami.SetTimes(always, time.Millisecond, caddytest.Deadline))
	m := newMute()
	w := caddytest.Prepare(t, m.ServeHTTP)
	w.Load(strings.Replace(w.Caddyfile("", probeIdentity), "persist_config off",
		"persist_config off\n	servers {\n		trusted_proxies static private_ranges\n	}", 1))
	w.Ready()
	m.sign("other", "jonas")
	before := m.count()
	release := m.hang()
	answered := make(chan caddytest.Frame, 20)
	var all sync.WaitGroup
	for i := range cap(answered) {
		all.Go(func() { answered <- with(visitor(w, fmt.Sprint(i)), "X-Forwarded-For", "203.0.113.9") })
	}
	caddytest.Eventually(t, "the application is asked", func() bool { return m.count() == before+8 })
	for range cap(answered) - 8 {
		<-answered
	}
	other := make(chan caddytest.Frame, 1)
	all.Go(func() { other <- with(visitor(w, "other"), "X-Forwarded-For", "203.0.113.10") })
	caddytest.Eventually(t, "the application is asked about another", func() bool { return m.count() == before+9 })
	release()
	if f := <-other; f.Me.Firstname != "jonas" {
		t.Errorf("the other is %+v", f)
	}
	all.Wait()
}

// A logout elsewhere at the same address forbids to believe what was asked
// before. The chat that it found open must not be told again and again.
func TestOpenChatIsNotToldAgainOfWhatCountsForNothing(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("two", "mia")
	b := visitor(w, "one")
	mark := b.StartChat("before")
	visitor(w, "two").Call("hello", "hello", caddytest.Obj{}) // the answer is kept
	visitor(w, "three").Call("reset", "reset", caddytest.Obj{})
	b.Cookie("sid", "two")
	if f := b.Call("hello", "hello", caddytest.Obj{"mark": mark}); f.Who != "anonymous" {
		t.Fatalf("it became %+v", f)
	}
	tab := b.Hello(mark)
	for range 50 {
		tab.Send(caddytest.Obj{"t": "here"})
		tab.Expect("ok")
	}
}
