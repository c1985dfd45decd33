package storetest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/parley-chat/parley/chat"
)

// follower subscribes to a store and checks what every subscriber relies on:
// that each conversation's changes come in order, each from where the last one
// left it, with its messages in order and none left out.
type follower struct {
	*env
	mu    sync.Mutex
	all   []chat.Committed
	state map[chat.ConversationID]chat.Conversation
	wrong string // the first thing that was
}

func (e *env) follow() *follower {
	f := &follower{env: e, state: map[chat.ConversationID]chat.Conversation{}}
	e.Subscribe(func(list []chat.Committed) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, c := range list {
			f.apply(c)
		}
	})
	return f
}

func (f *follower) apply(c chat.Committed) {
	f.all = append(f.all, c)
	at := c.After
	if at == nil {
		at = c.Before
	}
	last, known := f.state[at.ID]
	switch {
	case known != (c.Before != nil):
		f.fail("%s: known %v, and before is %+v", at.ID, known, c.Before)
	case known && c.Before.Rev != last.Rev:
		f.fail("%s: from revision %d, and the last was %d", at.ID, c.Before.Rev, last.Rev)
	case c.Message != nil && (c.Message.Seq != c.After.Last || c.Message.Seq != last.Last+1):
		f.fail("%s: message %d came with %d as the last, after %d", at.ID, c.Message.Seq, c.After.Last, last.Last)
	}
	delete(f.state, at.ID)
	if c.After != nil {
		f.state[at.ID] = *c.After
	}
}

func (f *follower) fail(format string, args ...any) {
	if f.wrong == "" {
		f.wrong = fmt.Sprintf(format, args...)
	}
}

// published returns what was published since it was asked last.
func (f *follower) published(want int) []chat.Committed {
	f.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wrong != "" {
		f.Fatal(f.wrong)
	}
	list := f.all
	f.all = nil
	if len(list) != want {
		f.Fatalf("%d changes were published, want %d: %+v", len(list), want, list)
	}
	return list
}

// Each change is published before its method returns, with what it was and is.
func testFeed(e *env) {
	f := e.follow()
	p := e.comes(site, "id:1", "token", "ada@example.com")
	f.published(0) // of sessions and people without a conversation it says nothing
	own := chat.Owner{Site: site, Person: p.Key}
	c := e.conversation(own, "own")
	if opened := f.published(1)[0]; opened.Before != nil || opened.Owner == nil || *opened.Owner != own || opened.After.ID != c.ID {
		e.Fatalf("opened: %+v", opened)
	}
	e.conversation(own, "second") // there is one
	f.published(0)

	after, m := e.change(c.ID, visitorSays("client-000", "hello"), at(1))
	said := f.published(1)[0]
	e.same("message", said.Message, m)
	e.same("after it", said.After, after)
	if said.Owner != nil || said.Before.Last != 0 {
		e.Fatalf("said: %+v", said)
	}
	e.change(c.ID, visitorSays("client-000", "hello"), at(2)) // the same again
	e.change(c.ID, chat.Change{Status: chat.Open}, at(3))     // as it is
	f.published(0)
	e.change(c.ID, chat.Change{Status: chat.Resolved}, at(4))
	if resolved := f.published(1)[0]; resolved.Before.Status != chat.Open || resolved.After.Status != chat.Resolved || resolved.Message != nil {
		e.Fatalf("resolved: %+v", resolved)
	}
	e.must(e.UpdatePerson(ctx, site, p.Key, chat.Profile{ID: "1", Firstname: "Ada"}))
	if named := f.published(1)[0]; named.After.Profile.Firstname != "Ada" {
		e.Fatalf("named: %+v", named)
	}
	_, _, err := e.ChangeConversation(ctx, "unknown", visitorSays("client-001", "lost"), at(5))
	e.wantErr(err, chat.ErrNotFound)
	f.published(0)
}

func testFeedOfMergesAndErasure(e *env) {
	f := e.follow()
	secret, anon := e.anonymous("mark-1", "anon")
	e.say(anon.ID, 2)
	f.published(3)
	ada := ada()
	own := chat.Owner{Site: site, Person: ada.Key}
	_, _, err := e.MergeConversation(ctx, secret, ada, at(500))
	e.must(err)
	if adopted := f.published(1)[0]; adopted.MergedFrom != "" || adopted.Owner == nil || *adopted.Owner != own || adopted.After.Person != ada.Key {
		e.Fatalf("adopted: %+v", adopted)
	}
	secret, anon = e.anonymous("mark-2", "later")
	e.say(anon.ID, 2)
	f.published(3)
	_, into, err := e.MergeConversation(ctx, secret, ada, at(501))
	e.must(err)
	merge := f.published(2)
	if left := merge[0]; left.After.ID != anon.ID || left.After.MergedInto != into.ID {
		e.Fatalf("left behind: %+v", left)
	}
	if merged := merge[1]; merged.MergedFrom != anon.ID || merged.Owner == nil || *merged.Owner != own || merged.After.Last != 4 {
		e.Fatalf("merged: %+v", merged)
	}
	// More than one transaction holds: the subscribers learn of it as of one.
	secret, anon = e.anonymous("mark-3", "long")
	text := strings.Repeat("long ", chat.MaxText/5)
	for i := range 400 {
		e.change(anon.ID, visitorSays(fmt.Sprintf("long-client-%d", i), text), at(i))
	}
	f.published(401)
	_, into, err = e.MergeConversation(ctx, secret, ada, at(502))
	e.must(err)
	if merged := f.published(2)[1]; merged.MergedFrom != anon.ID || merged.Before == nil || merged.After.Last != 404 {
		e.Fatalf("merged in steps: %+v", merged)
	}
	_, err = e.Erase(ctx, chat.Subject{Site: site, Conversation: into.ID})
	e.must(err)
	for _, gone := range f.published(3) {
		if gone.After != nil || !gone.Erased {
			e.Fatalf("erased: %+v", gone)
		}
	}
}

// Several at once: the order of each conversation is the same for all.
func testFeedAtOnce(e *env) {
	one, two := e.follow(), e.follow()
	const conversations, messages = 5, 20
	for i := range conversations {
		e.conversation(person(i), fmt.Sprintf("c-%d", i))
	}
	for _, err := range atOnce(conversations*messages, func(i int) error {
		id := chat.ConversationID(fmt.Sprintf("c-%d", i%conversations))
		_, _, err := e.ChangeConversation(ctx, id, visitorSays(fmt.Sprintf("client-%03d", i), "at once"), at(i))
		return err
	}) {
		e.must(err)
	}
	a, b := one.published(conversations*(messages+1)), two.published(conversations*(messages+1))
	for i := range a {
		if a[i].After != b[i].After || a[i].Message != b[i].Message {
			e.Fatalf("subscribers learn of change %d in another order", i)
		}
	}
}
