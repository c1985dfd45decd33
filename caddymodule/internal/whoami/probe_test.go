package whoami_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/internal/caddytest"
)

// mute is an application that says nowhere but at /api/me who is signed in, and
// knows its visitors by a cookie whose value stays the same at sign-in and out.
type mute struct {
	mu    sync.Mutex
	users map[string]string // by the cookie sid
	asked []*http.Request
	hold  chan struct{} // answers to /api/me wait until it is closed
	raw   func(http.ResponseWriter)
}

func newMute() *mute { return &mute{users: map[string]string{}} }

func (m *mute) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sid := ""
	if c, err := r.Cookie("sid"); err == nil {
		sid = c.Value
	}
	if user := r.Header.Get("X-Forwarded-User"); user != "" {
		sid = "of " + user
		m.sign(sid, user)
	}
	switch r.URL.Path {
	case "/in":
		m.sign(sid, r.URL.Query().Get("as"))
		if r.URL.Query().Has("cookie") {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: sid, Path: "/"})
		}
	case "/form":
		m.sign(sid, r.URL.Query().Get("as"))
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	case "/out":
		m.sign(sid, "")
	case "/api/me", "/v2/me":
		m.me(w, r, sid)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, "<!doctype html><title>Mute</title><p>page")
}

func (m *mute) sign(sid, user string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.users[sid] = user
}

func (m *mute) me(w http.ResponseWriter, r *http.Request, sid string) {
	m.mu.Lock()
	user, hold, raw := m.users[sid], m.hold, m.raw
	m.asked = append(m.asked, r)
	m.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case raw != nil:
		raw(w)
	case user == "":
		// As MediaWiki answers who is not signed in.
		fmt.Fprint(w, `{"query":{"user":{"id":0,"name":"192.0.2.1","anon":true}}}`)
	default:
		w.Header().Set("Set-Cookie", "app=rolled; Path=/")
		fmt.Fprintf(w, `{"query":{"user":{"id":%d,"name":%q,"email":%q,"groups":["vip","trade"],"plan":{"name":"plus"}}}}`,
			len(user)*1000+int(user[0]), user, user+"@example.com")
	}
}

// answer has /api/me answer otherwise; nil as it should.
func (m *mute) answer(raw func(http.ResponseWriter)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raw = raw
}

// hang has /api/me wait until the function returned is called.
func (m *mute) hang() (release func()) {
	hold := make(chan struct{})
	m.mu.Lock()
	m.hold = hold
	m.mu.Unlock()
	return func() {
		m.mu.Lock()
		m.hold = nil
		m.mu.Unlock()
		close(hold)
	}
}

func (m *mute) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}

const probeIdentity = `
	site shop
	identity {
		probe /api/me {
			id .query.user.id
			email .query.user.email
			firstname .query.user.name
			labels .query.user.groups
			field plan .query.user.plan.name
		}
	}
	logout /out
`

// heartbeat is how often sockets are checked where a test waits for that.
const heartbeat = time.Second / 4

// always is how long an answer counts where a test is not about that.
const always = time.Hour

// probed is a world whose application is asked, with the times given.
func probed(t *testing.T, every, patience time.Duration) (*caddytest.World, *mute) {
	t.Helper()
	t.Cleanup(whoami.SetTimes(every, 5*time.Millisecond, patience))
	m := newMute()
	return caddytest.NewWorld(t, m.ServeHTTP, probeIdentity), m
}

// visitor is a browser that the application knows by this cookie.
func visitor(w *caddytest.World, sid string) *caddytest.Browser {
	b := w.Browser()
	b.Cookie("sid", sid)
	return b
}

