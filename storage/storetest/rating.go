package storetest

import (
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chat"
)

func rates(score int, comment string, resolves int) chat.Change {
	return chat.Change{Rating: &chat.Rating{Score: score, Comment: comment, Resolves: resolves}, By: chat.Author{Side: chat.Visitor}}
}

// A rating is of the time that the conversation was resolved, takes no number
// among the messages, and is refused once that is over.
func testRatings(e *env) {
	byAnna := chat.Author{Side: chat.Agent, ID: anna, Name: "Anna"}
	id := e.conversation(person(1), "c1").ID
	e.say(id, 2)
	refused := func(ch chat.Change) {
		e.Helper()
		before, err := e.Conversation(ctx, id)
		e.must(err)
		_, _, err = e.ChangeConversation(ctx, id, ch, at(50))
		e.wantErr(err, chat.ErrNotResolved)
		after, err := e.Conversation(ctx, id)
		e.must(err)
		e.same("after what was refused", after, before)
	}
	refused(rates(5, "", 0))
	e.change(id, chat.Change{Status: chat.Resolved, By: byAnna}, at(10))
	refused(rates(5, "", 0))
	want := chat.Rating{Score: 4, Comment: "thanks", Time: at(11), Resolves: 1}
	c, m := e.change(id, rates(4, "thanks", 1), at(11))
	if e.same("rated", c.CurrentRating(), want); m != nil || c.Last != 2 {
		e.Fatalf("it is message %+v", m)
	}
	again, _ := e.change(id, rates(4, "thanks", 1), at(12))
	e.same("the same once more", again, c)
	e.bothWays(func() {
		kept, err := e.Conversation(ctx, id)
		e.must(err)
		e.same("kept", kept, c)
		e.gapless(e.all(id), 2)
	})
	e.change(id, rates(2, "", 1), at(13))
	_, m = e.change(id, visitorSays("client-x", "one more thing"), at(14))
	e.same("its number", m.Seq, chat.Seq(3))
	refused(rates(5, "", 1))
	e.bothWays(func() {
		e.same("what agents read", chat.Ratings(e.all(id)[2].Before),
			[]chat.Activity{{Kind: chat.ActivityRated, Time: at(13), By: chat.Author{Side: chat.Visitor}, Score: 2}})
	})
	e.change(id, chat.Change{Status: chat.Resolved, By: byAnna}, at(15))
	refused(rates(5, "", 1))

	// Of many at once that say the same, one counts.
	before, err := e.Conversation(ctx, id)
	e.must(err)
	for _, err := range atOnce(16, func(i int) error {
		_, _, err := e.ChangeConversation(ctx, id, rates(5, "", 2), at(20+i))
		return err
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		c, err := e.Conversation(ctx, id)
		e.must(err)
		if c.Rev != before.Rev+1 || len(chat.Ratings(c.Activities)) != 1 {
			e.Fatalf("it was changed %d times: %+v", c.Rev-before.Rev, c.Activities)
		}
	})
	_, err = e.Erase(ctx, chat.Subject{Site: site, ID: "1"})
	e.must(err)
	_, _, err = e.ChangeConversation(ctx, id, rates(1, "", 2), at(60))
	e.wantErr(err, chat.ErrNotFound)
}

// A rating goes with its conversation, and who was about to rate it still may.
func testRatingsMerged(e *env) {
	for i, own := range []bool{false, true} {
		secret, anon := e.anonymous(fmt.Sprint("mark-", i), fmt.Sprint("anon-", i))
		e.say(anon.ID, 1)
		e.change(anon.ID, chat.Change{Status: chat.Resolved}, at(10))
		e.change(anon.ID, rates(4, "as a stranger", 1), at(11))
		resolves := 1
		p := ada()
		p.Key = person(i).Person
		if own {
			id := e.conversation(person(i), "own").ID
			e.say(id, 1)
			e.change(id, chat.Change{Status: chat.Resolved}, at(5))
			e.change(id, rates(2, "", 1), at(6))
			resolves = 2
		}
		_, c, err := e.MergeConversation(ctx, secret, p, at(500))
		e.must(err)
		want := chat.Rating{Score: 4, Comment: "as a stranger", Time: at(11), Resolves: resolves}
		e.bothWays(func() {
			kept, err := e.ConversationOf(ctx, person(i))
			e.must(err)
			e.same("kept", kept, c)
			e.same("rated", kept.CurrentRating(), want)
		})
		if _, _, err := e.ChangeConversation(ctx, anon.ID, rates(5, "", 1), at(501)); own != errors.Is(err, chat.ErrNotResolved) {
			e.Fatalf("rated by the old name: %v", err)
		}
		c, _ = e.change(anon.ID, rates(3, "", resolves), at(502))
		e.same("changed", c.CurrentRating().Score, 3)
	}
}
