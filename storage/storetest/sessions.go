package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/parley-chat/parley/chat"
)

func session(id string) chat.Session {
	return chat.Session{ID: chat.SessionID(id), Site: site, Created: start, Contact: start}
}

func testSessions(e *env) {
	token := chat.HashOf("token-1")
	_, err := e.Session(ctx, token)
	e.wantErr(err, chat.ErrNotFound)
	_, err = e.SessionByID(ctx, "s1")
	e.wantErr(err, chat.ErrNotFound)
	_, err = e.ChangeSession(ctx, "s1", chat.SessionChange{Contact: at(1)})
	e.wantErr(err, chat.ErrNotFound)
	want := session("s1")
	e.must(e.StartSession(ctx, want, token))
	check := func() {
		e.Helper()
		got, err := e.Session(ctx, token)
		e.must(err)
		e.same("by token", got, want)
		got, err = e.SessionByID(ctx, "s1")
		e.must(err)
		e.same("by name", got, want)
	}
	e.bothWays(check)
	ch := chat.SessionChange{Contact: at(60), Evidence: at(50), NamedByPage: true}
	got, err := e.ChangeSession(ctx, "s1", ch)
	e.must(err)
	e.must(want.Apply(ch))
	e.same("changed", got, want)
	e.bothWays(check)
	// Times never go back, and Paged stays.
	got, err = e.ChangeSession(ctx, "s1", chat.SessionChange{Contact: at(5), Evidence: at(5)})
	e.must(err)
	e.same("not changed", got, want)
	e.bothWays(check)
}

func testSessionTokens(e *env) {
	tokens := make([]chat.Hash, chat.MaxTokens+3)
	for i := range tokens {
		tokens[i] = chat.HashOf(fmt.Sprint("token-", i))
	}
	e.must(e.StartSession(ctx, session("s1"), tokens[0]))
	alive := func(from, to int) {
		e.Helper()
		for i, token := range tokens {
			got, err := e.Session(ctx, token)
			if i < from || i > to {
				e.wantErr(err, chat.ErrNotFound)
				continue
			}
			e.must(err)
			if got.ID != "s1" {
				e.Fatalf("token %d opens %s", i, got.ID)
			}
		}
	}
	add := func(i int) {
		e.Helper()
		_, err := e.ChangeSession(ctx, "s1", chat.SessionChange{AddToken: &tokens[i]})
		e.must(err)
	}
	for i := 1; i < chat.MaxTokens; i++ {
		add(i)
	}
	e.bothWays(func() { alive(0, chat.MaxTokens-1) })
	add(3) // the same again takes no place
	alive(0, chat.MaxTokens-1)
	add(chat.MaxTokens)
	add(chat.MaxTokens + 1)
	e.bothWays(func() { alive(2, chat.MaxTokens+1) })

	// Many at once: never more than MaxTokens.
	for _, err := range atOnce(32, func(i int) error {
		_, err := e.ChangeSession(ctx, "s1", chat.SessionChange{AddToken: ptr(chat.HashOf(fmt.Sprint("parallel-", i)))})
		return err
	}) {
		e.must(err)
	}
	n := 0
	for i := range 32 {
		if _, err := e.Session(ctx, chat.HashOf(fmt.Sprint("parallel-", i))); err == nil {
			n++
		}
	}
	if n != chat.MaxTokens {
		e.Fatalf("%d tokens open the session", n)
	}
	alive(len(tokens), 0)
}

func testSessionEnds(e *env) {
	token, second, late := chat.HashOf("token-1"), chat.HashOf("token-2"), chat.HashOf("token-3")
	e.must(e.StartSession(ctx, session("s1"), token))
	_, err := e.ChangeSession(ctx, "s1", chat.SessionChange{AddToken: &second})
	e.must(err)
	want := session("s1")
	want.Ended, want.Ending, want.Successor = at(9), chat.EndedByLogin, "s2"
	end := chat.SessionChange{End: &chat.SessionEnd{At: at(9), Ending: chat.EndedByLogin, Successor: "s2"}}
	got, err := e.ChangeSession(ctx, "s1", end)
	e.must(err)
	e.same("ended", got, want)
	e.bothWays(func() {
		// It is remembered, and known by its tokens, for chat.EndedRetention.
		for _, h := range []chat.Hash{token, second} {
			got, err := e.Session(ctx, h)
			e.must(err)
			e.same("ended, by token", got, want)
		}
		// Nothing brings it back or changes it.
		_, err := e.ChangeSession(ctx, "s1", chat.SessionChange{Contact: at(20), AddToken: &late})
		e.wantErr(err, chat.ErrEnded)
		again := chat.SessionChange{AddToken: &late, End: &chat.SessionEnd{At: at(30), Ending: chat.EndedByLogout}}
		got, err = e.ChangeSession(ctx, "s1", again)
		e.must(err)
		e.same("ended again", got, want)
		_, err = e.SignIn(ctx, session("s1"), late, chat.Profile{})
		if err == nil {
			e.Fatal("signing in brought an ended session back")
		}
		if err := e.StartSession(ctx, session("s1"), late); err == nil {
			e.Fatal("starting it anew brought an ended session back")
		}
		_, err = e.Session(ctx, late)
		e.wantErr(err, chat.ErrNotFound)
		kept, err := e.SessionByID(ctx, "s1")
		e.must(err)
		e.same("ended, by name", kept, want)
	})
}

