package storetest

import (
	"fmt"

	"github.com/parley-chat/parley/chat"
)

func testOpenConversation(e *env) {
	_, err := e.ConversationOf(ctx, person(1))
	e.wantErr(err, chat.ErrNotFound)
	want := seed(person(1), "c1")
	want.Profile = chat.Profile{ID: "1", Email: "ada@example.com", Labels: []string{"a", "b"}, Fields: map[string]string{"k": "v"}}
	want.Page = chat.Page{URL: "https://shop.example/"}
	got, err := e.OpenConversation(ctx, person(1), want)
	e.must(err)
	e.same("opened", got, want)
	e.bothWays(func() {
		got, err := e.OpenConversation(ctx, person(1), seed(person(1), "another"))
		e.must(err)
		e.same("opened again", got, want)
		got, err = e.ConversationOf(ctx, person(1))
		e.must(err)
		e.same("of the owner", got, want)
		_, err = e.Conversation(ctx, "another")
		e.wantErr(err, chat.ErrNotFound)
	})
	// A person's key that looks like a tab secret's, and the same key elsewhere.
	secret, anon := e.anonymous("mark-1", "c2")
	for i, o := range []chat.Owner{
		{Site: site, Person: string(secret[:])},
		{Site: site, Person: secret.String()},
		{Site: "s", Person: "hopid:1"},
		{Site: "shopid:", Person: "1"},
	} {
		_, err := e.ConversationOf(ctx, o)
		e.wantErr(err, chat.ErrNotFound)
		if c := e.conversation(o, fmt.Sprintf("other-%d", i)); c.ID == anon.ID || c.ID == "c1" {
			e.Fatalf("%+v got %s", o, c.ID)
		}
	}
	elsewhere := chat.Owner{Site: "elsewhere", TabSecret: &secret}
	_, err = e.ConversationOf(ctx, elsewhere)
	e.wantErr(err, chat.ErrNotFound)
}

func testOpenConversationAtOnce(e *env) {
	for round := range 8 {
		ids := make([]chat.ConversationID, 32)
		for _, err := range atOnce(len(ids), func(i int) error {
			c, err := e.OpenConversation(ctx, person(round), seed(person(round), fmt.Sprintf("c-%d-%d", round, i)))
			ids[i] = c.ID
			return err
		}) {
			e.must(err)
		}
		for i, id := range ids {
			if id != ids[0] {
				e.Fatalf("%s and %s", ids[0], id)
			}
			if made := chat.ConversationID(fmt.Sprintf("c-%d-%d", round, i)); made != id {
				_, err := e.Conversation(ctx, made)
				e.wantErr(err, chat.ErrNotFound)
			}
		}
	}
}
