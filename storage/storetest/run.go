// Package storetest is the definition, by test, of what a chat.Store promises.
// Each implementation runs it against itself.
package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Open opens the store that lives in a directory, or elsewhere under its name.
// Opened again after Close it has all that was acknowledged.
type Open func(t *testing.T, dir string) chat.Store

// Run tests all promises, each on a fresh store.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*env)
	}{
		{"Append", testAppend},
		{"AppendIdempotent", testAppendIdempotent},
		{"AppendConcurrent", testAppendConcurrent},
		{"AppendSameClientIDAtOnce", testAppendSameClientID},
		{"AppendLongest", testAppendLongest},
		{"ChangeWithoutMessage", testChange},
		{"ChangeWhatIsSaid", testChangeWhatIsSaid},
		{"ChangeAllOrNothing", testChangeAllOrNothing},
		{"ClockJumpsBack", testClock},
		{"Messages", testMessages},
		{"ReadMarks", testReadMarks},
		{"ReadMarksConcurrent", testReadMarksConcurrent},
		{"Readers", testReaders},
		{"ReadersMerged", testReadersMerged},
		{"Activities", testActivities},
		{"Ratings", testRatings},
		{"RatingsMerged", testRatingsMerged},
		{"OpenConversation", testOpenConversation},
		{"OpenConversationAtOnce", testOpenConversationAtOnce},
		{"Sessions", testSessions},
		{"SessionTokens", testSessionTokens},
		{"SessionEnds", testSessionEnds},
		{"SessionEndsAtOnce", testSessionEndsAtOnce},
		{"SignIn", testSignIn},
		{"SignInAtOnce", testSignInAtOnce},
		{"UpdatePerson", testUpdatePerson},
		{"PersonByEmail", testPersonByEmail},
		{"SitesAreApart", testSites},
		{"TabSecrets", testTabSecrets},
		{"MergeAdopts", testMergeAdopts},
		{"MergeAppends", testMergeAppends},
		{"MergeWhatIsSaid", testMergeWhatIsSaid},
		{"MergeLarge", testMergeLarge},
		{"MergeOnce", testMergeOnce},
		{"MergeNothing", testMergeNothing},
		{"MergeWhileWriting", testMergeWhileWriting},
		{"Inbox", testInbox},
		{"InboxFilters", testInboxFilters},
		{"InboxPages", testInboxPages},
		{"InboxWhileMoving", testInboxWhileMoving},
		{"InboxLabels", testInboxLabels},
		{"InboxSearch", testInboxSearch},
		{"InboxSearchFolded", testInboxSearchFolded},
		{"InboxField", testInboxField},
		{"InboxSearchLarge", testInboxSearchLarge},
		{"Count", testCount},
		{"InboxWaiting", testInboxWaiting},
		{"Attachments", testAttachments},
		{"AttachmentsOnce", testAttachmentsOnce},
		{"AttachmentsAtOnce", testAttachmentsAtOnce},
		{"AttachmentsMerged", testAttachmentsMerged},
		{"UploadFails", testUploadFails},
		{"DropUploads", testDropUploads},
		{"UnsentUploads", testUnsentUploads},
		{"AgentSessions", testAgentSessions},
		{"PersonalData", testPersonalData},
		{"Erase", testErase},
		{"EraseByEmail", testEraseByEmail},
		{"EraseAnonymous", testEraseAnonymous},
		{"EraseLarge", testEraseLarge},
		{"EraseWhileSigningIn", testEraseWhileSigningIn},
		{"ExpireConversations", testExpireConversations},
		{"ExpirePeople", testExpirePeople},
		{"ExpireSessionsAndTabSecrets", testExpireSessions},
		{"ExpireWhileWriting", testExpireWhileWriting},
		{"Feed", testFeed},
		{"FeedOfMergesAndErasure", testFeedOfMergesAndErasure},
		{"FeedAtOnce", testFeedAtOnce},
		{"Stats", testStats},
		{"Cancelled", testCancelled},
		{"Closed", testClosed},
		{"CloseWhileWriting", testCloseWhileWriting},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &env{T: t, open: open, dir: t.TempDir()}
			e.Store = open(t, e.dir)
			t.Cleanup(func() { e.Store.Close() })
			test.run(e)
		})
	}
}

// env is one test and its store.
type env struct {
	*testing.T
	chat.Store
	open Open
	dir  string
}

// reopen closes the store and opens it again: what counts is what is there then.
func (e *env) reopen() {
	e.Helper()
	e.must(e.Close())
	e.Store = e.open(e.T, e.dir)
}