func TestWhoTheApplicationNamesSeesTheirHistoryOnEveryDevice(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("laptop", "mia")
	m.sign("phone", "mia")
	m.sign("other", "jonas")
	laptop, phone, other := visitor(w, "laptop"), visitor(w, "phone"), visitor(w, "other")
	f := laptop.Call("hello", "hello", caddytest.Obj{})
	if f.Who != "person" || f.Me.Firstname != "mia" || f.Me.Email != "mia@example.com" {
		t.Fatalf("the laptop's hello: %+v", f)
	}
	laptop.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "from the laptop"})
	if got := phone.History(""); got != "from the laptop" {
		t.Fatalf("the phone shows %q", got)
	}
	if got := other.History(""); got != "" {
		t.Fatalf("someone else sees %q", got)
	}
	_, desk := w.Desk()
	desk.Send(caddytest.Obj{"t": "inbox"})
	p := desk.Expect("inbox").Conversations[0].Profile
	if p.ID != "3109" || strings.Join(p.Labels, " ") != "vip trade" || p.Fields["plan"] != "plus" {
		t.Fatalf("agents see %+v", p)
	}
}

func TestWhomTheApplicationDoesNotNameIsAnonymous(t *testing.T) {
	w, _ := probed(t, always, caddytest.Deadline)
	a, b := visitor(w, "a"), visitor(w, "b")
	mark := a.StartChat("hello")
	if got := a.History(mark); got != "hello" {
		t.Fatalf("the tab sees %q", got)
	}
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" || b.Token() != "" {
		t.Fatalf("id 0 with an anon flag was taken for somebody: %+v", f)
	}
}

func TestSignInIsSeenAndClaimsTheAnonymousChat(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	b := visitor(w, "one")
	mark := b.StartChat("before")
	anonymous := b.Token()
	// The form's answer redirects, and the application's cookie stays as it is.
	b.Do(b.Request(http.MethodPost, "/form?as=mia", nil))
	if got := b.History(mark); got != "before" {
		t.Fatalf("after the sign-in: %q", got)
	}
	if b.Token() == anonymous {
		t.Fatal("the token did not change")
	}
	if got := b.Call("hello", "hello", caddytest.Obj{}); got.Who != "person" || got.Texts() != "before" {
		t.Fatalf("it was not claimed: %+v", got)
	}
	if m.count() > 4 { // one of them to see that the server is ready
		t.Fatalf("the application was asked %d times", m.count())
	}
}

func TestChangedCookiesAreAskedAboutAtOnce(t *testing.T) {
	for name, c := range map[string]struct{ next, who, sees string }{
		"nobody":        {"", "none", ""},
		"somebody else": {"jonas", "person", ""},
		"the same":      {"mia", "person", "mia's"},
	} {
		t.Run(name, func(t *testing.T) {
			w, m := probed(t, always, caddytest.Deadline)
			m.sign("first", "mia")
			m.sign("second", c.next)
			b := visitor(w, "first")
			b.Call("hello", "hello", caddytest.Obj{})
			b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
			tab, old := b.Hello(""), b.Token()
			b.Cookie("sid", "second")
			if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != c.who || f.Texts() != c.sees {
				t.Fatalf("with other cookies: %+v", f)
			}
			if c.next == "mia" {
				return
			}
			tab.Expect("reset")
			thief := visitor(w, "second")
			thief.SetToken("shop", old)
			if f := thief.Call("hello", "hello", caddytest.Obj{}); f.Texts() != "" {
				t.Fatalf("the old token still opens %+v", f)
			}
		})
	}
}

// With the same cookies, a sign-out that passes no logout route is found when
// the application is asked again.
func TestSignOutInTheApplicationEndsTheIdentity(t *testing.T) {
	w, m := probed(t, 30*time.Millisecond, caddytest.Deadline)
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	m.sign("one", "")
	caddytest.Eventually(t, "the history is gone", func() bool { return b.Call("hello", "hello", caddytest.Obj{}).Texts() == "" })
	if b.Token() != "" {
		t.Fatal("a token is left")
	}
}

