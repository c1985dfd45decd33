package storetest

import (
	"fmt"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// comes signs a person in, by a new session, and returns them.
func (e *env) comes(site, key, session, email string) chat.Person {
	e.Helper()
	p, err := e.SignIn(ctx, chat.Session{ID: chat.SessionID(session), Site: site, Person: key, Created: start, Contact: start, Evidence: start},
		chat.HashOf("token-"+session), chat.Profile{ID: strings.TrimPrefix(key, "id:"), Email: email, Firstname: key})
	e.must(err)
	return p
}

// mia is a person with all that one can have: two sessions, two addresses, a
// conversation and the shell of another that went into it.
func (e *env) mia() (chat.Person, chat.Conversation) {
	e.Helper()
	e.comes(site, "id:1", "mia-1", "old@example.com")
	p := e.comes(site, "id:1", "mia-2", "mia@example.com")
	own := chat.Owner{Site: site, Person: p.Key}
	c := e.conversation(own, "c-mia")
	e.say(c.ID, 3)
	secret, anon := e.anonymous("mark-mia", "c-mia-before")
	e.say(anon.ID, 2)
	_, c, err := e.MergeConversation(ctx, secret, p, at(9))
	e.must(err)
	return p, c
}

// others are people who must stay as they are: the same id on another site,
// and the same names otherwise.
func (e *env) others() (check func()) {
	e.Helper()
	e.comes("wiki", "id:1", "wiki-1", "else@example.com")
	wiki := e.conversation(chat.Owner{Site: "wiki", Person: "id:1"}, "c-wiki")
	e.say(wiki.ID, 2)
	e.comes(site, "id:11", "jonas-1", "jonas@example.com")
	jonas := e.conversation(person(11), "c-jonas")
	e.say(jonas.ID, 4)
	secret, anon := e.anonymous("mark-else", "c-anonymous")
	e.say(anon.ID, 1)
	return func() {
		e.Helper()
		e.gapless(e.all("c-wiki"), 2)
		if ms := e.all("c-jonas"); len(ms) < 4 {
			e.Fatalf("%d messages", len(ms))
		}
		e.gapless(e.all("c-anonymous"), 1)
		for _, session := range []string{"wiki-1", "jonas-1"} {
			_, err := e.Session(ctx, chat.HashOf("token-"+session))
			e.must(err)
		}
		_, err := e.PersonByEmail(ctx, "wiki", "else@example.com")
		e.must(err)
		_, err = e.PersonByEmail(ctx, site, "jonas@example.com")
		e.must(err)
		_, err = e.ConversationOf(ctx, chat.Owner{Site: site, TabSecret: &secret})
		e.must(err)
	}
}

func testPersonalData(e *env) {
	p, c := e.mia()
	e.others()
	none, err := e.PersonalData(ctx, chat.Subject{ID: "2"})
	e.must(err)
	if len(none) != 0 {
		e.Fatalf("of nobody: %+v", none)
	}
	e.bothWays(func() {
		for _, who := range []chat.Subject{
			{Site: site, ID: "1"}, {Email: " MIA@example.com"}, {Email: "old@example.com"},
			{Conversation: c.ID}, {Conversation: "c-mia-before"},
		} {
			hs, err := e.PersonalData(ctx, who)
			e.must(err)
			if len(hs) != 1 {
				e.Fatalf("%+v: %d entries", who, len(hs))
			}
			h := hs[0]
			if h.Person == nil || h.Person.Profile.Email != p.Profile.Email || h.Messages() != 5 {
				e.Fatalf("%+v: %+v", who, h)
			}
			if len(h.Emails) != 2 || len(h.Sessions) != 2 || len(h.Conversations) != 2 {
				e.Fatalf("%+v: %+v", who, h)
			}
			e.same("conversation", h.Conversations[0], c)
		}
	})
	both, err := e.PersonalData(ctx, chat.Subject{ID: "1"})
	e.must(err)
	if len(both) != 2 {
		e.Fatalf("on all sites: %d", len(both))
	}
}

func testStats(e *env) {
	e.mia()
	e.others()
	e.change("c-jonas", chat.Change{Status: chat.Resolved}, at(1))
	e.bothWays(func() {
		st, err := e.Stats(ctx)
		e.must(err)
		got := fmt.Sprint(st.Conversations, st.Open, st.Resolved, st.Anonymous, st.Messages, st.People, st.Sessions, st.TabSecrets)
		if got != "4 3 1 1 12 3 4 2" {
			e.Fatalf("conversations, open, resolved, anonymous, messages, people, sessions, tab secrets: %s", got)
		}
		if st.Oldest.IsZero() || !st.Newest.Equal(at(3)) || !st.Erased.IsZero() {
			e.Fatalf("%+v", st)
		}
	})
	_, err := e.Erase(ctx, chat.Subject{Site: site, ID: "1"})
	e.must(err)
	st, err := e.Stats(ctx)
	e.must(err)
	if st.Messages != 7 || !st.Uncompacted() {
		e.Fatalf("after erasing: %+v", st)
	}
}
