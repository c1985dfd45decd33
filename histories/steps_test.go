package histories_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/caddytest"
)

// visit navigates to a page of the application.
func (m *model) visit(c *computer, path string, header ...string) {
	token := c.Token()
	c.Browser.Visit(path, header...)
	m.seen(c, c.user, token, m.clock)
}

// login signs somebody in, whoever was signed in before.
func (m *model) login(c *computer) {
	c.user = m.person()
	m.visit(c, "/in?as="+c.user)
}

func (m *model) logout(c *computer) {
	c.user = ""
	token := c.Token()
	c.Browser.Visit("/out")
	m.out(c, token)
}

// reset is what Parley.user.reset() does: the application knows nothing of it.
func (m *model) reset(c *computer) {
	token := c.Token()
	if f := m.ask(c.Browser, "reset", caddytest.Obj{"mark": m.tab(c).mark}); f.T != "reset" {
		m.t.Fatalf("reset is answered by %+v", f)
	}
	m.out(c, token)
}

func (m *model) out(c *computer, token string) {
	who := map[string]bool{}
	for s := m.tokens[token]; s != nil; s = s.successor {
		who[s.person] = who[s.person] || !s.over()
	}
	m.endChain(token)
	c.reconnect(who)
	c.logouts++
	if token := c.Token(); token != "" {
		m.t.Fatalf("%s keeps a cookie after it has logged out", c.Agent)
	}
}

// appExpires is the application's own session, gone without a logout.
func (m *model) appExpires(c *computer) {
	c.user = ""
	c.Cookie("shop", "")
}

// write says something in a tab, with a file or without.
func (m *model) write(c *computer) {
	t := m.tab(c)
	m.showMark(c, t)
	s := c.session(m)
	if s == nil || s.person == "" {
		f := m.ask(c.Browser, "start", caddytest.Obj{"mark": t.mark})
		if m.stale(c.Token()) {
			if f.Who != "none" || !f.Stale {
				m.t.Fatalf("start with a superseded cookie: %+v", f)
			}
			return
		}
		if f.T != "hello" || f.Who != "anonymous" || f.Mark == "" {
			m.t.Fatalf("start: %+v", f)
		}
		s = m.given(c, s, "")
		if f.Mark != t.mark {
			t.mark = f.Mark
			m.marks[t.mark] = &modelMark{session: s}
			m.markOrder = append(m.markOrder, t.mark)
		}
	}
	m.count++
	n := said{text: fmt.Sprintf("text %d of %d", m.count, m.run)}
	draft := caddytest.Obj{"mark": t.mark, "cid": fmt.Sprintf("client-%d-%d", m.run, m.count), "text": n.text}
	if rapid.IntRange(0, 3).Draw(m.t, "file") == 0 {
		n.file = fmt.Sprintf("file %d of %d", m.count, m.run)
		n.id = m.upload(c, t.mark, n.file)
		draft["attachments"] = []string{n.id}
	}
	if f := m.ask(c.Browser, "send", draft); f.T != "ack" {
		m.t.Fatalf("send: %+v", f)
	}
	if s.person != "" {
		m.people[s.person] = append(m.people[s.person], n)
		return
	}
	k := m.marks[t.mark]
	k.said = append(k.said, n)
}

// show says hello with any mark that there is, one's own or not.
func (m *model) show(c *computer) {
	t := m.tab(c)
	if len(m.markOrder) > 0 && rapid.Bool().Draw(m.t, "another's") {
		t = &tab{mark: rapid.SampledFrom(m.markOrder).Draw(m.t, "mark")}
	}
	m.showMark(c, t)
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
	c.tabs[i].hangUp()
	if c.tabs = slices.Delete(c.tabs, i, i+1); len(c.tabs) == 0 {
		c.tabs = []*tab{{}}
	}
}