// Who says nothing any more loses the right to an open chat, and finds out when
// they ask for it.
func TestOpenChatLearnsOfTheSignOut(t *testing.T) {
	t.Cleanup(caddytest.SetHeartbeat(heartbeat))
	w, m := probed(t, 30*time.Millisecond, caddytest.Deadline)
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	one, other := b.Hello(""), b.Hello("")
	m.sign("one", "")
	one.Expect("again")
	if code := one.CloseCode(); code != 4005 {
		t.Fatalf("closed with %d", code)
	}
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
		t.Fatalf("asked again: %+v", f)
	}
	other.Until("the end", func(f caddytest.Frame) bool { return f.T == "reset" || f.T == "again" })
}

func TestOpenAnonymousChatLearnsOfTheSignIn(t *testing.T) {
	w, m := probed(t, 30*time.Millisecond, caddytest.Deadline)
	b := visitor(w, "one")
	mark := b.StartChat("before")
	tab := b.Hello(mark)
	m.sign("one", "mia")
	caddytest.Eventually(t, "the tab says hello and is somebody", func() bool {
		return b.Call("hello", "hello", caddytest.Obj{"mark": mark}).Who == "person"
	})
	tab.Expect("again")
	if got := b.Call("hello", "hello", caddytest.Obj{"mark": mark}); got.Who != "person" || got.Texts() != "before" {
		t.Fatalf("asked again: %+v", got)
	}
}

func TestAnswersThatSayNothingChangeNothing(t *testing.T) {
	status := func(code int, body string, header ...string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	nobody := `{"query":{"user":{"id":0}}}`
	w, m := probed(t, time.Millisecond, caddytest.Deadline)
	for name, c := range map[string]struct {
		raw  func(http.ResponseWriter)
		ends bool
	}{
		"500":                  {raw: status(500, nobody)},
		"503":                  {raw: status(503, "")},
		"404":                  {raw: status(404, "{}")},
		"a redirect":           {raw: status(302, "", "Location", "/login")},
		"HTML":                 {raw: status(200, "<!doctype html><title>App</title>")},
		"half a document":      {raw: status(200, `{"query":`)},
		"two documents":        {raw: status(200, nobody+nobody)},
		"nothing at all":       {raw: status(200, "")},
		"too much":             {raw: status(200, `{"x":"`+strings.Repeat("x", 70<<10)+`"}`)},
		"from a cache":         {raw: status(200, nobody, "Age", "1")},
		"for caches":           {raw: status(200, nobody, "Cache-Control", "public, max-age=60")},
		"in a coding":          {raw: status(200, nobody, "Content-Encoding", "br")},
		"broken off":           {raw: func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99"); fmt.Fprint(w, "{") }},
		"401":                  {raw: status(401, ""), ends: true},
		"403":                  {raw: status(403, "<p>no"), ends: true},
		"204":                  {raw: status(204, ""), ends: true},
		"no id":                {raw: status(200, `{"query":{}}`), ends: true},
		"null":                 {raw: status(200, "null"), ends: true},
		"an id that is object": {raw: status(200, `{"query":{"user":{"id":{}}}}`), ends: true},
		"a word for nobody":    {raw: status(200, `{"query":{"user":{"id":"Anonymous"}}}`), ends: true},
		"a truth for an id":    {raw: status(200, `{"query":{"user":{"id":true}}}`), ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			sid := strings.ReplaceAll(name, " ", "-")
			m.answer(nil)
			m.sign(sid, "mia")
			b := visitor(w, sid)
			b.Call("hello", "hello", caddytest.Obj{})
			if b.Token() == "" {
				t.Fatal("not signed in")
			}
			m.answer(c.raw)
			if c.ends {
				caddytest.Eventually(t, "the identity ends", func() bool { return b.Call("hello", "hello", caddytest.Obj{}).Who == "none" })
				return
			}
			// The kept answer is too old by the second question at the latest.
			for before := m.count(); m.count() < before+2; {
				if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
					t.Fatalf("it became %+v", f)
				}
			}
		})
	}
}

func TestHangingProbeDelaysNoPage(t *testing.T) {
	w, m := probed(t, time.Millisecond, 300*time.Millisecond)
	m.sign("one", "mia")
	b := visitor(w, "one")
	caddytest.Eventually(t, "there is an answer in time", func() bool { return b.Call("hello", "hello", caddytest.Obj{}).Who == "person" })
	release := m.hang()
	asked := m.count()
	hello := make(chan string, 1)
	go func() { hello <- visitor(w, "two").Call("hello", "hello", caddytest.Obj{}).Who }()
	caddytest.Eventually(t, "the application is asked", func() bool { return m.count() > asked })
	if resp, body := b.Visit("/"); resp.StatusCode != 200 || !strings.Contains(body, "widget.js") {
		t.Fatalf("the page: %d %s", resp.StatusCode, body)
	}
	// No answer changes nothing, for whoever was signed in and whoever was not.
	if who := <-hello; who != "none" {
		t.Fatalf("without an answer: %s", who)
	}
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
		t.Fatalf("without an answer: %+v", f)
	}
	release()
	if n := w.Logged("warn", "does not say who is signed in", "none in time"); n != 1 {
		t.Fatalf("logged %d times, want once", n)
	}
}

