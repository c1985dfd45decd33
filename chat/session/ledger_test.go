package session

import (
	"strconv"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// Whatever junk pushes out of the ledger what may have closed a session, all
// sessions are closed that are older, and no other.
func TestJunkInTheLedgerOpensNothing(t *testing.T) {
	site := &chat.Site{Name: "shop"}
	request := func(token string) chat.Request { return chat.Request{Site: site, Token: token, Arrived: at(15)} }
	const theirs, junk = 20, 30 // when the one that counts was held back, and the junk
	for name, c := range map[string]struct {
		hold   func(*ledger, string, int64)
		bound  int
		logout bool // also an anonymous one
	}{
		"logouts with tokens": {func(l *ledger, s string, now int64) { l.noteLogout(request(s), at(now)) }, maxNotes, true},
		"evidence with tokens": {func(l *ledger, s string, now int64) {
			l.noteEvidence(request(s), chat.Evidence{Profile: chat.Profile{ID: "bob"}, Page: true}, at(now))
		}, maxNotes, false},
		"ends of sessions": {func(l *ledger, s string, now int64) {
			l.addEnd(chat.SessionID(s), chat.SessionEnd{At: at(15), Ending: chat.EndedByLogout}, at(now))
		}, maxEnds, true},
		"tokens that can't be read": {func(l *ledger, s string, now int64) {
			l.noteLogout(request(s), at(now))
			l.giveUp(chat.HashOf(s), note{logout: at(now), held: at(now)})
		}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			c.hold(l, "theirs", theirs)
			for n := range c.bound {
				c.hold(l, strconv.Itoa(n), junk)
			}
			if ends, tokens := l.held(); ends > maxEnds || tokens > maxNotes {
				t.Errorf("%d ends and %d tokens are held", ends, tokens)
			}
			if _, held := l.endOf("theirs"); held || l.noted(chat.HashOf("theirs")) {
				t.Fatal("nothing was forgotten")
			}
			for _, s := range []struct {
				name   string
				is     chat.Session
				closed bool
			}{
				{"a person's", chat.Session{Person: "anna", Created: at(10), Evidence: at(19)}, true},
				{"of a person who was seen since", chat.Session{Person: "anna", Created: at(10), Evidence: at(21)}, false},
				{"of a person who has signed in since", chat.Session{Person: "anna", Created: at(21), Evidence: at(21)}, false},
				{"an anonymous one", chat.Session{Created: at(10)}, c.logout},
				{"an anonymous one of since then", chat.Session{Created: at(21)}, false},
			} {
				how := l.overdue(s.is)
				if (how.Ending != "") != s.closed {
					t.Errorf("a session, %s: %+v", s.name, how)
				}
			}
		})
	}
}

// A token that can't be read is given up once, and their memory is bounded.
func TestMemoryOfUnreadableTokensIsBounded(t *testing.T) {
	l := newLedger()
	for n := range 2 * maxNotes {
		l.giveUp(chat.HashOf(strconv.Itoa(n)), note{})
	}
	if n := l.unreadable.Len(); n > maxNotes {
		t.Errorf("%d tokens", n)
	}
	l.giveUp(chat.HashOf("theirs"), note{})
	l.noteLogout(chat.Request{Token: "theirs"}, at(0))
	if l.noted(chat.HashOf("theirs")) {
		t.Error("it is noted again of a token that can't be read")
	}
}

// An entry that is pushed out of what is recently verified costs a read: it
// leaves nothing behind, and an end forgets all of a session.
func TestMemoryOfTheVerifiedIsBounded(t *testing.T) {
	v := newVerified()
	anna := chat.Evidence{Profile: chat.Profile{ID: "anna"}, Page: true}
	for n := range 2 * maxVerified {
		text := strconv.Itoa(n / 2) // two tokens a session
		v.add(chat.HashOf(strconv.Itoa(n)), chat.SessionID(text), anna, at(0))
	}
	if n := v.table.Len(); n > maxVerified || len(v.tokens) > maxVerified/2+1 {
		t.Errorf("%d entries of %d sessions", n, len(v.tokens))
	}
	if v.holds(chat.HashOf("0"), anna, at(1)) {
		t.Error("the oldest is still verified")
	}
	last := 2*maxVerified - 1
	if !v.holds(chat.HashOf(strconv.Itoa(last)), anna, at(1)) {
		t.Error("the latest is not verified")
	}
	v.forget(chat.SessionID(strconv.Itoa(last / 2)))
	if v.holds(chat.HashOf(strconv.Itoa(last)), anna, at(1)) || v.holds(chat.HashOf(strconv.Itoa(last-1)), anna, at(1)) {
		t.Error("a session that has ended is still verified")
	}
}
