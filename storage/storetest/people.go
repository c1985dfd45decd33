package storetest

import (
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chat"
)

func (e *env) signIn(session string, n int, p chat.Profile) chat.Person {
	e.Helper()
	got, err := e.SignIn(ctx, signedIn(session, n), chat.HashOf("token of "+session), p)
	e.must(err)
	return got
}

func testUpdatePerson(e *env) {
	err := e.UpdatePerson(ctx, site, "id:1", chat.Profile{})
	e.wantErr(err, chat.ErrNotFound)
	e.signIn("s1", 1, chat.Profile{ID: "1", Firstname: "Ada"})
	// Without a conversation, and then with one.
	e.must(e.UpdatePerson(ctx, site, "id:1", chat.Profile{ID: "1", Firstname: "Augusta"}))
	c := e.conversation(person(1), "c1")
	e.say(c.ID, 1)
	want := chat.Profile{ID: "1", Firstname: "Augusta Ada", Labels: []string{"vip"}}
	e.must(e.UpdatePerson(ctx, site, "id:1", want))
	e.bothWays(func() {
		p, err := e.Person(ctx, site, "id:1")
		e.must(err)
		e.same("person", p.Profile, want)
		kept, err := e.Conversation(ctx, c.ID)
		e.must(err)
		e.same("conversation", kept.Profile, want)
		if kept.Rev <= c.Rev || kept.Last != 1 || !kept.Active.Equal(at(0)) {
			e.Fatalf("conversation: %+v", kept)
		}
	})
}

func testPersonByEmail(e *env) {
	find := func(email, want string) {
		e.Helper()
		p, err := e.PersonByEmail(ctx, site, email)
		if want == "" {
			e.wantErr(err, chat.ErrNotFound)
			return
		}
		e.must(err)
		if p.Key != want {
			e.Fatalf("%s leads to %s, want %s", email, p.Key, want)
		}
	}
	find("ada@example.com", "")
	find("", "")
	e.signIn("s1", 1, chat.Profile{ID: "1", Email: " Ada@Example.com "})
	e.signIn("s0", 9, chat.Profile{ID: "9"})
	find("ada@example.com", "id:1")
	find("ADA@example.com ", "id:1")
	find("", "")
	// Somebody else is seen with it: from then on it names neither.
	shared := func(email string) {
		e.Helper()
		if _, err := e.PersonByEmail(ctx, site, email); !errors.Is(err, chat.ErrSharedAddress) {
			e.Fatalf("%s: %v, want that several have carried it", email, err)
		}
	}
	e.signIn("s2", 2, chat.Profile{ID: "2", Email: "ada@example.com"})
	e.bothWays(func() { shared("ada@example.com") })
	e.signIn("s3", 1, chat.Profile{ID: "1", Email: "ada@example.com"})
	e.must(e.UpdatePerson(ctx, site, "id:2", chat.Profile{ID: "2", Email: "ada@example.com"}))
	shared("ADA@example.com")
	// Also where one of them moves on to another address.
	e.must(e.UpdatePerson(ctx, site, "id:2", chat.Profile{ID: "2", Email: "new@example.com"}))
	e.bothWays(func() {
		find("new@example.com", "id:2")
		shared("ada@example.com")
	})
	// Asked for by the address, it is the last one's and theirs who have it now.
	e.signIn("s7", 7, chat.Profile{ID: "7", Email: "desk@example.com"})
	e.signIn("s8", 8, chat.Profile{ID: "8", Email: "desk@example.com"})
	e.must(e.UpdatePerson(ctx, site, "id:7", chat.Profile{ID: "7", Email: "moved@example.com"}))
	data, err := e.PersonalData(ctx, chat.Subject{Site: site, Email: "desk@example.com"})
	e.must(err)
	if len(data) != 1 || data[0].Key != "id:8" {
		e.Fatalf("the address leads to %+v", data)
	}
	// Who is erased may come back: it names nobody until all are gone.
	_, err = e.Erase(ctx, chat.Subject{Site: site, ID: "2"})
	e.must(err)
	e.bothWays(func() {
		shared("ada@example.com")
		find("new@example.com", "")
	})
	for i := range 20 {
		e.comes(site, fmt.Sprint("id:many", i), fmt.Sprint("many", i), "office@example.com")
	}
	for i := range 20 {
		shared("office@example.com")
		_, err := e.Erase(ctx, chat.Subject{Site: site, ID: fmt.Sprint("many", i)})
		e.must(err)
	}
	e.bothWays(func() { find("office@example.com", "") })
	// Who has an id goes before who has none.
	e.comes(site, "email:mail@example.com", "mail", "mail@example.com")
	find("mail@example.com", "email:mail@example.com")
	e.signIn("s5", 5, chat.Profile{ID: "5", Email: "mail@example.com"})
	e.bothWays(func() { find("mail@example.com", "id:5") })
	e.must(e.UpdatePerson(ctx, site, "email:mail@example.com", chat.Profile{Email: "mail@example.com", Firstname: "M"}))
	find("mail@example.com", "id:5")
	e.signIn("s6", 6, chat.Profile{ID: "6", Email: "new@example.com"})
	// What a page's script says is no evidence.
	c := e.conversation(person(1), "c1")
	e.change(c.ID, chat.Change{Unverified: said(`{"email": "new@example.com"}`)}, at(1))
	find("new@example.com", "id:6")
	_, err = e.PersonByEmail(ctx, "elsewhere", "new@example.com")
	e.wantErr(err, chat.ErrNotFound)
}

