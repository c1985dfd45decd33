package caddymodule_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"pgregory.net/rapid"
)

// This file is a model of who may read what, and a test that goes through
// random histories of three computers with it: after each step it asks the real
// server, by every way there is, and what is shown must be exactly what the
// model allows. The model knows nothing of how the server does it.

// sequences is how many random histories are gone through, so that the tests
// stay short; PARLEY_SEQUENCES sets another number, such as 2000.
const sequences = "100"

// modelSession is what one cookie opens.
type modelSession struct {
	person string   // empty while anonymous
	tokens []string // all that were ever seen of it
	ended  bool
	heir   *modelSession // the session of the login that ended it
}

// modelMark is an anonymous conversation.
type modelMark struct {
	session *modelSession
	texts   []string
	claimed bool
}

// computer is a browser with what its user and its tabs do.
type computer struct {
	*browser
	user    string // who is signed in at the application
	session *modelSession
	tabs    []*tab
	slow    []*slowPage
}

// tab holds its mark as the widget does: until the chat is reset.
type tab struct{ mark string }

// slowPage is a page that the application has not answered yet.
type slowPage struct{ release, done chan struct{} }

// model is one history.
type model struct {
	w         *world
	t         *rapid.T
	app       *slowApp
	run       int
	computers []*computer
	people    map[string][]string
	marks     map[string]*modelMark
	dead      []string // tokens that open nothing any more
	count     int
}

// slowApp is the shop, with pages that wait to be released.
type slowApp struct{ waiting chan *slowPage }

func (a *slowApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		p := &slowPage{release: make(chan struct{})}
		a.waiting <- p
		<-p.release
	}
	shop(w, r)
}

func TestWhoMayReadWhat(t *testing.T) {
	n := os.Getenv("PARLEY_SEQUENCES")
	if n == "" {
		n = sequences
	}
	for name, value := range map[string]string{"rapid.checks": n, "rapid.steps": "15", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	app := &slowApp{waiting: make(chan *slowPage)}
	w := newWorld(t, app.ServeHTTP, shopIdentity)
	run, steps := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := &model{w: w, t: rt, app: app, run: run, people: map[string][]string{}, marks: map[string]*modelMark{}}
		defer m.releaseAll()
		for range 3 {
			m.computers = append(m.computers, &computer{browser: m.fresh(), tabs: []*tab{{}}})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"":         func(*rapid.T) { steps++; m.check(m.any()) },
			"visit":    func(*rapid.T) { m.visit(m.any(), "/") },
			"login":    func(*rapid.T) { m.login(m.any()) },
			"logout":   func(*rapid.T) { m.logout(m.any()) },
			"reset":    func(*rapid.T) { m.reset(m.any()) },
			"expire":   func(*rapid.T) { m.appExpires(m.any()) },
			"write":    func(*rapid.T) { m.write(m.any()) },
			"write2":   func(*rapid.T) { m.write(m.any()) },
			"openTab":  func(*rapid.T) { m.openTab(m.any()) },
			"closeTab": func(*rapid.T) { m.closeTab(m.any()) },
			"restart":  func(*rapid.T) { m.restart(m.any()) },
			"slow":     func(*rapid.T) { m.slow(m.any()) },
			"release":  func(*rapid.T) { m.release(m.any()) },
			"replay":   func(*rapid.T) { m.replay() },
			"forge":    func(*rapid.T) { m.forge(m.any()) },
			"server":   func(*rapid.T) { m.server() },
		})
		for _, c := range m.computers {
			m.check(c)
		}
	})
	t.Logf("%d histories, %d steps", run, steps)
}

// fresh is a browser that has never been here. Each says that it is another
// program: two that look the same, behind one address, may join one session.
func (m *model) fresh() *browser {
	b := m.w.browser()
	m.count++
	b.agent = fmt.Sprintf("browser %d of %d", m.count, m.run)
	return b
}

func (m *model) any() *computer {
	return m.computers[rapid.IntRange(0, len(m.computers)-1).Draw(m.t, "computer")]
}

func (m *model) tab(c *computer) *tab {
	return c.tabs[rapid.IntRange(0, len(c.tabs)-1).Draw(m.t, "tab")]
}

// person is one of two people of this history.
func (m *model) person() string {
	return fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"anna", "bert"}).Draw(m.t, "person"), m.run)
}

// visit navigates to a page of the application.
func (m *model) visit(c *computer, path string) {
	c.browser.visit(path)
	m.seen(c)
}

// seen is what the evidence of a page that has come means.
func (m *model) seen(c *computer) {
	s := c.session
	switch {
	case c.user == "":
		if s != nil && s.person != "" {
			m.end(c, nil)
		}
		return
	case s == nil:
		c.session = &modelSession{person: c.user}
	case s.person == "":
		next := &modelSession{person: c.user}
		m.end(c, next)
		c.session = next
	case s.person != c.user:
		m.end(c, nil)
		c.session = &modelSession{person: c.user}
	}
	m.noteToken(c)
}