func TestManyTabsAreOneQuestion(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("one", "mia")
	before := m.count()
	release := m.hang()
	b := visitor(w, "one")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
				t.Errorf("a tab is %s", f.Who)
			}
		})
	}
	caddytest.Eventually(t, "the application is asked", func() bool { return m.count() > before })
	release()
	all.Wait()
	for range 3 {
		b.Hello("")
	}
	if n := m.count() - before; n != 1 {
		t.Fatalf("the application was asked %d times", n)
	}
}

func TestLogoutBeatsAnAnswerThatWasAskedForBefore(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Cookie("other", "changed") // so that it is asked anew
	release := m.hang()
	slow := make(chan caddytest.Frame, 1)
	asked := m.count()
	go func() { slow <- b.Call("hello", "hello", caddytest.Obj{}) }()
	caddytest.Eventually(t, "the application is asked", func() bool { return m.count() > asked })
	b.Visit("/out")
	release()
	if f := <-slow; f.Who != "none" || f.Texts() != "" {
		t.Fatalf("the slow answer brought back %+v", f)
	}
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" || b.Token() != "" {
		t.Fatalf("after the logout: %+v", f)
	}
	b.Visit("/in?as=mia")
	b.Cookie("other", "again")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
		t.Fatalf("after a new sign-in: %+v", f)
	}
}

// A page that resets the chat is about to sign out, or just has.
func TestResetHoldsWhileTheApplicationStillNamesSomebody(t *testing.T) {
	w, m := probed(t, always, caddytest.Deadline)
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	b.Cookie("other", "x") // no answer is kept for these: it would be asked
	b.Call("reset", "reset", caddytest.Obj{})
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" || f.Texts() != "" {
		t.Fatalf("after a reset: %+v", f)
	}
	m.sign("two", "mia")
	b.Cookie("sid", "two")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
		t.Fatalf("after the next sign-in: %+v", f)
	}
}

