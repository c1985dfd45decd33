package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// tableCase is what was found, and what is observed, in words.
type tableCase struct {
	// found is the session of the request's token.
	found string
	// next is the session that has taken its place.
	next string
	// names is whom the response names.
	names string
	// when is when the request arrived: before the session found began, between
	// its end and the beginning of the next, or after both.
	when string
	// kind is what the response is.
	kind string
	// scope is the site's; auto as somebody was named on that kind before.
	scope string
}

// columns are what stands in each field of a case.
var columns = [][]string{
	{"none", "anonymous", "anna's", "anna's by login", "anna's by switch", "anna's by logout", "anna's by time",
		"anonymous by login", "anonymous by logout", "anonymous by time"},
	{"none", "anna's", "bob's", "anna's, logged out", "bob's, over"},
	{"anna", "bob", "nobody"},
	{"before", "between", "after"},
	{"page", "whoami", "call"},
	{"every page", "login", "auto, named", "auto, not named"},
}

// row is a row of the table: what is empty may be anything, and what has a bar
// may be either.
type row struct {
	tableCase
	want decision
}

func matches(pattern, value string) bool {
	return pattern == "" || slices.Contains(strings.Split(pattern, " | "), value)
}

func (r row) matches(c tableCase) bool {
	return matches(r.found, c.found) && matches(r.next, c.next) && matches(r.names, c.names) &&
		matches(r.when, c.when) && matches(r.kind, c.kind) && matches(r.scope, c.scope)
}

var (
	ignored    = decision{step: ignore}
	touched    = decision{step: touch}
	confirmed  = decision{step: confirm}
	signedIn   = decision{step: signIn, cookie: setCookie}
	moreTokens = decision{step: addToken, cookie: setCookie}
	loggedIn   = decision{replace, chat.EndedByLogin, setCookie}
	switched   = decision{replace, chat.EndedBySwitch, setCookie}
	loggedOut  = decision{logOut, chat.EndedByLogout, clearCookie}
)

const (
	somebody   = "anna | bob"
	spoken     = "page | whoami"
	strict     = "every page | auto, named"
	lenient    = "login | auto, not named"
	earlier    = "before | between"
	afterwards = "between | after"
	noMore     = "none | bob's, over"
	// out has ended by a logout or a switch, past by a login or its time.
	out  = "anna's by switch | anna's by logout | anonymous by logout"
	past = "anna's by login | anna's by time | anonymous by login | anonymous by time"
)

// table says what becomes of each case. Each is in exactly one row.
var table = []row{
	// Nobody is named.
	{tableCase{names: "nobody", found: "none | anonymous | " + out + " | " + past}, ignored},
	{tableCase{names: "nobody", found: "anna's", kind: "call"}, ignored},
	{tableCase{names: "nobody", found: "anna's", kind: spoken, scope: lenient}, touched},
	{tableCase{names: "nobody", found: "anna's", kind: spoken, scope: strict, when: "before"}, ignored},
	{tableCase{names: "nobody", found: "anna's", kind: spoken, scope: strict, when: afterwards}, loggedOut},

	// Somebody is named to a browser without a session, or to an anonymous one.
	{tableCase{names: somebody, found: "none"}, signedIn},
	{tableCase{names: somebody, found: "anonymous"}, loggedIn},

	// Somebody is named where anna is signed in.
	{tableCase{names: "anna", found: "anna's"}, confirmed},
	{tableCase{names: "bob", found: "anna's", when: "before"}, ignored},
	{tableCase{names: "bob", found: "anna's", when: afterwards}, switched},

	// The session was logged out: what was asked for before says nothing.
	{tableCase{names: somebody, found: out, when: "before"}, ignored},

	// Nobody has the place of the session that has ended, or nobody any more.
	{tableCase{names: somebody, found: out, when: afterwards, next: noMore}, signedIn},
	{tableCase{names: somebody, found: past, next: noMore}, signedIn},
	{tableCase{names: somebody, found: out, when: "between", next: "anna's, logged out"}, ignored},
	{tableCase{names: somebody, found: out, when: "after", next: "anna's, logged out"}, signedIn},
	{tableCase{names: somebody, found: past, when: earlier, next: "anna's, logged out"}, ignored},
	{tableCase{names: somebody, found: past, when: "after", next: "anna's, logged out"}, signedIn},

	// The one who is named has its place.
	{tableCase{names: "anna", found: out, when: afterwards, next: "anna's"}, moreTokens},
	{tableCase{names: "anna", found: past, next: "anna's"}, moreTokens},
	{tableCase{names: "bob", found: out, when: afterwards, next: "bob's"}, moreTokens},
	{tableCase{names: "bob", found: past, next: "bob's"}, moreTokens},

	// Somebody else has its place, who may have signed in since.
	{tableCase{names: "bob", found: out, when: "between", next: "anna's"}, ignored},
	{tableCase{names: "bob", found: out, when: "after", next: "anna's"}, signedIn},
	{tableCase{names: "bob", found: past, when: earlier, next: "anna's"}, ignored},
	{tableCase{names: "bob", found: past, when: "after", next: "anna's"}, signedIn},
	{tableCase{names: "anna", found: out, when: "between", next: "bob's"}, ignored},
	{tableCase{names: "anna", found: out, when: "after", next: "bob's"}, signedIn},
	{tableCase{names: "anna", found: past, when: earlier, next: "bob's"}, ignored},
	{tableCase{names: "anna", found: past, when: "after", next: "bob's"}, signedIn},
}

