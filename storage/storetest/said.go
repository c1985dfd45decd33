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
