package storetest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/parley-chat/parley/chat"
)

func testAppend(e *env) {
	c := e.conversation(person(1), "c1")
	draft := chat.Change{Message: &chat.Draft{ClientID: "client-1", Text: "Grüße\n\t<b>\u2028 & \U0001F600",
		Author: chat.Author{Side: chat.Visitor, ID: "id:1", Name: "Ada"}}}
	got, m := e.change(c.ID, draft, at(1))
	want := chat.Message{Seq: 1, ClientID: "client-1", Time: at(1), Author: draft.Message.Author, Text: draft.Message.Text}
	e.same("message", m, want)
	if got.Last != 1 || got.AgentUnread != 1 || !got.Active.Equal(at(1)) || got.LastSide != chat.Visitor || got.Rev == 0 {
		e.Fatalf("conversation: %+v", got)
	}
	_, m = e.change(c.ID, agentSays("client-2", "hello"), at(2))
	if m.Seq != 2 {
		e.Fatalf("the second message has number %d", m.Seq)
	}
	e.bothWays(func() {
		ms := e.all(c.ID)
		e.gapless(ms, 2)
		e.same("first message", ms[0], want)
		kept, err := e.Conversation(ctx, c.ID)
		e.must(err)
		if kept.Last != 2 || kept.VisitorUnread != 1 || kept.AgentUnread != 0 || kept.LastText != "hello" {
			e.Fatalf("conversation: %+v", kept)
		}
	})
	_, _, err := e.ChangeConversation(ctx, "nowhere", draft, at(3))
	e.wantErr(err, chat.ErrNotFound)
}

func testAppendIdempotent(e *env) {
	c := e.conversation(person(1), "c1")
	_, first := e.change(c.ID, visitorSays("client-1", "one"), at(1))
	e.change(c.ID, visitorSays("client-2", "two"), at(2))
	e.bothWays(func() {
		before, err := e.Conversation(ctx, c.ID)
		e.must(err)
		again := visitorSays("client-1", "something else")
		again.Status = chat.Resolved
		got, m := e.change(c.ID, again, at(3))
		e.same("message", m, first)
		e.same("conversation", got, before)
		e.gapless(e.all(c.ID), 2)
	})
	// The other side, and another conversation, have names of their own.
	if _, m := e.change(c.ID, agentSays("client-1", "three"), at(4)); m.Seq != 3 {
		e.Fatalf("the agent's message has number %d", m.Seq)
	}
	other := e.conversation(person(2), "c2")
	if _, m := e.change(other.ID, visitorSays("client-1", "four"), at(5)); m.Seq != 1 || m.Text != "four" {
		e.Fatalf("the message elsewhere is %+v", m)
	}
}

func testAppendConcurrent(e *env) {
	const writers, each, conversations = 64, 25, 4
	var ids []chat.ConversationID
	for i := range conversations {
		ids = append(ids, e.conversation(person(i), fmt.Sprintf("c%d", i)).ID)
	}
	var mu sync.Mutex
	acknowledged := make(map[string]chat.Seq)
	for _, err := range atOnce(writers, func(w int) error {
		id, last := ids[w%conversations], chat.Seq(0)
		for i := range each {
			client := fmt.Sprintf("writer-%d-%d", w, i)
			_, m, err := e.ChangeConversation(ctx, id, visitorSays(client, client), at(i))
			if err != nil {
				return err
			}
			if m.Seq <= last {
				return fmt.Errorf("%s got number %d after %d", client, m.Seq, last)
			}
			last = m.Seq
			mu.Lock()
			acknowledged[client] = m.Seq
			mu.Unlock()
			// What is acknowledged can be read at once.
			got, err := e.Messages(ctx, id, chat.Range{After: m.Seq - 1, Limit: 1})
			if err != nil || len(got) != 1 || got[0].ClientID != client {
				return fmt.Errorf("reading %s back: %v, %w", client, got, err)
			}
		}
		return nil
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		for _, id := range ids {
			ms := e.all(id)
			e.gapless(ms, writers*each/conversations)
			for _, m := range ms {
				if acknowledged[m.ClientID] != m.Seq {
					e.Fatalf("%s was acknowledged as %d and is %d", m.ClientID, acknowledged[m.ClientID], m.Seq)
				}
			}
			c, err := e.Conversation(ctx, id)
			e.must(err)
			if int(c.Last) != len(ms) || c.AgentUnread != len(ms) {
				e.Fatalf("conversation: %+v", c)
			}
		}
	})
}

