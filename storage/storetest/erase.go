package storetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/chat"
)

func (e *env) nothingOfMia() {
	e.Helper()
	for what, err := range map[string]error{
		"person":            errOf(e.Person(ctx, site, "id:1")),
		"address":           errOf(e.PersonByEmail(ctx, site, "mia@example.com")),
		"old address":       errOf(e.PersonByEmail(ctx, site, "old@example.com")),
		"session":           errOf(e.Session(ctx, chat.HashOf("token-mia-1"))),
		"session by name":   errOf(e.SessionByID(ctx, "mia-2")),
		"own conversation":  errOf(e.ConversationOf(ctx, person(1))),
		"conversation":      errOf(e.Conversation(ctx, "c-mia")),
		"what went into it": errOf(e.Conversation(ctx, "c-mia-before")),
	} {
		if !errors.Is(err, chat.ErrNotFound) {
			e.Fatalf("%s: %v", what, err)
		}
	}
	if ms := e.all("c-mia"); len(ms) != 0 {
		e.Fatalf("%d messages", len(ms))
	}
	_, _, err := e.ChangeConversation(ctx, "c-mia", visitorSays("client-late", "late"), at(10))
	e.wantErr(err, chat.ErrNotFound)
	hs, err := e.PersonalData(ctx, chat.Subject{Site: site, ID: "1"})
	e.must(err)
	if len(hs) != 0 {
		e.Fatalf("there is still %+v", hs)
	}
}

func errOf[T any](_ T, err error) error { return err }

func testErase(e *env) {
	_, own := e.mia()
	others := e.others()
	e.change(own.ID, files(visitorSays("client-files", "see"), e.uploaded("f-1", own.ID, 300<<10), e.uploaded("f-2", own.ID, 1)), at(10))
	e.uploaded("f-unsent", own.ID, 200<<10)
	kept := e.uploaded("f-kept", "c-jonas", 300<<10)
	e.change("c-jonas", files(visitorSays("client-files", "mine"), kept), at(10))
	_, err := e.Erase(ctx, chat.Subject{Site: "wiki", ID: "2"})
	e.wantErr(err, chat.ErrNotFound)
	hs, err := e.Erase(ctx, chat.Subject{Site: site, ID: "1"})
	e.must(err)
	if len(hs) != 1 || hs[0].Messages() != 6 || len(hs[0].Sessions) != 2 {
		e.Fatalf("erased %+v", hs)
	}
	e.bothWays(func() {
		e.nothingOfMia()
		others()
		e.attached("c-jonas", 5, kept)
		if st, err := e.Stats(ctx); err != nil || st.Attachments != 1 || st.AttachmentBytes < 300<<10 || st.AttachmentBytes > 301<<10 {
			e.Fatalf("files that are left: %+v, %v", st, err)
		}
	})
	cs, _, err := e.Inbox(ctx, chat.Filter{}, "", 10)
	e.must(err)
	if n, err := e.Count(ctx, nil, anna); err != nil || n != (chat.Counts{Unread: 3, Waiting: 3}) || len(cs) != 3 {
		e.Fatalf("%d listed, %+v, %v", len(cs), n, err)
	}
	_, err = e.Erase(ctx, chat.Subject{Site: site, ID: "1"})
	e.wantErr(err, chat.ErrNotFound)

	// Who comes back is somebody new, with client ids of their own.
	e.comes(site, "id:1", "mia-3", "mia@example.com")
	c := e.conversation(person(1), "c-mia-again")
	e.say(c.ID, 2)
	e.bothWays(func() { e.gapless(e.all(c.ID), 2) })
}

func testEraseByEmail(e *env) {
	e.mia()
	others := e.others()
	// Somebody else with the same address, and a person who has nothing else.
	e.comes("wiki", "id:9", "wiki-9", "mia@example.com")
	e.comes("wiki", "email:mia@example.com", "wiki-mail", "mia@example.com")
	hs, err := e.Erase(ctx, chat.Subject{Email: "Mia@Example.com"})
	e.must(err)
	if len(hs) != 3 {
		e.Fatalf("erased %+v", hs)
	}
	e.bothWays(func() {
		e.nothingOfMia()
		others()
		for _, key := range []string{"id:9", "email:mia@example.com"} {
			_, err := e.Person(ctx, "wiki", key)
			e.wantErr(err, chat.ErrNotFound)
		}
	})
}