// bothWays runs a check now and after a restart.
func (e *env) bothWays(check func()) {
	e.Helper()
	check()
	e.reopen()
	check()
}

func (e *env) must(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

func (e *env) wantErr(err, want error) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Fatalf("got error %v, want %v", err, want)
	}
}

// same compares by JSON, in which a time is what it is on each clock.
func (e *env) same(what string, got, want any) {
	e.Helper()
	g, err := json.Marshal(got)
	e.must(err)
	w, err := json.Marshal(want)
	e.must(err)
	if string(g) != string(w) {
		e.Fatalf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// atOnce runs a function n times at once and returns its errors.
func atOnce(n int, run func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = run(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

var ctx = context.Background()

// start is when everything happens, in a precision that each store can keep.
var start = time.Now().UTC().Truncate(time.Millisecond)

// at is some seconds later.
func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

const site = "shop"

func person(n int) chat.Owner { return chat.Owner{Site: site, Person: fmt.Sprintf("id:%d", n)} }

func seed(owner chat.Owner, id string) chat.Conversation {
	return chat.Conversation{
		ID: chat.ConversationID(id), Site: owner.Site, Person: owner.Person,
		Status: chat.Open, Created: start, Active: start,
	}
}

// conversation opens a person's conversation.
func (e *env) conversation(owner chat.Owner, id string) chat.Conversation {
	e.Helper()
	c, err := e.OpenConversation(ctx, owner, seed(owner, id))
	e.must(err)
	return c
}

// anonymous opens the conversation of a new tab secret.
func (e *env) anonymous(secret, id string) (chat.Hash, chat.Conversation) {
	e.Helper()
	hash := chat.HashOf(secret)
	e.must(e.StartTabSecret(ctx, chat.TabSecret{Hash: hash, Site: site, Session: "s-" + chat.SessionID(secret), Created: start, Contact: start}))
	return hash, e.conversation(chat.Owner{Site: site, TabSecret: &hash}, id)
}

func visitorSays(clientID, text string) chat.Change {
	return chat.Change{Message: &chat.Draft{ClientID: clientID, Author: chat.Author{Side: chat.Visitor}, Text: text}}
}

func agentSays(clientID, text string) chat.Change {
	return chat.Change{Message: &chat.Draft{ClientID: clientID,
		Author: chat.Author{Side: chat.Agent, ID: "anna@example.com", Name: "Anna"}, Text: text}}
}

// Two agents.
const anna, ben = "anna@example.com", "ben@example.com"

// readBy is an agent's look at the messages up to a number.
func readBy(agent string, upTo chat.Seq) chat.Change {
	return chat.Change{ReadBy: chat.Agent, Reader: agent, Read: upTo}
}

// change changes a conversation.
func (e *env) change(id chat.ConversationID, ch chat.Change, now time.Time) (chat.Conversation, *chat.Message) {
	e.Helper()
	c, m, err := e.ChangeConversation(ctx, id, ch, now)
	e.must(err)
	return c, m
}

// say appends n messages of the visitor.
func (e *env) say(id chat.ConversationID, n int) {
	e.Helper()
	for i := range n {
		e.change(id, visitorSays(fmt.Sprintf("%s-client-%d", id, i), fmt.Sprintf("message %d", i)), at(i))
	}
}

// all returns all messages of a conversation.
func (e *env) all(id chat.ConversationID) []chat.Message {
	e.Helper()
	ms, err := e.Messages(ctx, id, chat.Range{Limit: 1 << 20})
	e.must(err)
	return ms
}

// gapless checks that messages are numbered 1, 2, 3 … and no client id is there twice.
func (e *env) gapless(ms []chat.Message, n int) {
	e.Helper()
	if len(ms) != n {
		e.Fatalf("%d messages, want %d", len(ms), n)
	}
	seen := make(map[string]bool)
	for i, m := range ms {
		if m.Seq != chat.Seq(i+1) {
			e.Fatalf("message %d has number %d", i+1, m.Seq)
		}
		name := string(m.Author.Side) + " " + m.ClientID
		if seen[name] {
			e.Fatalf("%s is there twice", name)
		}
		seen[name] = true
	}
}

func ptr[T any](v T) *T { return &v }

// said is what a page, or a form, says of the visitor.
func said(data string) chat.ProfilePatch {
	patch, err := chat.ParseProfilePatch([]byte(data))
	if err != nil {
		panic(err)
	}
	return patch
}