// at is a moment of the cases: sessions that are found began at 10 and have
// ended at 20, what took their place began at 40 and has ended at 50.
func at(second int64) time.Time { return time.Unix(1_700_000_000+second, 0) }

func (c tableCase) state() state {
	if c.found == "none" {
		return state{chain: []chat.Session{{}}}
	}
	whose, how, over := strings.Cut(c.found, " by ")
	s := chat.Session{ID: "found", Created: at(10)}
	if whose == "anna's" {
		s.Person = "anna"
	}
	named := c.scope == "auto, named"
	s.NamedByPage, s.NamedByWhoami = named == (c.kind == "page"), named == (c.kind == "whoami") // the other kind is the opposite
	if over {
		s.Ended, s.Ending = at(20), chat.Ending(how)
	}
	if c.next == "none" {
		return state{known: true, chain: []chat.Session{s}}
	}
	s.Successor = "next"
	next := chat.Session{ID: "next", Created: at(40), Person: strings.Split(c.next, "'")[0]}
	switch {
	case strings.HasSuffix(c.next, "logged out"):
		next.Ended, next.Ending = at(50), chat.EndedByLogout
	case strings.HasSuffix(c.next, "over"):
		next.Ended, next.Ending = at(50), chat.EndedByTime
	}
	return state{known: true, chain: []chat.Session{s, next}}
}

func (c tableCase) observation() observation {
	o := observation{page: c.kind == "page", whoami: c.kind == "whoami",
		arrived: map[string]time.Time{"before": at(5), "between": at(30), "after": at(60)}[c.when]}
	if c.names != "nobody" {
		o.person = c.names
	}
	return o
}

func (c tableCase) site() *chat.Site {
	return &chat.Site{Scope: map[string]chat.Scope{"every page": chat.ScopeEveryPage, "login": chat.ScopeLogin,
		"auto, named": chat.ScopeAuto, "auto, not named": chat.ScopeAuto}[c.scope]}
}

// cases are all there are: what has not ended has nothing in its place.
func cases() (all []tableCase) {
	c := tableCase{}
	fields := []*string{&c.found, &c.next, &c.names, &c.when, &c.kind, &c.scope}
	var fill func(int)
	fill = func(n int) {
		if n == len(fields) {
			if c.next == "none" || strings.Contains(c.found, " by ") {
				all = append(all, c)
			}
			return
		}
		for _, value := range columns[n] {
			*fields[n] = value
			fill(n + 1)
		}
	}
	fill(0)
	return all
}