func testEraseAnonymous(e *env) {
	others := e.others()
	secret, c := e.anonymous("mark-1", "c-1")
	e.say(c.ID, 3)
	hs, err := e.Erase(ctx, chat.Subject{Conversation: c.ID})
	e.must(err)
	if len(hs) != 1 || hs[0].Key != "" || len(hs[0].TabSecrets) != 1 || hs[0].TabSecrets[0].Hash != secret {
		e.Fatalf("erased %+v", hs)
	}
	e.bothWays(func() {
		_, err := e.Conversation(ctx, c.ID)
		e.wantErr(err, chat.ErrNotFound)
		_, err = e.TabSecret(ctx, secret)
		e.wantErr(err, chat.ErrNotFound)
		_, err = e.ConversationOf(ctx, chat.Owner{Site: site, TabSecret: &secret})
		e.wantErr(err, chat.ErrNotFound)
		others()
	})
}

// More than one transaction holds, in messages, in sessions and in shells of
// conversations that were taken over.
func testEraseLarge(e *env) {
	e.comes(site, "id:1", "mia-1", "mia@example.com")
	e.comes(site, "id:1", "mia-2", "old@example.com")
	e.conversation(person(1), "c-mia")
	e.conversation(person(1), "c-mia-before")
	text := strings.Repeat("€", chat.MaxText)
	for _, err := range atOnce(150, func(i int) error {
		_, _, err := e.ChangeConversation(ctx, "c-mia", visitorSays(fmt.Sprint("client-", i), text), at(1))
		return err
	}) {
		e.must(err)
	}
	for _, err := range atOnce(700, func(i int) error {
		s := chat.Session{ID: chat.SessionID(fmt.Sprint("s-", i)), Site: site, Person: "id:1", Created: start}
		if _, err := e.SignIn(ctx, s, chat.HashOf(fmt.Sprint("many-", i)), chat.Profile{ID: "1"}); err != nil {
			return err
		}
		return nil
	}) {
		e.must(err)
	}
	hs, err := e.Erase(ctx, chat.Subject{Site: site, ID: "1"})
	e.must(err)
	if len(hs) != 1 || hs[0].Messages() != 150 || len(hs[0].Sessions) != 702 {
		e.Fatalf("erased %d messages and %d sessions", hs[0].Messages(), len(hs[0].Sessions))
	}
	e.bothWays(func() {
		e.nothingOfMia()
		for i := range 700 {
			if _, err := e.Session(ctx, chat.HashOf(fmt.Sprint("many-", i))); !errors.Is(err, chat.ErrNotFound) {
				e.Fatalf("session %d: %v", i, err)
			}
		}
	})
}

// A session never outlives its person: nobody could do anything with it.
func testEraseWhileSigningIn(e *env) {
	others := e.others()
	e.conversation(person(12), "c-busy")
	const each = 40
	errs := atOnce(6, func(i int) error {
		for n := range each {
			var err error
			switch name := fmt.Sprintf("mia-%d-%d", i, n); {
			case i < 2:
				if _, err = e.Erase(ctx, chat.Subject{Site: site, ID: "1"}); errors.Is(err, chat.ErrNotFound) {
					err = nil
				}
			case i == 2:
				_, _, err = e.ChangeConversation(ctx, "c-busy", visitorSays("client-"+name, "hello"), at(n))
			default:
				_, err = e.SignIn(ctx, chat.Session{ID: chat.SessionID(name), Site: site, Person: "id:1", Created: start},
					chat.HashOf(name), chat.Profile{ID: "1", Email: "mia@example.com"})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		e.must(err)
	}
	hs, err := e.PersonalData(ctx, chat.Subject{Site: site, ID: "1"})
	e.must(err)
	sessions := 0
	for i := 3; i < 6; i++ {
		for n := range each {
			s, err := e.Session(ctx, chat.HashOf(fmt.Sprintf("mia-%d-%d", i, n)))
			if errors.Is(err, chat.ErrNotFound) {
				continue
			}
			e.must(err)
			sessions++
			_, err = e.Person(ctx, s.Site, s.Person)
			e.must(err)
		}
	}
	if sessions > 0 && (len(hs) != 1 || len(hs[0].Sessions) != sessions) {
		e.Fatalf("%d sessions are left, and found %+v", sessions, hs)
	}
	e.gapless(e.all("c-busy"), each)
	others()
}
