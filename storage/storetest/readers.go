package storetest

import (
	"fmt"

	"github.com/parley-chat/parley/chat"
)

// reads checks what is unread to an agent.
func (e *env) reads(id chat.ConversationID, agent string, upTo chat.Seq, unread int) {
	e.Helper()
	c, err := e.Conversation(ctx, id)
	e.must(err)
	if gotUpTo, got := c.ReadBy(agent); gotUpTo != upTo || got != unread {
		e.Fatalf("%s has read %s up to %d with %d unread, want %d and %d", agent, id, gotUpTo, got, upTo, unread)
	}
}

// counts checks the numbers of all sites for an agent.
func (e *env) counts(agent string, unread, waiting int) {
	e.Helper()
	n, err := e.Count(ctx, nil, agent)
	e.must(err)
	if n != (chat.Counts{Unread: unread, Waiting: waiting}) {
		e.Fatalf("%+v for %s, want %d unread and %d waiting", n, agent, unread, waiting)
	}
}

// What one agent has read is unread to the others, until one of them answers.
// What is marked as unread stays so until its agent looks.
func testReaders(e *env) {
	id := e.conversation(person(1), "c1").ID
	e.say(id, 3)
	e.change(id, readBy(anna, 3), at(10))
	e.bothWays(func() {
		e.reads(id, anna, 3, 0)
		e.reads(id, ben, 0, 3)
		e.counts(anna, 0, 1)
		e.counts(ben, 1, 1)
	})
	c, _ := e.change(id, readBy(ben, 1), at(11))
	again, _ := e.change(id, readBy(ben, 1), at(12))
	e.same("the same look again", again, c)
	e.change(id, visitorSays("client-4", "x"), at(13))
	e.reads(id, anna, 3, 1)
	e.reads(id, ben, 1, 3)

	mark := readBy(anna, 2)
	mark.MarkUnread = true
	e.change(id, mark, at(14))
	e.bothWays(func() {
		e.reads(id, anna, 2, 2)
		e.counts(anna, 1, 1)
	})
	reply := agentSays("client-5", "an answer")
	reply.Message.Author.ID = ben
	e.change(id, reply, at(15))
	e.bothWays(func() {
		e.reads(id, ben, 5, 0)
		e.reads(id, "cleo@example.com", 5, 0)
		e.reads(id, anna, 2, 2)
		e.counts(anna, 1, 0)
		e.counts(ben, 0, 0)
	})
	e.change(id, readBy(anna, 5), at(16))
	e.bothWays(func() { e.counts(anna, 0, 0) })
	mark.Read = 4 // behind it there are answers only
	if c, _ := e.change(id, mark, at(17)); c.Readers[anna].Unread != 0 {
		e.Fatalf("answers are unread: %+v", c)
	}
}

// Who merges keeps what each agent has read here and there.
func testReadersMerged(e *env) {
	own := e.conversation(person(1), "own").ID
	e.say(own, 2)
	e.change(own, readBy(anna, 2), at(5))
	secret, anon := e.anonymous("mark-1", "anon")
	e.say(anon.ID, 3)
	e.change(anon.ID, readBy(ben, 2), at(6))
	_, _, err := e.MergeConversation(ctx, secret, ada(), at(10))
	e.must(err)
	e.bothWays(func() {
		e.reads(own, anna, 2, 3)
		e.reads(own, ben, 0, 3)
		e.reads(own, "cleo@example.com", 0, 5)
	})
	e.change(own, readBy(ben, 5), at(11))
	e.bothWays(func() { e.reads(own, ben, 5, 0) })

	// What was given to an agent stays unread to them, though an answer ends it; and
	// what its visitor was shown as seen is not unseen again.
	own = e.conversation(person(2), "own-2").ID
	e.change(own, agentSays("client-1", "Hello."), at(1))
	secret, anon = e.anonymous("mark-2", "anon-2")
	e.change(anon.ID, visitorSays("client-1", "Hi."), at(2))
	e.change(anon.ID, agentSays("client-2", "Hi there."), at(3))
	e.change(anon.ID, chat.Change{Assignee: ptr(ben), By: chat.Author{Side: chat.Agent, ID: anna}}, at(4))
	p := person(2)
	_, merged, err := e.MergeConversation(ctx, secret, chat.Person{Site: p.Site, Key: p.Person}, at(10))
	e.must(err)
	e.same("seen", merged.SeenByAgents(), merged.Last)
	e.bothWays(func() { e.reads(own, ben, 2, 1) })
}