func testSessionEndsAtOnce(e *env) {
	e.must(e.StartSession(ctx, session("s1"), chat.HashOf("token-1")))
	for _, err := range atOnce(32, func(i int) error {
		if i%2 == 0 {
			_, err := e.ChangeSession(ctx, "s1", chat.SessionChange{
				End: &chat.SessionEnd{At: at(i), Ending: chat.EndedBySwitch, Successor: chat.SessionID(fmt.Sprint("next-", i))}})
			return err
		}
		token := chat.HashOf(fmt.Sprint("late-", i))
		got, err := e.ChangeSession(ctx, "s1", chat.SessionChange{Contact: at(i), AddToken: &token})
		if err != nil {
			if !errors.Is(err, chat.ErrEnded) {
				return err
			}
			return nil
		}
		if !got.Live() {
			return fmt.Errorf("a change of an ended session was accepted")
		}
		return nil
	}) {
		e.must(err)
	}
	first, err := e.SessionByID(ctx, "s1")
	e.must(err)
	e.bothWays(func() {
		got, err := e.Session(ctx, chat.HashOf("token-1"))
		if err == nil {
			e.same("ended once", got, first)
		}
		got, err = e.SessionByID(ctx, "s1")
		e.must(err)
		if got.Live() || got.Successor == "" {
			e.Fatalf("after the end: %+v", got)
		}
		e.same("ended once", got, first)
	})
}

func signedIn(id string, n int) chat.Session {
	s := session(id)
	s.Person, s.Evidence = fmt.Sprintf("id:%d", n), start
	return s
}

func testSignIn(e *env) {
	profile := chat.Profile{ID: "1", Email: "Ada@example.com", Firstname: "Ada", Labels: []string{"vip"}, Fields: map[string]string{"plan": "gold"}}
	s := signedIn("s1", 1)
	p, err := e.SignIn(ctx, s, chat.HashOf("token-1"), profile)
	e.must(err)
	if p.Site != site || p.Key != "id:1" || p.Created.IsZero() || !p.Profile.Equal(profile) {
		e.Fatalf("person: %+v", p)
	}
	e.bothWays(func() {
		got, err := e.Session(ctx, chat.HashOf("token-1"))
		e.must(err)
		e.same("session", got, s)
		kept, err := e.Person(ctx, site, "id:1")
		e.must(err)
		e.same("person", kept, p)
	})
	// The same session again: a token is added, nothing else happens.
	_, err = e.SignIn(ctx, s, chat.HashOf("token-1"), profile)
	e.must(err)
	_, err = e.SignIn(ctx, s, chat.HashOf("token-2"), profile)
	e.must(err)
	for _, token := range []string{"token-1", "token-2"} {
		got, err := e.Session(ctx, chat.HashOf(token))
		e.must(err)
		e.same("session by "+token, got, s)
	}
	// Another session of the same person, who has a new profile since.
	profile.Firstname = "Augusta"
	again, err := e.SignIn(ctx, signedIn("s2", 1), chat.HashOf("token-3"), profile)
	e.must(err)
	if !again.Created.Equal(p.Created) || again.Profile.Firstname != "Augusta" {
		e.Fatalf("person: %+v", again)
	}
	e.bothWays(func() {
		kept, err := e.Person(ctx, site, "id:1")
		e.must(err)
		e.same("person", kept, again)
	})
	_, err = e.Person(ctx, site, "id:2")
	e.wantErr(err, chat.ErrNotFound)
}

func testSignInAtOnce(e *env) {
	var created atomic.Pointer[string]
	for _, err := range atOnce(32, func(i int) error {
		s := signedIn(fmt.Sprint("s", i), 1)
		s.Created = at(i)
		p, err := e.SignIn(ctx, s, chat.HashOf(fmt.Sprint("token-", i)), chat.Profile{ID: "1"})
		if err != nil {
			return err
		}
		when := p.Created.String()
		if !created.CompareAndSwap(nil, &when) && *created.Load() != when {
			return fmt.Errorf("two people were made: %s and %s", *created.Load(), when)
		}
		return nil
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		p, err := e.Person(ctx, site, "id:1")
		e.must(err)
		if p.Created.String() != *created.Load() {
			e.Fatalf("the person was made %s, not %s", p.Created, *created.Load())
		}
		for i := range 32 {
			got, err := e.Session(ctx, chat.HashOf(fmt.Sprint("token-", i)))
			e.must(err)
			if got.ID != chat.SessionID(fmt.Sprint("s", i)) {
				e.Fatalf("token %d opens %s", i, got.ID)
			}
		}
	})
}