// end ends a computer's session, by the login that heir is, or for good; then
// all its tabs are reset.
func (m *model) end(c *computer, heir *modelSession) {
	s := c.session
	s.ended, s.heir = true, heir
	m.dead = append(m.dead, s.tokens...)
	c.session = nil
	if heir == nil {
		for _, t := range c.tabs {
			t.mark = ""
		}
	}
}

func (m *model) noteToken(c *computer) {
	token := c.token()
	if token == "" {
		m.t.Fatalf("%s has a session and no cookie", c.agent)
	}
	if slices.Contains(m.dead, token) {
		m.t.Fatalf("%s was given a token that had ended", c.agent)
	}
	if !slices.Contains(c.session.tokens, token) {
		c.session.tokens = append(c.session.tokens, token)
	}
}

func (m *model) login(c *computer) {
	c.user = m.person()
	m.visit(c, "/in?as="+c.user)
}

func (m *model) logout(c *computer) {
	c.user = ""
	c.browser.visit("/out")
	m.out(c)
}

// reset is what Parley.user.reset() does: the application knows nothing of it.
func (m *model) reset(c *computer) {
	c.say("reset", "reset", obj{"mark": m.tab(c).mark})
	m.out(c)
}

func (m *model) out(c *computer) {
	if c.session != nil {
		m.end(c, nil)
	}
	if token := c.token(); token != "" {
		m.t.Fatalf("%s keeps a cookie after it has logged out", c.agent)
	}
}

// appExpires is the application's own session, gone without a logout.
func (m *model) appExpires(c *computer) {
	c.user = ""
	c.cookie("shop", "")
}

func (m *model) write(c *computer) {
	t := m.tab(c)
	m.count++
	text := fmt.Sprintf("text %d of %d", m.count, m.run)
	s := c.session
	if s == nil || s.person == "" {
		hello := c.say("start", "hello", obj{"mark": t.mark})
		if s == nil {
			s = &modelSession{}
			c.session = s
		}
		m.noteToken(c)
		if hello.Mark != t.mark {
			t.mark = hello.Mark
			m.marks[t.mark] = &modelMark{session: s}
		}
	}
	m.look(c, t) // whatever the tab's mark brings, before what is written now
	c.say("send", "ack", obj{"mark": t.mark, "cid": fmt.Sprintf("client-%d-%d", m.run, m.count), "text": text})
	if s.person != "" {
		m.people[s.person] = append(m.people[s.person], text)
		return
	}
	k := m.marks[t.mark]
	k.texts = append(k.texts, text)
}

// openTab opens one more: it gets the mark of the others, if one has any.
func (m *model) openTab(c *computer) {
	next := &tab{}
	for _, t := range c.tabs {
		if t.mark != "" {
			next.mark = t.mark
		}
	}
	c.tabs = append(c.tabs, next)
}

// closeTab closes one; with the last the window is gone, and a new one is opened.
func (m *model) closeTab(c *computer) {
	i := rapid.IntRange(0, len(c.tabs)-1).Draw(m.t, "tab")
	if c.tabs = slices.Delete(c.tabs, i, i+1); len(c.tabs) == 0 {
		c.tabs = []*tab{{}}
	}
}

// restart ends the browser and starts it again: cookies of the session are gone.
func (m *model) restart(c *computer) {
	m.releaseOf(c)
	c.browser, c.user, c.session, c.tabs = m.fresh(), "", nil, []*tab{{}}
}

// slow asks for a page that will say some time later who is signed in now.
func (m *model) slow(c *computer) {
	signedIn := ""
	if c.session != nil {
		signedIn = c.session.person
	}
	if c.user != signedIn || len(c.slow) > 1 {
		return
	}
	r := c.request(http.MethodGet, "/slow", nil)
	r.Header.Set("Accept", "text/html")
	done := make(chan struct{})
	b := c.browser
	go func() {
		defer close(done)
		b.do(r)
	}()
	p := <-m.app.waiting
	p.done = done
	c.slow = append(c.slow, p)
}

// release lets the answers come. Whatever happened since, they change nothing:
// either all is as it was, or their request came before the change.
func (m *model) release(c *computer) { m.releaseOf(c) }

func (m *model) releaseOf(c *computer) {
	for _, p := range c.slow {
		close(p.release)
		<-p.done
	}
	c.slow = nil
}

func (m *model) releaseAll() {
	for _, c := range m.computers {
		m.releaseOf(c)
	}
}

