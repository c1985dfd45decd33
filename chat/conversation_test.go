package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

func says(side chat.Side, text string) chat.Change {
	return chat.Change{Message: &chat.Draft{ClientID: "client-" + text, Author: chat.Author{Side: side}, Text: text}}
}

func TestConversationCountsWhatIsUnread(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := chat.Conversation{Status: chat.Open, Created: now, Active: now}
	c.Apply(says(chat.Visitor, "a"), now)
	c.Apply(says(chat.Visitor, "b"), now.Add(time.Second))
	if c.AgentUnread != 2 || c.VisitorUnread != 0 || c.Last != 2 || c.LastText != "b" {
		t.Fatalf("%+v", c)
	}
	read := func(upTo chat.Seq, unread int) {
		c.Apply(chat.Change{ReadBy: chat.Agent, Reader: "anna", Read: upTo, ReadUnread: unread}, now)
	}
	if read(1, 1); c.Readers["anna"] != (chat.Reader{Read: 1, Unread: 1}) {
		t.Fatalf("half read: %+v", c)
	}
	if read(99, 0); c.Readers["anna"] != (chat.Reader{Read: 2}) {
		t.Fatalf("a mark beyond the end: %+v", c)
	}
	rev := c.Rev
	if read(1, 1); c.Readers["anna"] != (chat.Reader{Read: 2}) || c.Rev != rev {
		t.Fatalf("the mark went back: %+v", c)
	}
	if c.AgentUnread != 2 {
		t.Fatalf("one agent's look counts for all: %+v", c)
	}
	c.Apply(says(chat.Agent, "c"), now)
	if c.VisitorUnread != 1 || c.AgentUnread != 0 {
		t.Fatalf("%+v", c)
	}
	// Who writes has read what was there.
	c.Apply(says(chat.Visitor, "d"), now)
	if c.VisitorUnread != 0 || c.VisitorRead != 4 || c.AgentUnread != 1 {
		t.Fatalf("%+v", c)
	}
}

func TestVisitorReopensAndAgentDoesNot(t *testing.T) {
	c := chat.Conversation{Status: chat.Resolved}
	c.Apply(says(chat.Agent, "a"), time.Now())
	if c.Status != chat.Resolved {
		t.Fatal("an agent's message reopened it")
	}
	c.Apply(says(chat.Visitor, "b"), time.Now())
	if c.Status != chat.Open {
		t.Fatal("a visitor's message did not")
	}
}

func TestClockThatJumpsBackKeepsTheOrder(t *testing.T) {
	now := time.Now()
	c := chat.Conversation{}
	first := c.Apply(says(chat.Visitor, "a"), now)
	second := c.Apply(says(chat.Visitor, "b"), now.Add(-time.Hour))
	if second.Time.Before(first.Time) || c.Active.Before(now) || second.Seq != 2 {
		t.Fatalf("%+v, %+v", first, second)
	}
}

func TestPreviewIsShortAndWhole(t *testing.T) {
	c := chat.Conversation{}
	c.Apply(says(chat.Visitor, strings.Repeat("ö\n", 500)), time.Now())
	if len(c.LastText) > 170 || strings.ContainsRune(c.LastText, '\n') || !strings.HasSuffix(c.LastText, "…") ||
		strings.ContainsRune(c.LastText, '\uFFFD') {
		t.Fatalf("%q", c.LastText)
	}
}

func TestMergedConversationKeepsWhatIsUnread(t *testing.T) {
	now := time.Now()
	var from, into chat.Conversation
	from.ID, into.ID, into.Status = "anonymous", "persons", chat.Resolved
	into.Apply(says(chat.Agent, "old"), now)
	into.Apply(chat.Change{ReadBy: chat.Visitor, Read: 1}, now)
	var messages []chat.Message
	for _, ch := range []chat.Change{says(chat.Visitor, "a"), says(chat.Agent, "b"), says(chat.Visitor, "c")} {
		messages = append(messages, *from.Apply(ch, now))
	}
	for i, m := range messages {
		if got := into.Take(m, &from); got.Seq != chat.Seq(i+2) || got.ClientID != m.ClientID || !got.Time.Equal(m.Time) {
			t.Fatalf("%+v became %+v", m, got)
		}
	}
	into.Merged(&from)
	if into.Last != 4 || into.AgentUnread != 1 || into.VisitorUnread != 0 || into.Status != chat.Open {
		t.Fatalf("%+v", into)
	}
	if from.MergedInto != into.ID || from.Last != 0 {
		t.Fatalf("%+v", from)
	}
}

func TestEndedSessionStaysEnded(t *testing.T) {
	now := time.Now()
	var s chat.Session
	if err := s.Apply(chat.SessionChange{End: &chat.SessionEnd{At: now, Ending: chat.EndedByLogout}}); err != nil || s.Live() {
		t.Fatalf("%v, %+v", err, s)
	}
	if err := s.Apply(chat.SessionChange{Contact: now}); err != chat.ErrEnded || chat.Reason(err) != chat.ErrNoSession {
		t.Fatalf("a change of an ended session: %v", err)
	}
	if err := s.Apply(chat.SessionChange{End: &chat.SessionEnd{At: now.Add(time.Hour), Ending: chat.EndedByLogin}}); err != nil || s.Ending != chat.EndedByLogout {
		t.Fatalf("ended twice: %v, %+v", err, s)
	}
}