// Each case there is stands in exactly one row of the table, and comes out as
// the row says. Where a logout keeps evidence from counting, it changes nothing.
func TestEveryCaseOfTheTable(t *testing.T) {
	used := make([]bool, len(table))
	for _, c := range cases() {
		rows := 0
		for i, r := range table {
			if !r.matches(c) {
				continue
			}
			rows++
			used[i] = true
			if got := decide(c.site(), c.state(), c.observation()); got != r.want {
				t.Errorf("%+v: %+v, want %+v", c, got, r.want)
			}
			s, want := c.state(), ignored
			s.fenced = true
			if c.names == "nobody" {
				want = r.want
			}
			if got := decide(c.site(), s, c.observation()); got != want {
				t.Errorf("%+v, fenced: %+v, want %+v", c, got, want)
			}
		}
		if rows != 1 {
			t.Errorf("%+v is in %d rows", c, rows)
		}
	}
	for i, r := range table {
		if !used[i] {
			t.Errorf("no case is in the row %+v", r)
		}
	}
}

// Where only answers to whoami say who is signed in, a page that names nobody
// says nothing.
func TestPageSaysNothingWhereOnlyWhoamiDoes(t *testing.T) {
	c := tableCase{found: "anna's", next: "none", names: "nobody", when: "after", scope: "every page"}
	for kind, want := range map[string]decision{"page": touched, "whoami": loggedOut} {
		c.kind = kind
		site := c.site()
		site.WhoamiOnly = true
		if got := decide(site, c.state(), c.observation()); got != want {
			t.Errorf("%s: %+v, want %+v", kind, got, want)
		}
	}
}

// Of what is noted of a token while the store is away, what names the person of
// the session makes all old that was asked for before it.
func TestNotesAreJudgedInTheOrderOfTheirRequests(t *testing.T) {
	every, login := &chat.Site{Name: "shop", Scope: chat.ScopeEveryPage}, &chat.Site{Name: "shop", Scope: chat.ScopeLogin}
	said := func(second int64) heldEvidence { return heldEvidence{arrived: at(second)} }
	for name, c := range map[string]struct {
		note      note
		person    string
		anonymous bool
		want      chat.SessionEnd
	}{
		"nothing":                    {note: note{site: every}},
		"a logout":                   {note: note{site: every, logout: at(30)}, want: chat.SessionEnd{At: at(30), Ending: chat.EndedByLogout}},
		"an anonymous one's":         {note: note{site: every, logout: at(30)}, anonymous: true, want: chat.SessionEnd{At: at(30), Ending: chat.EndedByLogout}},
		"of another site":            {note: note{site: &chat.Site{Name: "wiki"}, logout: at(30)}},
		"somebody else":              {note: note{site: login, identity: said(30)}, person: "bob", want: chat.SessionEnd{At: at(30), Ending: chat.EndedBySwitch}},
		"somebody, and an anonymous": {note: note{site: login, identity: said(30)}, person: "bob", anonymous: true},
		"somebody else, long before": {note: note{site: login, identity: said(5)}, person: "bob"},
		"herself":                    {note: note{site: every, identity: said(30)}, person: "anna"},
		"a page of nobody":           {note: note{site: every, page: said(30)}, want: chat.SessionEnd{At: at(30), Ending: chat.EndedByLogout}},
		"whoami of nobody":           {note: note{site: every, whoami: said(30)}, want: chat.SessionEnd{At: at(30), Ending: chat.EndedByLogout}},
		"a page need not say":        {note: note{site: login, page: said(30)}},
		"nobody, then herself":       {note: note{site: every, page: said(25), identity: said(30)}, person: "anna"},
		"herself, then nobody":       {note: note{site: every, page: said(35), identity: said(30)}, person: "anna", want: chat.SessionEnd{At: at(35), Ending: chat.EndedByLogout}},
	} {
		s := chat.Session{Site: "shop", Person: "anna", Created: at(10)}
		if c.anonymous {
			s.Person = ""
		}
		if got := judge(c.note, s, c.person); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
