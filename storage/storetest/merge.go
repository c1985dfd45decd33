package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/chat"
)

func ada() chat.Person {
	return chat.Person{Site: site, Key: "id:1", Created: start,
		Profile: chat.Profile{ID: "1", Firstname: "Ada", Agent: "anna@example.com"}}
}

// claimed checks what holds after each merge: the tab secret opens nothing any more.
func (e *env) claimed(secret chat.Hash) {
	e.Helper()
	m, err := e.TabSecret(ctx, secret)
	e.must(err)
	if !m.Merged.Equal(at(500)) {
		e.Fatalf("the tab secret was merged %v", m.Merged)
	}
	_, err = e.ConversationOf(ctx, chat.Owner{Site: site, TabSecret: &secret})
	e.wantErr(err, chat.ErrNotFound)
	_, _, err = e.MergeConversation(ctx, secret, ada(), at(501))
	e.wantErr(err, chat.ErrNotFound)
	_, err = e.OpenConversation(ctx, chat.Owner{Site: site, TabSecret: &secret}, seed(chat.Owner{Site: site}, "late"))
	e.wantErr(err, chat.ErrNotFound)
}

func testMergeAdopts(e *env) {
	secret, anon := e.anonymous("mark-1", "anon")
	e.say(anon.ID, 3)
	before, err := e.Conversation(ctx, anon.ID)
	e.must(err)
	messages := e.all(anon.ID)
	from, got, err := e.MergeConversation(ctx, secret, ada(), at(500))
	e.must(err)
	want := before
	want.Adopt(ada())
	if from != anon.ID {
		e.Fatalf("claimed %s", from)
	}
	e.same("adopted", got, want)
	e.bothWays(func() {
		e.claimed(secret)
		kept, err := e.ConversationOf(ctx, person(1))
		e.must(err)
		e.same("the person's", kept, want)
		e.same("messages", e.all(anon.ID), messages)
		e.lists(chat.Filter{}, "anon")
		e.lists(chat.Filter{Assignee: ptr("")}, "anon")
		_, m := e.change(anon.ID, visitorSays("anon-client-1", "again"), at(600))
		e.same("sent again", m, messages[1])
	})
}

