package session

import (
	"time"

	"github.com/parley-chat/parley/chat"
)

// This file is the table of what becomes of a session. It is pure: whoever
// calls it has read the session, and stores what follows.

// state is what is known of the browser that sent a request.
type state struct {
	// known tells that a session is known by the request's token.
	known bool
	// chain has that session, and after it those that took its place.
	chain []chat.Session
	// fenced tells that a logout keeps the evidence from counting.
	fenced bool
}

func (s state) session() chat.Session { return s.chain[0] }
func (s state) last() chat.Session    { return s.chain[len(s.chain)-1] }

// observation is what a response, or an answer to whoami, says of who is signed
// in.
type observation struct {
	// person is the key of whom it names; empty for nobody.
	person string
	// page tells that it is a page, whoami that it is the application's answer
	// to the question who is signed in; neither, that it is another call.
	page, whoami bool
	// arrived is when the request came in that it answers.
	arrived time.Time
}

// step is what is to be done.
type step uint8

const (
	// ignore: nothing.
	ignore step = iota
	// touch: the browser was in contact.
	touch
	// confirm: the session's own person was named once more.
	confirm
	// signIn: the browser joins or gets a session of the person.
	signIn
	// addToken: the browser gets one more token of the last of the chain: the
	// answer that brought one before may have been lost.
	addToken
	// replace: a session of the person takes the place of the one found.
	replace
	// logOut: the session found ends.
	logOut
)

// decision is what becomes of the session found, and of the cookie.
type decision struct {
	step step
	// ending is how the session ends; empty if it stays as it is.
	ending chat.Ending
	// cookie is what becomes of the cookie where the step can be carried out.
	cookie cookieChange
}

// cookieChange is what becomes of a cookie.
type cookieChange uint8

const (
	keepCookie cookieChange = iota
	setCookie
	clearCookie
)

// decide returns what becomes of a session with an observation.
func decide(site *chat.Site, s state, o observation) decision {
	if o.person == "" {
		return decideAbsence(site, s, o)
	}
	return decideIdentity(s, o)
}

// decideAbsence is for who is named by nobody.
func decideAbsence(site *chat.Site, s state, o observation) decision {
	switch {
	case !s.known || !s.session().Live() || s.session().Person == "" || !o.page && !o.whoami:
		return decision{step: ignore}
	case !absenceCounts(site, s.session(), o.page, o.whoami):
		return decision{step: touch}
	case !o.arrived.After(s.session().Created):
		return decision{step: ignore} // asked for before the person's evidence came, it says nothing of now
	}
	return decision{logOut, chat.EndedByLogout, clearCookie}
}

// decideIdentity is for evidence of a person.
func decideIdentity(s state, o observation) decision {
	switch {
	case s.fenced || s.known && loggedOutSince(s.chain, o.arrived):
		return decision{step: ignore}
	case !s.known:
		return decision{step: signIn, cookie: setCookie}
	case !s.session().Live():
		return decideSuperseded(s.last(), o)
	case s.session().Person == o.person:
		return decision{step: confirm}
	case s.session().Person == "":
		return decision{replace, chat.EndedByLogin, setCookie}
	case !o.arrived.After(s.session().Created):
		return decision{step: ignore} // it is older than who is signed in now
	}
	return decision{replace, chat.EndedBySwitch, setCookie}
}

// decideSuperseded is for evidence that comes with the token of a session that
// has ended: it is about the last of those that took its place.
func decideSuperseded(last chat.Session, o observation) decision {
	switch {
	case last.Live() && last.Person == o.person:
		return decision{step: addToken, cookie: setCookie}
	case last.Live() && !o.arrived.After(last.Created):
		return decision{step: ignore} // it is older than who is signed in now
	}
	return decision{step: signIn, cookie: setCookie}
}

// loggedOutSince reports whether one of these sessions was logged out after a
// request arrived. A switch is a logout as well.
func loggedOutSince(chain []chat.Session, arrived time.Time) bool {
	for _, s := range chain {
		if (s.Ending == chat.EndedByLogout || s.Ending == chat.EndedBySwitch) && !arrived.After(s.Ended) {
			return true
		}
	}
	return false
}

// fences are those that keep evidence from counting.
func fences(q chat.Request, s state, person string) []fenceKey {
	keys := []fenceKey{clientFence(q, person)}
	if !s.known || !s.session().Live() || s.session().Person != person || !q.Arrived.After(s.session().Created) {
		// It would open something: a logout without a cookie may have been this
		// browser's. Evidence of who is signed in already opens nothing.
		keys = append(keys, clientFence(q, ""))
	}
	if s.known {
		for _, session := range s.chain {
			keys = append(keys, sessionFence(session.ID))
		}
	}
	return keys
}

// judge is the end that a note brings a session, if it brings one: as of when
// that was said, so that what was observed since still counts. Person is whom
// its evidence names.
func judge(n note, s chat.Session, person string) chat.SessionEnd {
	if !s.Live() || s.Site != n.site.Name {
		return chat.SessionEnd{}
	}
	if !n.logout.IsZero() {
		return chat.SessionEnd{At: n.logout, Ending: chat.EndedByLogout}
	}
	if s.Person == "" {
		return chat.SessionEnd{} // a login takes the store
	}
	for _, o := range []observation{
		{person: person, arrived: n.identity.arrived},
		{page: true, arrived: n.page.arrived},
		{whoami: true, arrived: n.whoami.arrived},
	} {
		if !o.arrived.After(s.Created) {
			continue // it is of before the session, or was not said at all
		}
		d := decide(n.site, state{known: true, chain: []chat.Session{s}}, o)
		if d.ending != "" {
			return chat.SessionEnd{At: o.arrived, Ending: d.ending}
		}
		if d.step == confirm {
			s.Created = o.arrived // what was asked for before says nothing any more
		}
	}
	return chat.SessionEnd{}
}