// restart ends the browser and starts it again: cookies of the session are gone.
func (m *model) restart(c *computer) {
	m.release(c)
	for _, t := range c.tabs {
		t.hangUp()
	}
	*c = computer{Browser: m.fresh(), tabs: []*tab{{}}}
}

// lose puts an earlier cookie into the place of the one that a browser has, or
// none: as where the answer with the new one was lost.
func (m *model) lose(c *computer) {
	c.SetToken("shop", rapid.SampledFrom(append([]string{""}, c.had...)).Draw(m.t, "token"))
}

// slow asks for a page that will say some time later who is signed in now.
func (m *model) slow(c *computer) {
	if len(c.slow) > 1 {
		return
	}
	m.count++
	path := fmt.Sprintf("/slow?%d-%d", m.run, m.count)
	p := &slowPage{arrived: make(chan struct{}), release: make(chan struct{}), done: make(chan struct{}),
		user: c.user, token: c.Token(), asked: m.clock, logouts: c.logouts}
	m.arena.pages.Store(path, p)
	m.arena.slow.Add(1)
	c.slow = append(c.slow, p)
	patient, client := *c.Browser, *c.Client
	client.Timeout = 0 // it is for the history to end this
	patient.Client = &client
	go func() {
		defer close(p.done)
		patient.Visit(path)
	}()
	<-p.arrived
}

// answer lets the first of the slow pages come.
func (m *model) answer(c *computer) *slowPage {
	p := c.slow[0]
	c.slow = c.slow[1:]
	close(p.release)
	<-p.done
	m.arena.slow.Add(-1)
	return p
}

// release lets all slow pages come that a computer has asked for.
func (m *model) release(c *computer) {
	for len(c.slow) > 0 {
		before := c.Token()
		if p := m.answer(c); !m.tooLate(c, p) {
			m.seen(c, p.user, p.token, p.asked)
		} else if c.Token() != before {
			m.t.Fatalf("%s: a page from before the logout has changed the cookie", c.Agent)
		}
	}
}

func (m *model) releaseAll() {
	for _, c := range m.computers {
		m.release(c)
	}
}

// replay shows a token that has ended, with a mark that once was, and may log
// out with it: that ends whatever took its place.
func (m *model) replay() {
	var dead []string
	for _, token := range m.tokenOrder {
		if m.tokens[token].over() {
			dead = append(dead, token)
		}
	}
	if len(dead) == 0 {
		return
	}
	token := rapid.SampledFrom(dead).Draw(m.t, "token")
	thief := m.fresh()
	thief.SetToken("shop", token)
	mark := ""
	if len(m.markOrder) > 0 {
		mark = rapid.SampledFrom(m.markOrder).Draw(m.t, "mark")
	}
	m.opensNothing(thief, mark)
	if thief.Visit("/"); thief.Token() != token {
		m.t.Fatal("a page that names no one has changed a cookie that opens nothing")
	}
	if rapid.IntRange(0, 3).Draw(m.t, "logout") == 0 {
		m.ask(thief, "reset", caddytest.Obj{})
		m.endChain(token)
	}
}

// forge says in every way that a browser has that it is somebody else.
func (m *model) forge(c *computer) {
	who := m.person()
	c.Cookie("parley-shop", "p")
	m.visit(c, "/?X-User-Id="+who+"&id="+who,
		"X-User-Id", who, "X-User-Email", who+"@example.com", "X-Forwarded-User", who, "Remote-User", who)
	m.ask(c.Browser, "hello?X-User-Id="+who, caddytest.Obj{"id": who, "me": caddytest.Obj{"id": who}, "who": "person", "person": "id:" + who, "mark": who})
	t := m.tab(c)
	m.showMark(c, t)
	f := m.ask(c.Browser, "tag", caddytest.Obj{"mark": t.mark, "data": caddytest.Obj{"id": who, "email": who + "@example.com", "firstname": strings.ToUpper(who)}})
	if f.T != "ok" && f.Code != "not_found" && f.Code != "no_session" {
		m.t.Fatalf("tag: %+v", f)
	}
}
