package histories_test

import (
	"net/http"
	"slices"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/caddytest"
)

// model is one history.
type model struct {
	arena     *arena
	w         *caddytest.World
	t         *rapid.T
	transport *http.Transport
	run       int
	computers []*computer
	clock     int // steps
	restarts  int // of the server, as far as this history has noticed
	count     int // of whatever has a number

	people     map[string][]said
	marks      map[string]*modelMark
	markOrder  []string
	tokens     map[string]*modelSession // all that were ever given
	tokenOrder []string
}

// said is a message, and its file if it has one.
type said struct{ text, file, id string }

// modelSession is what one cookie opens, or several that are of one session.
type modelSession struct {
	person    string // empty while anonymous
	made      int
	ended     ending
	at        int           // when it ended
	barred    int           // when somebody last logged out with it
	successor *modelSession // by login or switch
}

// ending is how a session has ended, if it has.
type ending string

const (
	byLogin  ending = "login"
	bySwitch ending = "switch"
	byLogout ending = "logout"
)

func (s *modelSession) over() bool { return s.ended != "" }

// last is the session that took the place of this one, if any did.
func (s *modelSession) last() *modelSession {
	for s.over() && s.successor != nil {
		s = s.successor
	}
	return s
}

// modelMark is an anonymous conversation.
type modelMark struct {
	session *modelSession
	said    []said
	claimed bool
}

// computer is a browser with what its user and its tabs do.
type computer struct {
	*caddytest.Browser
	user    string // who is signed in at the application
	tabs    []*tab
	slow    []*slowPage
	had     []string // tokens
	logouts int
}

// tab holds its mark as the widget does: until the chat is reset, if it is
// connected and so hears of that, or else until it asks again.
type tab struct {
	mark string
	line *line
}

// session is what a computer's cookie opens, or nil.
func (c *computer) session(m *model) *modelSession {
	if s := m.tokens[c.Token()]; s != nil && !s.over() {
		return s
	}
	return nil
}

// signedIn reports whether a token opens a person's session.
func (m *model) signedIn(token string) bool {
	s := m.tokens[token]
	return s != nil && !s.over() && s.person != ""
}

// stale reports whether a token was superseded by a login that still holds.
func (m *model) stale(token string) bool {
	s := m.tokens[token]
	return s != nil && s.ended == byLogin && !s.last().over()
}

// seen is what a page means that has come: it was asked for then, with this
// token, and the application said that this user is signed in, or nobody.
func (m *model) seen(c *computer, user, token string, asked int) {
	s := m.tokens[token]
	switch {
	case user == "":
		if m.signedIn(token) {
			m.end(s, byLogout, nil)
			if c.Token() != "" {
				m.t.Fatalf("%s keeps a cookie that nobody is signed in by", c.Agent)
			}
		}
	case s == nil:
		m.given(c, nil, user)
	case s.over():
		switch last := s.last(); {
		case !last.over() && last.person == user:
			m.given(c, last, user)
		case !last.over() && asked <= last.made: // it is older than who is signed in now
		default:
			m.given(c, nil, user)
		}
	case s.person == "":
		m.end(s, byLogin, m.given(c, nil, user))
	case s.person != user:
		m.end(s, bySwitch, m.given(c, nil, user))
		c.reconnect(map[string]bool{s.person: true})
	}
}

// reconnect is what a logout of some people at a computer means to the sockets
// that its tabs have of other sessions of theirs.
func (c *computer) reconnect(who map[string]bool) {
	for _, t := range c.tabs {
		if w := t.line; w != nil && w.session.person != "" && who[w.session.person] {
			w.again = true
		}
	}
}

// given looks at the cookie that a computer has got, of a session that it knows
// or of a new one, and returns the session.
func (m *model) given(c *computer, of *modelSession, person string) *modelSession {
	token := c.Token()
	if token == "" {
		m.t.Fatalf("%s has a session and no cookie", c.Agent)
	}
	s := m.tokens[token]
	if s == nil {
		if s = of; s == nil {
			s = &modelSession{person: person, made: m.clock}
		}
		m.tokens[token] = s
		m.tokenOrder = append(m.tokenOrder, token)
	}
	if s.over() || s.person != person {
		m.t.Fatalf("%s, of %q, was given a token of a session of %q that has ended by %q", c.Agent, person, s.person, s.ended)
	}
	if !slices.Contains(c.had, token) {
		c.had = append(c.had, token)
	}
	return s
}

func (m *model) end(s *modelSession, how ending, next *modelSession) {
	s.ended, s.successor, s.at = how, next, m.clock
}

// endChain is what a logout with a token ends: its session, and those that took
// its place.
func (m *model) endChain(token string) {
	for s := m.tokens[token]; s != nil; s = s.successor {
		s.barred = m.clock
		if !s.over() {
			m.end(s, byLogout, nil)
		}
	}
}

// tooLate reports whether a page was asked for before a logout, and so says
// nothing of now. A logout without a cookie says nothing of the session that the
// page was asked for with, and a page that names nobody opens nothing: that one
// still ends it.
func (m *model) tooLate(c *computer, p *slowPage) bool {
	if c.logouts != p.logouts && p.user != "" {
		return true
	}
	for s := m.tokens[p.token]; s != nil; s = s.successor {
		if s.barred > p.asked || s.over() && s.ended != byLogin && s.at > p.asked {
			return true
		}
	}
	return false
}

// claim is what showing a mark does where somebody is signed in.
func (m *model) claim(s *modelSession, mark string) {
	k := m.marks[mark]
	if k == nil || s == nil || s.person == "" || k.claimed || len(k.said) == 0 {
		return
	}
	was := k.session
	switch {
	case !was.over():
		m.end(was, byLogin, s)
	case was.ended != byLogin || was.successor.over() || was.successor.person != s.person:
		return
	}
	k.claimed = true
	m.people[s.person] = append(m.people[s.person], k.said...)
}

// who is what a session is to a tab with this mark.
func (m *model) who(s *modelSession, mark string) string {
	if s == nil || s.over() {
		return "none"
	}
	if s.person != "" {
		return "person"
	}
	if k := m.marks[mark]; k != nil && k.session == s && !k.claimed {
		return "anonymous"
	}
	return "none"
}

// allowed is what a tab with this session and this mark may see.
func (m *model) allowed(s *modelSession, mark string) []said {
	switch m.who(s, mark) {
	case "person":
		return m.people[s.person]
	case "anonymous":
		return m.marks[mark].said
	}
	return nil
}