// Who waits is listed by how long, whatever is written meanwhile, until an answer
// or until it is resolved.
func testInboxWaiting(e *env) {
	for i := range 4 {
		id := e.conversation(person(i), fmt.Sprintf("c%d", i)).ID
		e.change(id, visitorSays("client-1", "x"), at(10-i))
	}
	e.change("c3", visitorSays("client-2", "still there?"), at(100))
	e.change("c1", chat.Change{Assignee: ptr(ben)}, at(101))
	waiting := chat.Filter{Waiting: true, Status: chat.Open}
	e.bothWays(func() {
		e.lists(waiting, "c3", "c2", "c1", "c0")
		e.lists(chat.Filter{Waiting: true, Assignee: ptr(ben)}, "c1")
		e.lists(chat.Filter{Waiting: true, Sites: []string{"elsewhere"}})
	})
	e.change("c2", agentSays("client-9", "here"), at(110))
	e.change("c1", chat.Change{Status: chat.Resolved}, at(111))
	e.bothWays(func() { e.lists(waiting, "c3", "c0") })
	e.change("c1", visitorSays("client-2", "again"), at(112))
	e.change("c2", visitorSays("client-3", "thanks"), at(113))
	c, err := e.Conversation(ctx, "c3")
	e.must(err)
	if !c.WaitingSince().Equal(at(7)) {
		e.Fatalf("waits since %v, want the first message, %v", c.WaitingSince(), at(7))
	}
	e.bothWays(func() { e.lists(waiting, "c3", "c0", "c1", "c2") })
}

// What agents do with a conversation goes with the next message, has no number,
// and comes along when the conversation is merged.
func testActivities(e *env) {
	byAnna := chat.Author{Side: chat.Agent, ID: anna, Name: "Anna"}
	visitor := chat.Author{Side: chat.Visitor}
	secret, c := e.anonymous("mark-1", "anon")
	e.say(c.ID, 1)
	e.change(c.ID, chat.Change{Assignee: ptr(ben), By: byAnna}, at(10))
	e.change(c.ID, chat.Change{Assignee: ptr(ben), By: byAnna}, at(11)) // is nothing new
	got, _ := e.change(c.ID, chat.Change{Status: chat.Resolved, By: byAnna}, at(12))
	want := []chat.Activity{
		{Kind: chat.ActivityAssigned, Time: at(10), By: byAnna, To: ben},
		{Kind: chat.ActivityResolved, Time: at(12), By: byAnna},
	}
	e.same("what was done", got.Activities, want)
	e.bothWays(func() { e.reads(c.ID, ben, 0, 1) })
	got, m := e.change(c.ID, visitorSays("client-2", "one more thing"), at(13))
	if len(got.Activities) > 0 || m.Seq != 2 {
		e.Fatalf("%+v", got)
	}
	want = append(want, chat.Activity{Kind: chat.ActivityReopened, Time: at(13), By: visitor})
	e.bothWays(func() { e.same("before the message", e.all(c.ID)[1].Before, want) })
	e.change(c.ID, chat.Change{Assignee: ptr(""), By: byAnna}, at(14))

	own := e.conversation(person(1), "own").ID
	e.say(own, 1)
	e.change(own, chat.Change{Status: chat.Resolved, By: byAnna}, at(15))
	_, into, err := e.MergeConversation(ctx, secret, ada(), at(20))
	e.must(err)
	e.same("at the end", into.Activities, []chat.Activity{{Kind: chat.ActivityAssigned, Time: at(14), By: byAnna}})
	e.bothWays(func() {
		ms := e.all(own)
		e.gapless(ms, 3)
		e.same("the person's own", ms[1].Before, []chat.Activity{{Kind: chat.ActivityResolved, Time: at(15), By: byAnna}})
		e.same("of the other", ms[2].Before, want)
	})
}