func testSites(e *env) {
	e.signIn("s1", 1, chat.Profile{ID: "1", Email: "ada@example.com"})
	other := signedIn("s2", 1)
	other.Site = "intranet"
	_, err := e.SignIn(ctx, other, chat.HashOf("token-2"), chat.Profile{ID: "1", Email: "bob@example.com"})
	e.must(err)
	here := e.conversation(person(1), "c1")
	there := e.conversation(chat.Owner{Site: "intranet", Person: "id:1"}, "c2")
	e.must(e.UpdatePerson(ctx, "intranet", "id:1", chat.Profile{ID: "1", Firstname: "Bob"}))
	e.bothWays(func() {
		p, err := e.Person(ctx, site, "id:1")
		e.must(err)
		if p.Profile.Email != "ada@example.com" {
			e.Fatalf("person: %+v", p)
		}
		for _, c := range []chat.Conversation{here, there} {
			got, err := e.ConversationOf(ctx, chat.Owner{Site: c.Site, Person: "id:1"})
			e.must(err)
			if got.ID != c.ID || got.Site != c.Site {
				e.Fatalf("conversation: %+v", got)
			}
		}
		if c, err := e.Conversation(ctx, here.ID); err != nil || c.Profile.Firstname != "" {
			e.Fatalf("conversation: %+v, %v", c, err)
		}
	})
}

func testTabSecrets(e *env) {
	secret := chat.HashOf("mark-1")
	_, err := e.TabSecret(ctx, secret)
	e.wantErr(err, chat.ErrNotFound)
	e.wantErr(e.TouchTabSecret(ctx, secret, at(1)), chat.ErrNotFound)
	want := chat.TabSecret{Hash: secret, Site: site, Session: "s1", Created: start, Contact: at(1)}
	e.must(e.StartTabSecret(ctx, want))
	check := func() {
		e.Helper()
		got, err := e.TabSecret(ctx, secret)
		e.must(err)
		e.same("mark", got, want)
	}
	e.bothWays(check)
	want.Contact = at(9)
	e.must(e.TouchTabSecret(ctx, secret, at(9)))
	e.must(e.TouchTabSecret(ctx, secret, at(5))) // never back
	e.bothWays(check)
}

func testAgentSessions(e *env) {
	token := chat.HashOf("agent-1")
	_, err := e.AgentSession(ctx, token)
	e.wantErr(err, chat.ErrNotFound)
	e.wantErr(e.TouchAgentSession(ctx, token, at(1)), chat.ErrNotFound)
	e.must(e.EndAgentSession(ctx, token))
	want := chat.AgentSession{Token: token, Email: "anna@example.com", Credential: chat.HashOf("credential"), Created: start, Contact: start}
	e.must(e.StartAgentSession(ctx, want))
	other := want
	other.Token = chat.HashOf("agent-2")
	e.must(e.StartAgentSession(ctx, other))
	check := func() {
		e.Helper()
		got, err := e.AgentSession(ctx, token)
		e.must(err)
		e.same("session", got, want)
	}
	e.bothWays(check)
	want.Contact = at(60)
	e.must(e.TouchAgentSession(ctx, token, at(60)))
	e.bothWays(check)
	e.must(e.EndAgentSession(ctx, token))
	e.must(e.EndAgentSession(ctx, token))
	e.bothWays(func() {
		_, err := e.AgentSession(ctx, token)
		e.wantErr(err, chat.ErrNotFound)
		e.wantErr(e.TouchAgentSession(ctx, token, at(70)), chat.ErrNotFound)
		got, err := e.AgentSession(ctx, other.Token)
		e.must(err)
		e.same("the other", got, other)
	})
}