// replay shows a token that has ended, with a mark that once was.
func (m *model) replay() {
	if len(m.dead) == 0 {
		return
	}
	thief := m.fresh()
	thief.keep("shop", rapid.SampledFrom(m.dead).Draw(m.t, "token"))
	mark := ""
	if len(m.marks) > 0 {
		all := make([]string, 0, len(m.marks))
		for k := range m.marks {
			all = append(all, k)
		}
		slices.Sort(all)
		mark = rapid.SampledFrom(all).Draw(m.t, "mark")
	}
	for _, kind := range []string{"hello", "earlier", "read", "send", "typing", "tag"} {
		_, f := thief.post("/_chat/api/"+kind, obj{"mark": mark, "before": 100, "seq": 1, "cid": "stolen-cid", "text": "stolen", "data": obj{}})
		if f.T == "hello" && f.Who == "none" && len(f.Messages) == 0 {
			continue
		}
		if f.T != "error" || f.Code != "no_session" && f.Code != "not_found" {
			m.t.Fatalf("%s with a token that has ended: %+v", kind, f)
		}
	}
	s := thief.socket("/_chat/socket")
	s.say(obj{"t": "hello", "mark": mark})
	if code := s.closed(); code != 4002 && code != 4003 {
		m.t.Fatalf("a socket with a token that has ended closes with %d", code)
	}
}

// forge says in every way that a browser has that it is somebody else.
func (m *model) forge(c *computer) {
	who := m.person()
	c.browser.visit("/?X-User-Id="+who+"&id="+who, "X-User-Id", who, "X-User-Email", who+"@example.com", "X-Forwarded-User", who)
	m.seen(c)
	c.browser.post("/_chat/api/hello?X-User-Id="+who, obj{"id": who, "me": obj{"id": who}, "person": "id:" + who, "mark": who})
	t := m.tab(c)
	m.claim(c, t)
	c.browser.post("/_chat/api/tag", obj{"mark": t.mark, "data": obj{"id": who, "email": who + "@example.com"}})
}

// server reloads the configuration, or stops the server and starts it again.
func (m *model) server() {
	what := rapid.IntRange(0, 40).Draw(m.t, "what")
	if what > 2 {
		return // rarely: it takes as long as a hundred other steps
	}
	m.releaseAll()
	if what == 0 {
		if err := caddy.Stop(); err != nil {
			m.t.Fatal(err)
		}
	}
	m.w.load(m.w.caddyfile("", shopIdentity))
	m.w.ready()
}

// check asks what a computer's tabs are shown, over HTTP and by a socket.
func (m *model) check(c *computer) {
	t := m.tab(c)
	m.look(c, t)
	if c.session == nil {
		return
	}
	s := c.socket("/_chat/socket")
	s.say(obj{"t": "hello", "mark": t.mark})
	if len(m.allowed(c, t)) == 0 && c.session.person == "" {
		if code := s.closed(); code != 4002 {
			m.t.Fatalf("a socket of a tab without a chat closes with %d", code)
		}
		return
	}
	f := s.expect("hello")
	m.same(c, f, m.allowed(c, t))
	_ = s.conn.Close()
}

// look says hello for a tab, and compares what is shown with what may be.
func (m *model) look(c *computer, t *tab) {
	m.claim(c, t)
	f := c.say("hello", "hello", obj{"mark": t.mark})
	m.same(c, f, m.allowed(c, t))
	if f.Who != "anonymous" {
		t.mark = "" // as the widget does: it is worth nothing, or was claimed
	}
}

func (m *model) same(c *computer, f frame, want []string) {
	if got := f.texts(); got != strings.Join(want, "|") {
		m.t.Fatalf("%s (user %q, session %+v) is shown %q, and may see %q", c.agent, c.user, c.session, got, strings.Join(want, "|"))
	}
}

// claim is what showing a mark does where somebody is signed in.
func (m *model) claim(c *computer, t *tab) {
	k, s := m.marks[t.mark], c.session
	if k == nil || s == nil || s.person == "" || k.claimed || len(k.texts) == 0 {
		return
	}
	was := k.session
	if was.ended && (was.heir == nil || was.heir.ended || was.heir.person != s.person) {
		return
	}
	if !was.ended {
		was.ended, was.heir = true, s
		m.dead = append(m.dead, was.tokens...)
		for _, other := range m.computers {
			if other.session == was {
				other.session = nil
			}
		}
	}
	k.claimed = true
	m.people[s.person] = append(m.people[s.person], k.texts...)
}

// allowed is what a tab may see.
func (m *model) allowed(c *computer, t *tab) []string {
	s := c.session
	switch {
	case s == nil:
		return nil
	case s.person != "":
		return m.people[s.person]
	}
	if k := m.marks[t.mark]; k != nil && k.session == s && !k.claimed {
		return k.texts
	}
	return nil
}