func TestQuestionIsTheBrowsersOwnAndNoVisit(t *testing.T) {
	t.Cleanup(whoami.SetTimes(always, time.Millisecond, caddytest.Deadline))
	m := newMute()
	w := caddytest.Prepare(t, m.ServeHTTP)
	caddyfile := strings.Replace(w.Caddyfile("", probeIdentity), "chat_console {", "log\n	rewrite /api/me /v2/me\n	chat_console {", 1)
	w.Load(caddyfile)
	w.Ready()
	asked := m.count()
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Agent = "a browser"
	b.StartChat("hello") // the second question has a token to hide
	b.Cookie("other", "x")
	r := b.Request(http.MethodPost, "/_chat/api/hello", []byte("{}"))
	for k, v := range map[string]string{"Content-Type": "application/json", "Origin": w.URL, "If-None-Match": `"x"`, "Range": "bytes=0-1",
		"Accept-Language": "sv", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Uri": "/secret", "Referer": w.URL + "/secret"} {
		r.Header.Set(k, v)
	}
	resp, _ := b.Do(r)
	if m.count() != asked+2 {
		t.Fatalf("asked %d times", m.count()-asked)
	}
	got := m.asked[len(m.asked)-1]
	if got.Method != http.MethodGet || got.URL.Path != "/v2/me" || got.Host != w.Addr || got.ContentLength > 0 {
		t.Errorf("asked %s %s of %s", got.Method, got.URL, got.Host)
	}
	if cookie := got.Header.Get("Cookie"); strings.Contains(cookie, "parley") || !strings.Contains(cookie, "sid=one") || !strings.Contains(cookie, "other=x") {
		t.Errorf("with the cookies %q", cookie)
	}
	for k, want := range map[string]string{"Accept": "application/json", "Accept-Language": "sv", "User-Agent": "a browser",
		"If-None-Match": "", "Range": "", "Referer": "", "Content-Type": "", "Origin": "", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Uri": ""} {
		if got.Header.Get(k) != want {
			t.Errorf("with %s: %q, want %q", k, got.Header.Get(k), want)
		}
	}
	for _, c := range resp.Cookies() {
		if !strings.HasPrefix(c.Name, "parley-") {
			t.Errorf("the browser got %s", c.Raw)
		}
	}
	caddytest.Eventually(t, "the access log has the hello", func() bool { return w.Logged("http.log.access", "/api/hello") > 0 })
	if n := w.Logged("/v2/me") + w.Logged("http.log.access", "/api/me"); n > 0 {
		t.Errorf("the access log has %d questions", n)
	}
}

func TestReloadEndsQuestionsAndOpenChatsComeBack(t *testing.T) {
	t.Cleanup(caddytest.SetHeartbeat(heartbeat))
	w, m := probed(t, 30*time.Millisecond, caddytest.Deadline)
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	tab := b.Hello("")
	release := m.hang()
	defer release()
	asked := m.count()
	var hellos sync.WaitGroup
	defer hellos.Wait()
	hellos.Go(func() {
		for m.count() == asked { // until the kept answer is too old
			b.Post("/_chat/api/hello", caddytest.Obj{})
		}
	})
	caddytest.Eventually(t, "the application is asked", func() bool { return m.count() > asked })
	last := func() context.Context {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.asked[len(m.asked)-1].Context()
	}()
	w.Load(w.Caddyfile("", probeIdentity+"\nexclude /print/*"))
	select {
	case <-last.Done():
	case <-time.After(caddytest.Deadline):
		t.Fatal("the question goes on")
	}
	tab.Expect("again")
}

func TestInScopeLoginNobodyEndsNothing(t *testing.T) {
	t.Cleanup(whoami.SetTimes(time.Millisecond, time.Millisecond, caddytest.Deadline))
	m := newMute()
	w := caddytest.NewWorld(t, m.ServeHTTP, strings.Replace(probeIdentity, "identity {", "identity {\nscope login", 1))
	m.sign("one", "mia")
	b := visitor(w, "one")
	b.Call("hello", "hello", caddytest.Obj{})
	m.sign("one", "")
	for before := m.count(); m.count() < before+2; {
		if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
			t.Fatalf("it became %+v", f)
		}
	}
}

// Pages of such an application never name anybody, which means nothing.
func TestPagesSayNothingWhereTheApplicationIsAsked(t *testing.T) {
	for _, scope := range []string{"auto", "every_page"} {
		t.Run(scope, func(t *testing.T) {
			t.Cleanup(whoami.SetTimes(always, time.Millisecond, caddytest.Deadline))
			m := newMute()
			w := caddytest.NewWorld(t, m.ServeHTTP, strings.Replace(probeIdentity, "identity {", "identity {\nscope "+scope, 1))
			m.sign("one", "mia")
			b := visitor(w, "one")
			b.Call("hello", "hello", caddytest.Obj{})
			b.Visit("/")
			if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
				t.Fatalf("a page ended it: %+v", f)
			}
		})
	}
}
