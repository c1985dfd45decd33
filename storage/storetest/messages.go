package storetest

import (
	"fmt"

	"github.com/parley-chat/parley/chat"
)

func testMessages(e *env) {
	c := e.conversation(person(1), "c1")
	e.say(c.ID, 10)
	// Neighbours whose names begin alike or look like keys must not be seen.
	for i, id := range []string{"c", "c11", "c1\x00", "c1\xff"} {
		e.say(e.conversation(person(10+i), id).ID, 3)
	}
	tests := []struct {
		r        chat.Range
		from, to int // nothing where from is the greater
	}{
		{chat.Range{Limit: 100}, 1, 10},
		{chat.Range{Limit: 10}, 1, 10},
		{chat.Range{Limit: 3}, 1, 3},
		{chat.Range{After: 3, Limit: 3}, 4, 6},
		{chat.Range{After: 8, Limit: 3}, 9, 10},
		{chat.Range{After: 9, Limit: 1}, 10, 10},
		{chat.Range{After: 10, Limit: 3}, 1, 0},
		{chat.Range{After: 999, Limit: 3}, 1, 0},
		{chat.Range{After: ^chat.Seq(0), Limit: 3}, 1, 0},
		{chat.Range{Before: 5, Limit: 3}, 1, 3}, // Before counts backwards only
		{chat.Range{Backwards: true, Limit: 100}, 1, 10},
		{chat.Range{Backwards: true, Limit: 3}, 8, 10},
		{chat.Range{Backwards: true, Before: 8, Limit: 3}, 5, 7},
		{chat.Range{Backwards: true, Before: 3, Limit: 3}, 1, 2},
		{chat.Range{Backwards: true, Before: 1, Limit: 3}, 1, 0},
		{chat.Range{Backwards: true, Before: 2, Limit: 1}, 1, 1},
		{chat.Range{Backwards: true, Before: 11, Limit: 2}, 9, 10},
		{chat.Range{Backwards: true, Before: 999, Limit: 2}, 9, 10},
	}
	e.bothWays(func() {
		for _, test := range tests {
			ms, err := e.Messages(ctx, c.ID, test.r)
			e.must(err)
			var got, want []chat.Seq
			for _, m := range ms {
				got = append(got, m.Seq)
				if m.Text != fmt.Sprintf("message %d", m.Seq-1) {
					e.Fatalf("%+v: message %d says %q", test.r, m.Seq, m.Text)
				}
			}
			for n := test.from; n <= test.to; n++ {
				want = append(want, chat.Seq(n))
			}
			e.same(fmt.Sprintf("%+v", test.r), got, want)
		}
		for _, id := range []chat.ConversationID{"nowhere", "", "c1\x00\x00"} {
			ms, err := e.Messages(ctx, id, chat.Range{Limit: 10})
			if err != nil || len(ms) != 0 {
				e.Fatalf("messages of %q: %v, %v", id, ms, err)
			}
		}
	})
	empty := e.conversation(person(2), "c2")
	if ms := e.all(empty.ID); len(ms) != 0 {
		e.Fatalf("an empty conversation has %v", ms)
	}
}

func testReadMarks(e *env) {
	c := e.conversation(person(1), "c1")
	// 1 visitor, 2 agent, 3 agent, 4 system, 5 visitor, 6 visitor, 7 agent, 8 visitor
	changes := []chat.Change{
		visitorSays("client-1", "a"), agentSays("client-2", "b"), agentSays("client-3", "c"),
		{Message: &chat.Draft{ClientID: "client-4", Author: chat.Author{Side: chat.System}, Text: "d"}},
		visitorSays("client-5", "e"), visitorSays("client-6", "f"), agentSays("client-7", "g"), visitorSays("client-8", "h"),
	}
	other := e.conversation(person(2), "c2")
	for i, ch := range changes[:4] {
		e.change(c.ID, ch, at(i))
	}
	check := func(got chat.Conversation, visitorRead, agentRead chat.Seq, visitorUnread, agentUnread int) {
		e.Helper()
		upTo, unread := got.ReadBy(anna)
		if got.VisitorRead != visitorRead || upTo != agentRead || got.VisitorUnread != visitorUnread || unread != agentUnread {
			e.Fatalf("visitor %d (%d unread), agent %d (%d unread), want %d (%d), %d (%d)",
				got.VisitorRead, got.VisitorUnread, upTo, unread,
				visitorRead, visitorUnread, agentRead, agentUnread)
		}
	}
	read := func(side chat.Side, upTo chat.Seq) chat.Conversation {
		e.Helper()
		got, m := e.change(c.ID, chat.Change{ReadBy: side, Reader: anna, Read: upTo, ReadUnread: 99}, at(10))
		if m != nil {
			e.Fatalf("reading made a message")
		}
		return got
	}
	check(read(chat.Visitor, 1), 1, 3, 2, 0)
	check(read(chat.Visitor, 2), 2, 3, 1, 0)
	e.reopen()
	check(read(chat.Visitor, 1), 2, 3, 1, 0) // never back
	check(read(chat.Visitor, 4), 4, 3, 0, 0)
	for i, ch := range changes[4:6] {
		e.change(c.ID, ch, at(20+i))
	}
	check(read(chat.Agent, 5), 6, 5, 0, 1)
	e.change(c.ID, changes[6], at(30))
	e.change(c.ID, changes[7], at(31))
	check(read(chat.Agent, 999), 8, 8, 0, 0) // beyond the end is the end
	e.say(other.ID, 5)
	got, _ := e.change(other.ID, readBy(anna, 2), at(40))
	check(got, 5, 2, 0, 3)
	e.bothWays(func() {
		kept, err := e.Conversation(ctx, other.ID)
		e.must(err)
		check(kept, 5, 2, 0, 3)
	})
}

// However reading and writing interleave, the counters are those of the messages.
func testReadMarksConcurrent(e *env) {
	c := e.conversation(person(1), "c1")
	for _, err := range atOnce(24, func(i int) error {
		for n := range 15 {
			var err error
			switch i % 3 {
			case 0:
				_, _, err = e.ChangeConversation(ctx, c.ID, visitorSays(fmt.Sprintf("client-%d-%d", i, n), "x"), at(n))
			case 1:
				_, _, err = e.ChangeConversation(ctx, c.ID, readBy(anna, chat.Seq(5*n+1)), at(n))
			case 2:
				var got chat.Conversation
				got, _, err = e.ChangeConversation(ctx, c.ID, chat.Change{ReadBy: chat.Visitor, Read: chat.Seq(7*n + 1)}, at(n))
				if upTo, unread := got.ReadBy(anna); err == nil && unread != int(got.Last-upTo) {
					err = fmt.Errorf("%d unread of %d after %d", unread, got.Last, upTo)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		kept, err := e.Conversation(ctx, c.ID)
		e.must(err)
		if upTo, unread := kept.ReadBy(anna); kept.Last != 120 || unread != int(kept.Last-upTo) {
			e.Fatalf("%d unread of %d after %d", unread, kept.Last, upTo)
		}
	})
}
