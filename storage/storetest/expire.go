package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
)

// lives keeps sessions for 10 days and tab secrets for one.
func lives(string) chat.Lives { return chat.Lives{Session: 240 * time.Hour, TabSecret: 24 * time.Hour} }

func day(n int) time.Time { return start.Add(time.Duration(n) * 24 * time.Hour) }

func (e *env) expire(now time.Time, retention time.Duration) chat.Expired {
	e.Helper()
	x, err := e.Expire(ctx, chat.Expiry{Now: now, Retention: retention, Lives: lives})
	e.must(err)
	return x
}

func testExpireConversations(e *env) {
	last, err := e.LastExpiry(ctx)
	if err != nil || !last.IsZero() {
		e.Fatalf("before the first: %v, %v", last, err)
	}
	e.mia()
	secret, anon := e.anonymous("mark-1", "c-1")
	e.say(anon.ID, 2)
	e.conversation(person(2), "c-fresh")
	e.change("c-fresh", visitorSays("client-1", "a while ago"), day(0))
	e.change("c-fresh", agentSays("client-2", "lately"), day(20))

	if x := e.expire(day(31), 0); len(x.Conversations)+x.People != 0 {
		e.Fatalf("without retention %+v is gone", x)
	}
	x := e.expire(day(31), 30*24*time.Hour)
	if len(x.Conversations) != 3 || x.Messages != 7 {
		e.Fatalf("gone: %+v", x)
	}
	e.bothWays(func() {
		e.nothingOfMiasChat()
		_, err := e.Conversation(ctx, anon.ID)
		e.wantErr(err, chat.ErrNotFound)
		_, err = e.ConversationOf(ctx, chat.Owner{Site: site, TabSecret: &secret})
		e.wantErr(err, chat.ErrNotFound)
		e.gapless(e.all("c-fresh"), 2)
		cs, _, err := e.Inbox(ctx, chat.Filter{}, "", 10)
		e.must(err)
		if len(cs) != 1 || cs[0].ID != "c-fresh" {
			e.Fatalf("listed: %+v", cs)
		}
		if n, err := e.Count(ctx, nil, anna); err != nil || n != (chat.Counts{}) {
			e.Fatalf("%+v, %v", n, err)
		}
		if last, err := e.LastExpiry(ctx); err != nil || !last.Equal(day(31)) {
			e.Fatalf("last: %v, %v", last, err)
		}
	})
	if x := e.expire(day(31), 30*24*time.Hour); !x.Nothing() {
		e.Fatalf("again: %+v", x)
	}
}

func (e *env) nothingOfMiasChat() {
	e.Helper()
	for _, id := range []chat.ConversationID{"c-mia", "c-mia-before"} {
		_, err := e.Conversation(ctx, id)
		e.wantErr(err, chat.ErrNotFound)
		if ms := e.all(id); len(ms) != 0 {
			e.Fatalf("%d messages", len(ms))
		}
	}
	_, err := e.ConversationOf(ctx, person(1))
	e.wantErr(err, chat.ErrNotFound)
}

func testExpirePeople(e *env) {
	month := 30 * 24 * time.Hour
	e.mia()                                       // has a conversation, and sessions
	e.comes(site, "id:2", "idle", "idle@example") // has only a session
	e.comes(site, "id:3", "gone", "gone@example")
	_, err := e.ChangeSession(ctx, "mia-2", chat.SessionChange{Contact: day(30)})
	e.must(err)
	// Sessions of ids 2 and 3 are too old, and so are the people then.
	x := e.expire(day(31), month)
	if x.People != 2 || x.Sessions != 3 {
		e.Fatalf("gone: %+v", x)
	}
	e.bothWays(func() {
		_, err := e.Person(ctx, site, "id:1") // is still signed in
		e.must(err)
		for _, email := range []string{"idle@example", "gone@example"} {
			_, err := e.PersonByEmail(ctx, site, email)
			e.wantErr(err, chat.ErrNotFound)
		}
		_, err = e.Person(ctx, site, "id:2")
		e.wantErr(err, chat.ErrNotFound)
	})
	if x := e.expire(day(41), month); x.People != 1 || x.Sessions != 1 {
		e.Fatalf("then: %+v", x)
	}
	_, err = e.PersonByEmail(ctx, site, "old@example.com")
	e.wantErr(err, chat.ErrNotFound)
	e.comes(site, "id:3", "back", "gone@example")
	if x := e.expire(day(0), month); x.People != 0 {
		e.Fatalf("who has just come: %+v", x)
	}
}

func testExpireSessions(e *env) {
	e.must(e.StartSession(ctx, session("s-1"), chat.HashOf("token-1")))
	e.must(e.StartSession(ctx, session("s-2"), chat.HashOf("token-2")))
	secret, c := e.anonymous("mark-1", "c-1")
	e.say(c.ID, 1)
	other, _ := e.anonymous("mark-2", "c-2")
	_, err := e.ChangeSession(ctx, "s-2", chat.SessionChange{Contact: day(5)})
	e.must(err)
	e.must(e.TouchTabSecret(ctx, other, day(5)))
	if x := e.expire(day(6), 0); x.TabSecrets != 1 || x.Sessions != 0 {
		e.Fatalf("gone: %+v", x)
	}
	if x := e.expire(day(11), 0); x.TabSecrets != 1 || x.Sessions != 1 {
		e.Fatalf("then: %+v", x)
	}
	e.bothWays(func() {
		_, err := e.Session(ctx, chat.HashOf("token-1"))
		e.wantErr(err, chat.ErrNotFound)
		_, err = e.Session(ctx, chat.HashOf("token-2"))
		e.must(err)
		_, err = e.TabSecret(ctx, secret)
		e.wantErr(err, chat.ErrNotFound)
		// The agents keep what was said.
		e.gapless(e.all(c.ID), 1)
	})
}

// What is used at the same moment stays whole, or is gone whole.
func testExpireWhileWriting(e *env) {
	const conversations = 60
	for i := range conversations {
		id := fmt.Sprint("c-", i)
		e.conversation(person(i), id)
		e.change(chat.ConversationID(id), visitorSays("client-first", "long ago"), day(0))
	}
	said := make([]int, conversations)
	for _, err := range atOnce(3, func(worker int) error {
		if worker == 0 {
			_, err := e.Expire(ctx, chat.Expiry{Now: day(31), Retention: 30 * 24 * time.Hour, Lives: lives})
			return err
		}
		for i := worker - 1; i < conversations; i += 2 {
			_, _, err := e.ChangeConversation(ctx, chat.ConversationID(fmt.Sprint("c-", i)), visitorSays("client-again", "again"), day(31))
			if err == nil {
				said[i] = 2
			} else if !errors.Is(err, chat.ErrNotFound) {
				return err
			}
		}
		return nil
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		for i, n := range said {
			e.gapless(e.all(chat.ConversationID(fmt.Sprint("c-", i))), n)
			_, err := e.ConversationOf(ctx, person(i))
			if got := err == nil; got != (n > 0) {
				e.Fatalf("c-%d has %d messages and %v", i, n, err)
			}
		}
	})
}