func testMergeAppends(e *env) {
	own := e.conversation(person(1), "own")
	e.change(own.ID, visitorSays("own-client-0", "mine"), at(1))
	e.change(own.ID, agentSays("agent-0", "yours"), at(2))
	secret, anon := e.anonymous("mark-1", "anon")
	e.change(anon.ID, visitorSays("anon-client-0", "one"), at(10))
	e.change(anon.ID, agentSays("agent-1", "two"), at(11))
	e.change(anon.ID, visitorSays("anon-client-1", "three"), at(12))
	// The same client ids on the other conversation and the other side.
	e.change(anon.ID, visitorSays("own-client-0", "four"), at(13))
	e.change(anon.ID, agentSays("anon-client-0", "five"), at(14))
	e.change(anon.ID, chat.Change{Unverified: said(`{"firstname": "A."}`), Page: &chat.Page{URL: "https://shop.example/x"}}, at(15))

	want, err := e.Conversation(ctx, own.ID)
	e.must(err)
	messages := e.all(own.ID)
	source, err := e.Conversation(ctx, anon.ID)
	e.must(err)
	left := source
	for _, m := range e.all(anon.ID) {
		messages = append(messages, want.Take(m, &source))
	}
	want.Merged(&left)

	from, got, err := e.MergeConversation(ctx, secret, ada(), at(500))
	e.must(err)
	if from != anon.ID {
		e.Fatalf("claimed %s", from)
	}
	e.same("merged", got, want)
	e.bothWays(func() {
		e.claimed(secret)
		kept, err := e.ConversationOf(ctx, person(1))
		e.must(err)
		e.same("the person's", kept, want)
		kept, err = e.Conversation(ctx, anon.ID)
		e.must(err)
		e.same("what is left", kept, left)
		e.same("messages", e.all(own.ID), messages)
		if ms := e.all(anon.ID); len(ms) != 0 {
			e.Fatalf("messages were left: %v", ms)
		}
		e.lists(chat.Filter{}, "own")
		if n, err := e.Count(ctx, nil, anna); err != nil || n.Unread > 1 {
			e.Fatalf("%+v, %v", n, err)
		}
		// A retry finds its message, by either name of the conversation.
		for _, id := range []chat.ConversationID{own.ID, anon.ID} {
			c, m := e.change(id, visitorSays("anon-client-1", "again"), at(600))
			e.same("sent again", m, messages[4])
			e.same("nothing else happened", c, want)
			_, m = e.change(id, agentSays("anon-client-0", "again"), at(600))
			e.same("sent again by the agent", m, messages[6])
			_, m = e.change(id, visitorSays("own-client-0", "again"), at(600))
			e.same("the older of two", m, messages[0])
		}
	})
	// What is said to the merged one lands in the person's.
	c, m := e.change(anon.ID, visitorSays("anon-client-9", "late"), at(700))
	if c.ID != own.ID || m.Seq != 8 || m.Text != "late" {
		e.Fatalf("%+v in %s", m, c.ID)
	}
	c, _ = e.change(anon.ID, readBy(anna, 8), at(701))
	if upTo, unread := c.ReadBy(anna); c.ID != own.ID || unread != 0 || upTo != 8 {
		e.Fatalf("read: %+v", c)
	}
	e.bothWays(func() { e.same("the last", e.all(own.ID)[7], m) })

	// A second device's chat joins the same one.
	secret2, anon2 := e.anonymous("mark-2", "anon2")
	e.say(anon2.ID, 2)
	_, got, err = e.MergeConversation(ctx, secret2, ada(), at(800))
	e.must(err)
	if got.ID != own.ID || got.Last != 10 {
		e.Fatalf("merged again: %+v", got)
	}
}

// A conversation may be longer than any one transaction.
func testMergeLarge(e *env) {
	const n = 300
	own := e.conversation(person(1), "own")
	e.say(own.ID, 5)
	secret, anon := e.anonymous("mark-1", "anon")
	text := strings.Repeat("\U0001F600", chat.MaxText)
	for _, err := range atOnce(10, func(w int) error {
		for i := range n / 10 {
			if _, _, err := e.ChangeConversation(ctx, anon.ID, visitorSays(fmt.Sprintf("anon-%d-%d", w, i), text), at(10)); err != nil {
				return err
			}
		}
		return nil
	}) {
		e.must(err)
	}
	before := e.all(anon.ID)
	_, got, err := e.MergeConversation(ctx, secret, ada(), at(500))
	e.must(err)
	if got.Last != n+5 || got.AgentUnread != n+5 {
		e.Fatalf("merged: last %d, %d unread", got.Last, got.AgentUnread)
	}
	e.bothWays(func() {
		e.claimed(secret)
		ms := e.all(own.ID)
		e.gapless(ms, n+5)
		for i, m := range ms[5:] {
			if m.ClientID != before[i].ClientID || m.Text != text {
				e.Fatalf("message %d is not the one it was", i)
			}
		}
		if ms := e.all(anon.ID); len(ms) != 0 {
			e.Fatalf("%d messages were left", len(ms))
		}
		_, m := e.change(anon.ID, visitorSays(before[77].ClientID, "again"), at(600))
		if m.Seq != 83 {
			e.Fatalf("sent again, it is %d", m.Seq)
		}
	})
	if _, m := e.change(own.ID, visitorSays("after-all", "x"), at(601)); m.Seq != n+6 {
		e.Fatalf("the next message is %d", m.Seq)
	}
}