func testAppendSameClientID(e *env) {
	c := e.conversation(person(1), "c1")
	var mu sync.Mutex
	numbers := make(map[chat.Seq]bool)
	for _, err := range atOnce(32, func(i int) error {
		_, m, err := e.ChangeConversation(ctx, c.ID, visitorSays("client-1", fmt.Sprint("from ", i)), at(i))
		if err == nil {
			mu.Lock()
			numbers[m.Seq] = true
			mu.Unlock()
		}
		return err
	}) {
		e.must(err)
	}
	if len(numbers) != 1 || !numbers[1] {
		e.Fatalf("numbers given: %v", numbers)
	}
	e.bothWays(func() { e.gapless(e.all(c.ID), 1) })
}

func testAppendLongest(e *env) {
	c := e.conversation(person(1), "c1")
	texts := []string{
		strings.Repeat("\U0001F600", chat.MaxText),
		strings.Repeat("<", chat.MaxText),
		strings.Repeat("\"\n", chat.MaxText/2),
	}
	for i, text := range texts {
		e.change(c.ID, visitorSays(fmt.Sprintf("client-%d", i), text), at(i))
	}
	e.bothWays(func() {
		for i, m := range e.all(c.ID) {
			if m.Text != texts[i] {
				e.Fatalf("text %d came back changed", i)
			}
		}
	})
}

func testChange(e *env) {
	c := e.conversation(person(1), "c1")
	ch := chat.Change{
		Status:     chat.Resolved,
		Assignee:   ptr("anna@example.com"),
		Note:       ptr("a note"),
		Profile:    &chat.Profile{Email: "ada@example.com", Labels: []string{"vip"}},
		Unverified: said(`{"firstname": "Ada", "additionalTaggingData": {"plan": "gold"}}`),
		Page:       &chat.Page{URL: "https://shop.example/a?b", Title: "A"},
	}
	got, m := e.change(c.ID, ch, at(1))
	if m != nil {
		e.Fatalf("a message came of nothing: %+v", m)
	}
	want := c
	want.Apply(ch, at(1))
	e.same("changed", got, want)
	e.bothWays(func() {
		kept, err := e.Conversation(ctx, c.ID)
		e.must(err)
		e.same("kept", kept, want)
	})
	got, _ = e.change(c.ID, ch, at(2))
	e.same("changed to the same", got, want)
	got, _ = e.change(c.ID, chat.Change{Assignee: ptr("")}, at(3))
	if got.Assignee != "" || got.Rev <= want.Rev {
		e.Fatalf("assignee taken off: %+v", got)
	}
	_, _, err := e.ChangeConversation(ctx, "nowhere", ch, at(1))
	e.wantErr(err, chat.ErrNotFound)
	_, err = e.Conversation(ctx, "nowhere")
	e.wantErr(err, chat.ErrNotFound)
}

// A message and the state that it comes with are one record.
func testChangeAllOrNothing(e *env) {
	c := e.conversation(person(1), "c1")
	for _, err := range atOnce(16, func(i int) error {
		ch := agentSays(fmt.Sprintf("client-%d", i), "done")
		ch.Status, ch.Note = chat.Resolved, ptr(ch.Message.ClientID)
		got, m, err := e.ChangeConversation(ctx, c.ID, ch, at(1))
		if err == nil && (got.Note != ch.Message.ClientID || got.Last != m.Seq || got.Status != chat.Resolved) {
			return fmt.Errorf("message %d came with %+v", m.Seq, got)
		}
		return err
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		kept, err := e.Conversation(ctx, c.ID)
		e.must(err)
		ms := e.all(c.ID)
		e.gapless(ms, 16)
		if kept.Note != ms[15].ClientID {
			e.Fatalf("the state is of %s, the last message %s", kept.Note, ms[15].ClientID)
		}
	})
}

func testClock(e *env) {
	c := e.conversation(person(1), "c1")
	e.change(c.ID, visitorSays("client-1", "one"), at(100))
	e.change(c.ID, visitorSays("client-2", "two"), at(10))
	e.bothWays(func() {
		ms := e.all(c.ID)
		e.gapless(ms, 2)
		if ms[1].Time.Before(ms[0].Time) {
			e.Fatalf("the timeline runs back: %v, %v", ms[0].Time, ms[1].Time)
		}
	})
}
