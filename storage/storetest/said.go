package storetest

import (
	"fmt"

	"github.com/parley-chat/parley/chat"
)

// testChangeWhatIsSaid: what a visitor says of themselves is changed key by key,
// so of those who say something at once nobody is overwritten; and a message that
// comes again does not say again what has been changed since.
func testChangeWhatIsSaid(e *env) {
	c := e.conversation(person(1), "c1")
	first := visitorSays("client-1", "hello")
	first.Unverified = said(`{"firstname": "Ada", "additionalTaggingData": {"order": "17"}}`)
	e.change(c.ID, first, at(1))
	const pages = 16
	for _, err := range atOnce(pages, func(i int) error {
		ch := chat.Change{Unverified: said(fmt.Sprintf(`{"additionalTaggingData": {"page-%d": "yes"}}`, i))}
		_, _, err := e.ChangeConversation(ctx, c.ID, ch, at(2))
		return err
	}) {
		e.must(err)
	}
	e.change(c.ID, chat.Change{Unverified: said(`{"firstname": "Ada B."}`)}, at(3))
	e.change(c.ID, first, at(4))
	e.bothWays(func() {
		kept, err := e.Conversation(ctx, c.ID)
		e.must(err)
		p := kept.Unverified
		if p.Firstname != "Ada B." || p.Fields["order"] != "17" || len(p.Fields) != pages+1 {
			e.Fatalf("said: %+v", p)
		}
		e.gapless(e.all(c.ID), 1)
	})
}

// testMergeWhatIsSaid: who signs in keeps what they said of themselves before,
// here and there; where both say something of one thing, it is what they said in
// the chat that goes into the other.
func testMergeWhatIsSaid(e *env) {
	own := e.conversation(person(1), "own")
	first := visitorSays("client-0", "mine")
	first.Unverified = said(`{"firstname": "Ada", "gender": "f", "labels": ["old", "both"], "additionalTaggingData": {"plan": "pro", "order": "17"}}`)
	e.change(own.ID, first, at(1))
	secret, anon := e.anonymous("mark-1", "anon")
	first = visitorSays("client-1", "one")
	first.Unverified = said(`{"firstname": "A.", "email": "ada@example.com", "labels": ["both", "new"], "additionalTaggingData": {"order": "18", "phone": "030 1"}}`)
	e.change(anon.ID, first, at(10))
	_, got, err := e.MergeConversation(ctx, secret, ada(), at(500))
	e.must(err)
	want := chat.Profile{Firstname: "A.", Gender: "f", Email: "ada@example.com", Labels: []string{"old", "both", "new"},
		Fields: map[string]string{"plan": "pro", "order": "18", "phone": "030 1"}}
	e.same("said", got.Unverified, want)
	e.bothWays(func() {
		kept, err := e.ConversationOf(ctx, person(1))
		e.must(err)
		e.same("said", kept.Unverified, want)
	})
}