func testMergeOnce(e *env) {
	for round := range 6 {
		secret, anon := e.anonymous(fmt.Sprint("mark-", round), fmt.Sprint("anon-", round))
		e.say(anon.ID, 3)
		if round%2 == 1 {
			e.conversation(person(100+round), fmt.Sprint("own-", round))
		}
		var winners atomic.Int32
		for _, err := range atOnce(32, func(i int) error {
			p := ada()
			p.Key = fmt.Sprintf("id:%d", 100+round+i%2*10)
			_, c, err := e.MergeConversation(ctx, secret, p, at(500))
			if err == nil {
				winners.Add(1)
				if c.Last != 3 || c.Person != p.Key {
					return fmt.Errorf("won %+v", c)
				}
				return nil
			}
			if chat.Reason(err) != chat.ErrNotFound {
				return err
			}
			return nil
		}) {
			e.must(err)
		}
		if winners.Load() != 1 {
			e.Fatalf("%d claims won", winners.Load())
		}
		e.reopen()
		e.claimed(secret)
	}
	if got := len(e.inbox(chat.Filter{}, 100)); got != 6 {
		e.Fatalf("%d conversations are listed", got)
	}
}

func testMergeNothing(e *env) {
	_, _, err := e.MergeConversation(ctx, chat.HashOf("unknown"), ada(), at(500))
	e.wantErr(err, chat.ErrNotFound)
	secret := chat.HashOf("mark-1") // without a conversation
	e.must(e.StartTabSecret(ctx, chat.TabSecret{Hash: secret, Site: site, Session: "s1", Created: start, Contact: start}))
	_, _, err = e.MergeConversation(ctx, secret, ada(), at(500))
	e.wantErr(err, chat.ErrNotFound)
	if m, err := e.TabSecret(ctx, secret); err != nil || !m.Merged.IsZero() {
		e.Fatalf("tab secret: %+v, %v", m, err)
	}
	_, err = e.ConversationOf(ctx, person(1))
	e.wantErr(err, chat.ErrNotFound)
	// Another site's people have no claim to it.
	secret2, anon := e.anonymous("mark-2", "anon")
	e.say(anon.ID, 1)
	stranger := ada()
	stranger.Site = "elsewhere"
	_, _, err = e.MergeConversation(ctx, secret2, stranger, at(500))
	e.wantErr(err, chat.ErrNotFound)
	if c, err := e.ConversationOf(ctx, chat.Owner{Site: site, TabSecret: &secret2}); err != nil || c.Last != 1 {
		e.Fatalf("conversation: %+v, %v", c, err)
	}
}

// While it is claimed both sides go on writing, to whichever name they know.
func testMergeWhileWriting(e *env) {
	own := e.conversation(person(1), "own")
	secret, anon := e.anonymous("mark-1", "anon")
	e.say(anon.ID, 40)
	var mu sync.Mutex
	var sent []string
	for _, err := range atOnce(17, func(w int) error {
		if w == 16 {
			_, _, err := e.MergeConversation(ctx, secret, ada(), at(500))
			return err
		}
		for i := range 20 {
			id := []chat.ConversationID{own.ID, anon.ID}[(w+i)%2]
			client := fmt.Sprintf("writer-%d-%d", w, i)
			if _, _, err := e.ChangeConversation(ctx, id, visitorSays(client, client), at(i)); err != nil {
				return err
			}
			mu.Lock()
			sent = append(sent, client)
			mu.Unlock()
		}
		return nil
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		e.claimed(secret)
		ms := e.all(own.ID)
		e.gapless(ms, 40+16*20)
		got := make([]string, 0, len(ms))
		for _, m := range ms {
			if !strings.HasPrefix(m.ClientID, "anon-") {
				got = append(got, m.ClientID)
			}
		}
		want := slices.Sorted(slices.Values(sent))
		if slices.Sort(got); !slices.Equal(got, want) {
			e.Fatalf("%d of %d messages arrived", len(got), len(want))
		}
		c, err := e.Conversation(ctx, own.ID)
		e.must(err)
		if c.AgentUnread != len(ms) || int(c.Last) != len(ms) {
			e.Fatalf("conversation: %+v", c)
		}
	})
}
